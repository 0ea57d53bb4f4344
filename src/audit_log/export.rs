//! The audit log as a file: CSV or JSON Lines, written as it is read.

use super::{
    entry::Entry,
    filter::{Asked, Filter},
    store::{self, Row},
    words::target_name,
};
use crate::{
    error::Result,
    kernel::internal_error::internal,
    role::ViewAuditLog,
    tenancy::{
        Grant,
        audit::{self, Action},
        stream_limit::Seat,
    },
    ui::rfc3339_exact,
    web::{
        RequestContext,
        downloads::{Out, attachment, csv_row, patiently, written},
        error_page,
    },
};
use axum::{Extension, Router, extract::Path, response::Response, routing::get};
use uuid::Uuid;

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

async fn csv(Extension(caller): Extension<RequestContext>, Path(org): Path<String>) -> Response {
    let head = csv_row(COLUMNS).unwrap_or_default();
    export(&caller, &org, ("csv", "text/csv; charset=utf-8"), head, write_csv).await
}

async fn json_lines(Extension(caller): Extension<RequestContext>, Path(org): Path<String>) -> Response {
    export(&caller, &org, ("jsonl", "application/jsonl"), String::new(), write_json).await
}

async fn export(
    caller: &RequestContext,
    org: &str,
    (ending, kind): (&str, &'static str),
    head: String,
    write: Write,
) -> Response {
    match Export::begin(caller, org).await {
        Ok(export) => {
            let file = written(move |out| export.write(head, write, out));
            attachment(&format!("{org}-audit-log.{ending}"), kind, file)
        }
        Err(error) => error_page::plain_error(&error),
    }
}

/// What is asked for, and who may have it.
struct Export {
    grant: Grant<ViewAuditLog>,
    asked: Option<Asked>,
    seat: Seat,
}

impl Export {
    /// Finds out what is asked for, and writes into the log that it leaves.
    async fn begin(caller: &RequestContext, org: &str) -> Result<Self> {
        let grant = caller.enter(org).await?.require::<ViewAuditLog>()?;
        let seat = grant.server().streams.take_for_file(grant.behalf())?;
        let filter = Filter { after: String::new(), ..Filter::parse(&caller.page) };
        let asked = filter.resolve(&grant).await?;
        grant.note(audit::Entry::new(Action::AuditLogExported, None)).await?;
        Ok(Self { grant, asked, seat })
    }

    /// Reads and writes a batch at a time, as fast as the client takes them.
    async fn write(self, head: String, write: Write, out: Out) -> Result<()> {
        let Self { grant, asked, seat: _seat } = self;
        out.put(head).await?;
        let Some(mut asked) = asked else { return Ok(()) };
        loop {
            let batch = patiently(&grant.server().clock, || batch(&grant, &asked, write)).await?;
            let Some((text, last)) = batch else { return Ok(()) };
            out.put(text).await?;
            asked.end = last;
        }
    }
}

/// The next rows as they are written, and the id of the last of them; none at the end.
async fn batch(grant: &Grant<ViewAuditLog>, asked: &Asked, write: Write) -> Result<Option<(String, Uuid)>> {
    grant.still_may::<ViewAuditLog>().await?;
    let rows = store::read(grant, asked, BATCH, BYTES).await?;
    let Some(last) = rows.last().map(|row| row.id.0) else { return Ok(None) };
    let text = move || rows.iter().map(write).collect::<Result<String>>();
    let text = grant.server().long_work.run(grant.behalf(), text).await??;
    Ok(Some((text, last)))
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
