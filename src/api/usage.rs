//! How often keys fetch prompts.

use super::{input::Params, json, problem::ApiError, service::Service};
use crate::{
    error::Result,
    role::ViewUsage,
    tenancy::Scope,
    time::{Span, Timestamp},
    ui::{iso_day, parse_day},
};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// How to group fetches.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = UsageGroup)]
enum Group {
    #[default]
    Prompt,
    Key,
    Day,
}

/// Filters for the usage.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// How to group fetches.
    #[serde(default)]
    #[param(inline)]
    group_by: Group,
    /// The first day, UTC. Defaults to 30 days ago.
    #[param(format = Date, example = "2026-03-01")]
    from: Option<String>,
    /// The last day, UTC. Defaults to today.
    #[param(format = Date)]
    to: Option<String>,
}

/// The usage in these days.
#[derive(Debug, Serialize, ToSchema)]
struct Usage {
    /// Most fetches first, at most 1,000 items; days in order.
    data: Vec<Used>,
}

/// The fetches of a prompt, with a key, or on a day.
#[derive(Debug, Serialize, ToSchema)]
struct Used {
    /// The ID of the prompt or key, or the day.
    of: String,
    /// The path of the prompt or the name of the key; null for a day, and for deleted items.
    #[schema(required)]
    name: Option<String>,
    fetches: i64,
}

macro_rules! by_prompt {
    ($prefixes:literal) => {
        concat!(
            "SELECT n.prompt_id, max(p.path), CAST(sum(n.fetches) AS BIGINT) FROM key_usage n
             LEFT JOIN prompts p ON p.org_id = n.org_id AND p.id = n.prompt_id
             WHERE n.org_id = $1 AND n.day >= $2 AND n.day <= $3 AND ($4 IS NULL OR EXISTS (
               SELECT 1 FROM ",
            $prefixes,
            " WHERE substr(p.path, 1, length(f.value)) = f.value))
             GROUP BY n.prompt_id ORDER BY sum(n.fetches) DESC, n.prompt_id LIMIT 1000"
        )
    };
}

const BY_KEY: &str = "SELECT n.key_id, max(k.name), CAST(sum(n.fetches) AS BIGINT) FROM key_usage n
    LEFT JOIN api_keys k ON k.org_id = n.org_id AND k.id = n.key_id
    WHERE n.org_id = $1 AND n.day >= $2 AND n.day <= $3
    GROUP BY n.key_id ORDER BY sum(n.fetches) DESC, n.key_id LIMIT 1000";
const BY_DAY: &str = "SELECT n.day, CAST(sum(n.fetches) AS BIGINT) FROM key_usage n
    WHERE n.org_id = $1 AND n.day >= $2 AND n.day <= $3 GROUP BY n.day ORDER BY n.day LIMIT 1000";

/// Read usage
///
/// How often prompts were fetched, up to about a second ago. A key limited to folders must group by prompt.
#[utoipa::path(
    get, path = "/usage", tag = "Organization", params(Which),
    responses((status = 200, description = "The number of fetches.", body = Usage)),
    extensions(("x-scope" = json!("read:usage"))),
)]
pub(super) async fn usage(service: Service, Params(which): Params<Which>) -> Result<Response, ApiError> {
    let grant = service.grant::<ViewUsage>()?;
    let day = |field: &str, text: Option<&str>, otherwise: Timestamp| match text {
        None => Ok(otherwise),
        Some(text) => {
            parse_day(text).ok_or_else(|| ApiError::malformed(field, "Send a date such as 2026-03-01."))
        }
    };
    let now = grant.server().clock.now();
    let from = day("from", which.from.as_deref(), now - Span::days(30))?;
    let to = day("to", which.to.as_deref(), now)?;
    let days = (from.0.div_euclid(DAY), to.0.div_euclid(DAY));
    // Of other folders a limited key learns neither names nor numbers.
    let prefixes = service.prefixes().await?;
    let data = match (which.group_by, &prefixes) {
        (Group::Prompt, _) => by_prompt(&grant, days, prefixes).await?,
        (group, None) => read(&grant, group, days).await?,
        (_, Some(_)) => {
            let what = "usage outside its folders. Group by prompt instead";
            return Err(ApiError::beyond(&grant, what));
        }
    };
    Ok(json(&Usage { data }))
}

async fn by_prompt(
    scope: &Scope,
    (from, to): (i64, i64),
    prefixes: Option<Vec<String>>,
) -> Result<Vec<Used>> {
    let sql = scope.either(
        by_prompt!("json_each($4) f"),
        by_prompt!("json_array_elements_text(CAST($4 AS JSON)) f (value)"),
    );
    let prefixes = prefixes.map(|prefixes| serde_json::json!(prefixes).to_string());
    let rows: Vec<(Uuid, Option<String>, i64)> =
        scope.query(sql).bind(from).bind(to).bind(prefixes).all().await?;
    Ok(rows.into_iter().map(|(id, name, fetches)| Used { of: id.to_string(), name, fetches }).collect())
}

/// Milliseconds of a day.
const DAY: i64 = 24 * 60 * 60 * 1000;

async fn read(scope: &Scope, group: Group, (from, to): (i64, i64)) -> Result<Vec<Used>> {
    if let Group::Day = group {
        let rows: Vec<(i64, i64)> = scope.query(BY_DAY).bind(from).bind(to).all().await?;
        let used = rows.into_iter().map(|(day, fetches)| Used {
            of: iso_day(Timestamp(day * DAY)),
            name: None,
            fetches,
        });
        return Ok(used.collect());
    }
    let rows: Vec<(Uuid, Option<String>, i64)> = scope.query(BY_KEY).bind(from).bind(to).all().await?;
    Ok(rows.into_iter().map(|(id, name, fetches)| Used { of: id.to_string(), name, fetches }).collect())
}
