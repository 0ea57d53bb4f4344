//! The audit log.

use super::{
    input::Params,
    json_of,
    paging::{Page, after, no_cursor, page_size},
    problem::ApiError,
    service::Service,
};
use crate::{
    audit_log::{
        entry::{Entry, entries},
        filter::Filter,
    },
    id::AuditId,
    role::ViewAuditLog,
    tenancy::audit::Action,
    ui::parse_day,
};
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

/// Filters for the entries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Who did it: an ID, an email or a name.
    #[param(max_length = 254)]
    actor: Option<String>,
    /// The action.
    #[param(value_type = Option<Action>)]
    action: Option<String>,
    /// The target: an ID, or for a person an email or a name.
    #[param(max_length = 254)]
    target: Option<String>,
    /// The first day, UTC.
    #[param(format = Date, example = "2026-03-01")]
    from: Option<String>,
    /// The last day, UTC.
    #[param(format = Date)]
    to: Option<String>,
    /// The maximum number of items.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<usize>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// Read the audit log
///
/// All actions in the organization, newest first. The log covers everything, so a key limited to
/// environments or folders can't read it.
#[utoipa::path(
    get, path = "/audit-log", tag = "Organization", params(Which),
    responses((status = 200, description = "A page of entries.", body = Page<Entry>)),
    extensions(("x-scope" = json!("read:audit"))),
)]
pub(super) async fn audit_log(service: Service, Params(which): Params<Which>) -> Result<Response, ApiError> {
    let grant = service.grant::<ViewAuditLog>()?;
    if service.is_limited() {
        return Err(ApiError::beyond(
            service.scope(),
            "the audit log, which covers all environments and folders",
        ));
    }
    let size = page_size(which.limit)?;
    if which.action.as_deref().is_some_and(|action| Action::parse(action).is_none()) {
        return Err(ApiError::malformed("action", "Unknown action."));
    }
    for (field, text) in [("actor", &which.actor), ("target", &which.target)] {
        if text.as_ref().is_some_and(|text| text.chars().count() > 254) {
            return Err(ApiError::malformed(field, "Send at most 254 characters."));
        }
    }
    for (field, day) in [("from", &which.from), ("to", &which.to)] {
        if day.as_deref().is_some_and(|day| parse_day(day).is_none()) {
            return Err(ApiError::malformed(field, "Send a date such as 2026-03-01."));
        }
    }
    let after = after(which.cursor.as_deref())?.unwrap_or_default();
    if !after.is_empty() && after.parse::<AuditId>().is_err() {
        return Err(no_cursor());
    }
    let text = |text: Option<String>| text.unwrap_or_default();
    let filter = Filter {
        actor: text(which.actor),
        action: text(which.action),
        target: text(which.target),
        from: text(which.from),
        to: text(which.to),
        after,
    };
    let (found, next) = entries(&grant, &filter, size).await?;
    let (bytes, next) = (found.iter().map(Entry::bytes).sum(), next.map(|id| id.to_string()));
    json_of(&service, bytes, move || Page::of(found, next)).await
}
