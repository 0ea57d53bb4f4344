//! Files that were sent and wait to be imported.

use super::{check, format::LibraryFile, line::Line};
use crate::{
    error::{Error, Result},
    id::{ImportId, UserId},
    kernel::internal_error::internal,
    library::exchange::trial,
    role::ImportContent,
    tenancy::{Grant, OrgChange, Server, rows},
    time::Span,
    web::posted::File,
};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// How long a file waits.
const WAITS: Span = Span::hours(24);
/// The most files of a person that wait in an organization at once; the oldest goes first.
const MOST: i64 = 5;
/// The most bytes of all files of a person that wait, in whatever organizations.
const MAX_BYTES: i64 = 32 * 1024 * 1024;

/// Keeps a file that was sent or else the text of one, when it can be read.
///
/// # Errors
/// [`Error::Invalid`] at `file` or `text`.
pub async fn keep(grant: &Grant<ImportContent>, file: Option<&File>, text: &str) -> Result<ImportId> {
    let (field, bytes, name) = match file {
        Some(File { bytes: Some(bytes), name, .. }) => ("file", bytes.clone(), name.clone()),
        Some(File { bytes: None, .. }) => return Err(Error::invalid("file", "Use a file of at most 8 MiB.")),
        None if text.trim().is_empty() => return Err(Error::invalid("file", "Choose a file.")),
        None => ("text", text.trim_start().as_bytes().to_vec().into(), String::new()),
    };
    let (long_work, behalf) = (&grant.server().long_work, grant.behalf());
    let read = long_work.run(behalf, move || {
        let file = check::read(&bytes, &name).map_err(|why| Error::invalid(field, why))?;
        let json = serde_json::to_string(&file).map_err(|error| internal(&error))?;
        Ok::<_, Error>((file, json))
    });
    let (file, json) = read.await??;
    let preview = trial::run(grant, Arc::new(file)).await?;
    let preview = long_work.run(behalf, move || serde_json::to_string(&preview)).await?;
    let preview = preview.map_err(|error| internal(&error))?;
    let mut change = grant.change().await?;
    let (id, now, by) = (ImportId(change.new_id()), change.now(), change.person());
    change
        .query("INSERT INTO imports (org_id, id, file, created_at, created_by, preview) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(json)
        .bind(now)
        .bind(by)
        .bind(preview)
        .execute()
        .await?;
    change
        .query(
            "DELETE FROM imports WHERE org_id = $1 AND created_by IS NOT DISTINCT FROM $3 AND id NOT IN (
               SELECT id FROM imports WHERE org_id = $1 AND created_by IS NOT DISTINCT FROM $3
               ORDER BY created_at DESC, id DESC LIMIT CAST($2 AS BIGINT))",
        )
        .bind(MOST)
        .bind(by)
        .execute()
        .await?;
    match by {
        Some(by) => make_room(change, id, by).await?,
        None => change.commit().await?,
    }
    Ok(id)
}

/// Forgets the oldest files of a person, in all their organizations, where there are too many bytes: but not the one
/// that they just sent.
async fn make_room(change: OrgChange, sent: ImportId, by: UserId) -> Result<()> {
    let mut change = change.unfenced().await?;
    let old = change.query(
        "DELETE FROM imports WHERE id <> $3 AND id IN (
           SELECT id FROM (
             SELECT id, sum(octet_length(file) + octet_length(preview)) OVER (ORDER BY created_at DESC, id DESC) AS bytes
             FROM imports WHERE created_by = $1) waiting
           WHERE bytes > $2)",
    );
    old.bind(by).bind(MAX_BYTES).bind(sent).execute().await?;
    change.commit().await
}

/// What importing a file that waits would do.
///
/// # Errors
/// [`Error::NotFound`] when there is none of this id.
pub(super) async fn find_preview(grant: &Grant<ImportContent>, id: ImportId) -> Result<Vec<Line>> {
    let row = grant.query("SELECT preview FROM imports WHERE org_id = $1 AND id = $2");
    let (json,): (String,) = row.bind(id).optional().await?.ok_or(Error::NotFound)?;
    read(grant, json).await
}

/// What was kept as JSON.
async fn read<T: DeserializeOwned + Send + 'static>(grant: &Grant<ImportContent>, json: String) -> Result<T> {
    let read = move || serde_json::from_str(&json).map_err(|error| internal(&error));
    grant.server().long_work.run(grant.behalf(), read).await?
}

/// A file that waits.
///
/// # Errors
/// [`Error::NotFound`] when there is none of this id.
pub(super) async fn find(grant: &Grant<ImportContent>, id: ImportId) -> Result<LibraryFile> {
    let row = grant.query("SELECT file FROM imports WHERE org_id = $1 AND id = $2");
    let (json,): (String,) = row.bind(id).optional().await?.ok_or(Error::NotFound)?;
    read(grant, json).await
}

/// Forgets a file.
///
/// # Errors
/// [`Error::NotFound`] when there is none of this id any more.
pub(super) async fn forget(change: &mut OrgChange, id: ImportId) -> Result<()> {
    let forget = change.query("DELETE FROM imports WHERE org_id = $1 AND id = $2");
    if forget.bind(id).execute().await? == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// Forgets the files that have waited for a day, in all organizations.
///
/// # Errors
/// When the database fails.
pub async fn forget_old(server: &Server) -> Result<()> {
    let old = rows!(delete "imports" where "created_at <= $1");
    old.write_in_parts(server, server.clock.now() - WAITS).await
}
