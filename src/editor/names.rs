//! The paths that a reference may have: for completion while one types.

use crate::{
    error::Result,
    prompts::index::fold,
    role::ViewContent,
    web::{RequestContext, error_page},
};
use axum::{
    Extension, Router,
    extract::Path,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};

/// How many are told.
const SIZE: i64 = 8;

macro_rules! paths {
    ($place:literal, $order:literal) => {
        concat!(
            "SELECT p.path FROM prompt_search s JOIN prompts p ON p.org_id = s.org_id AND p.id = s.prompt_id
             WHERE s.org_id = $1 AND p.trash_id IS NULL AND p.kind = 'text' AND p.latest > 0 AND ",
            $place,
            "(s.path, $2) > 0 ORDER BY CASE WHEN ",
            $place,
            "(s.path, $2) = 1 THEN 0 WHEN ",
            $place,
            "(s.name, $2) = 1 THEN 1 ELSE 2 END, ",
            $order,
            " LIMIT CAST($3 AS BIGINT)"
        )
    };
}

const SQLITE: &str = paths!("instr", "s.path");
const POSTGRES: &str = paths!("strpos", "s.path COLLATE \"C\"");

/// The route of the paths.
pub fn routes() -> Router {
    Router::new().route("/{org}/prompts/paths", get(paths))
}

/// `/{org}/prompts/paths?q=…`: a path a line, of text prompts that have a version.
async fn paths(Extension(caller): Extension<RequestContext>, Path(org): Path<String>) -> Response {
    match find(&caller, &org).await {
        Ok(paths) => {
            let kind = (header::CONTENT_TYPE, "text/plain; charset=utf-8");
            ([kind, (header::CACHE_CONTROL, "no-store")], paths.join("\n")).into_response()
        }
        Err(error) => error_page::plain_error(&error),
    }
}

async fn find(caller: &RequestContext, org: &str) -> Result<Vec<String>> {
    let grant = caller.enter(org).await?.require::<ViewContent>()?;
    let typed: String = caller.query("q").unwrap_or_default().chars().take(255).collect();
    let typed = fold(&typed.replace(char::is_control, ""));
    let rows = grant.query(grant.either(SQLITE, POSTGRES)).bind(typed).bind(SIZE);
    let rows: Vec<(String,)> = rows.all().await?;
    Ok(rows.into_iter().map(|(path,)| path).collect())
}
