//! The audit log as a file: CSV or JSON Lines, written as it is read.

use super::{
    entry::Entry,
    filter::{Asked, Filter},
    store::{self, Row},
    words::target_name,
};
use crate::{
    error::Result,
    role::ViewAuditLog,
    server::{
        Caller, Grant, Scope,
        audit::{self, Action},
        caller::internal,
        exports::{attachment, csv_row},
        serve,
    },
    ui::rfc3339_exact,
};
use axum::{
    Extension, Router,
    body::{Body, Bytes},
    extract::Path,
    response::Response,
    routing::get,
};
use futures_util::stream;

/// How many rows are read at a time, and about how many bytes of what they tell.
const BATCH: usize = 500;
const BYTES: i64 = 256 * 1024;

const COLUMNS: [&str; 13] = [
    "id",
    "time",
    "actor_kind",
    "actor_id",
    "actor_name",
    "actor_role",
    "action",
    "target_id",
    "target_name",
    "details",
    "ip",
    "user_agent",
    "request_id",
];

type Write = fn(&Row) -> Result<String>;

/// The routes of the exports.
pub fn routes() -> Router {
    Router::new()
        .route("/{org}/settings/audit-log.csv", get(csv))
        .route("/{org}/settings/audit-log.jsonl", get(json_lines))
}

async fn csv(Extension(caller): Extension<Caller>, Path(org): Path<String>) -> Response {
    let head = csv_row(COLUMNS).unwrap_or_default();
    export(&caller, &org, ("csv", "text/csv; charset=utf-8"), head, write_csv).await
}

async fn json_lines(Extension(caller): Extension<Caller>, Path(org): Path<String>) -> Response {
    export(&caller, &org, ("jsonl", "application/jsonl"), String::new(), write_json).await
}

async fn export(
    caller: &Caller,
    org: &str,
    (ending, kind): (&str, &'static str),
    head: String,
    write: Write,
) -> Response {
    match begin(caller, org).await {
        Ok((grant, asked)) => {
            attachment(&format!("{org}-audit-log.{ending}"), kind, body(grant, asked, head, write))
        }
        Err(error) => serve::plain_error(&error),
    }
}

async fn begin(caller: &Caller, org: &str) -> Result<(Grant<ViewAuditLog>, Option<Asked>)> {
    let grant = Scope::enter(caller, org).await?.require::<ViewAuditLog>()?;
    let filter = Filter { after: String::new(), ..Filter::parse(&caller.page) };
    let asked = filter.resolve(&grant).await?;
    grant.note(audit::Entry::new(Action::AuditLogExported, None)).await?;
    Ok((grant, asked))
}

/// Reads and writes a batch at a time, as fast as the client takes them.
fn body(grant: Grant<ViewAuditLog>, asked: Option<Asked>, head: String, write: Write) -> Body {
    let state = (Some(head), asked);
    Body::from_stream(stream::try_unfold(state, move |(head, asked)| {
        let grant = grant.clone();
        async move {
            if let Some(head) = head {
                return Ok(Some((Bytes::from(head), (None, asked))));
            }
            let Some(asked) = asked else { return Ok(None) };
            let rows = store::read(&grant, &asked, BATCH, BYTES).await?;
            let Some(last) = rows.last().map(|row| row.id) else { return Ok(None) };
            let text = move || rows.iter().map(write).collect::<Result<String>>();
            let text = grant.server().long_work.run(grant.behalf(), text).await??;
            let asked = Some(Asked { end: last.0, ..asked });
            Ok::<_, crate::error::Error>(Some((Bytes::from(text), (None, asked))))
        }
    }))
}

fn write_csv(row: &Row) -> Result<String> {
    let id = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    csv_row([
        row.id.to_string(),
        rfc3339_exact(row.created_at),
        row.actor_kind.clone(),
        id(row.actor_id),
        row.actor_name.as_ref().map(ToString::to_string).unwrap_or_default(),
        row.actor_role.map(|role| role.as_str().to_owned()).unwrap_or_default(),
        row.action.clone(),
        id(row.target_id),
        target_name(row).unwrap_or_default(),
        if row.details.0.is_null() { String::new() } else { row.details.0.to_string() },
        row.ip.clone().unwrap_or_default(),
        row.user_agent.clone().unwrap_or_default(),
        row.request_id.clone(),
    ])
}

fn write_json(row: &Row) -> Result<String> {
    let line = serde_json::to_string(&Entry::from(row)).map_err(|error| internal(&error))?;
    Ok(format!("{line}\n"))
}
