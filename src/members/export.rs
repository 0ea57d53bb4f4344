//! The members as CSV.

use super::{Listing, listing::Row};
use crate::{
    error::Result,
    role::ManageMembers,
    tenancy::audit::{Action, Entry},
    ui::rfc3339,
    web::{
        RequestContext,
        downloads::{attachment, csv_row},
        error_page,
    },
};
use axum::{Extension, Router, extract::Path, response::Response, routing::get};

/// The route of the export.
pub fn routes() -> Router {
    Router::new().route("/{org}/settings/members.csv", get(export))
}

/// `/{org}/settings/members.csv`.
async fn export(Extension(caller): Extension<RequestContext>, Path(org): Path<String>) -> Response {
    match write(&caller, &org).await {
        Ok(csv) => attachment(&format!("{org}-members.csv"), "text/csv; charset=utf-8", csv),
        Err(error) => error_page::plain_error(&error),
    }
}

async fn write(caller: &RequestContext, org: &str) -> Result<String> {
    let grant = caller.enter(org).await?.require::<ManageMembers>()?;
    let _seat = grant.server().streams.take_for_file(grant.behalf())?;
    let mut csv = csv_row(["name", "email", "role", "joined_at", "last_active_at"])?;
    let mut page = Listing { size: "1000".into(), ..Listing::default() };
    loop {
        grant.still_may::<ManageMembers>().await?;
        let found = page.read(&grant).await?;
        let rows = found.rows;
        let write = move || {
            let row = |row: &Row| {
                let (joined, active) = (rfc3339(row.joined_at), rfc3339(row.active_at));
                csv_row([row.name.as_str(), row.email.as_str(), row.role.as_str(), &joined, &active])
            };
            rows.iter().map(row).collect::<Result<String>>()
        };
        csv += &grant.server().long_work.run(grant.behalf(), write).await??;
        match found.next {
            Some(after) => page.after = after,
            None => break,
        }
    }
    grant.note(Entry::new(Action::MembersExported, None)).await?;
    Ok(csv)
}
