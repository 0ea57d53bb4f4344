//! Importing a file. What it would do is found out by doing it in a change that is not committed, once, when it is
//! sent: a page that shows it writes nothing.

use super::{
    check::abouts,
    format::LibraryFile,
    merge::{Merge, Merged},
    store::{find, find_preview, forget},
    trial,
};
use crate::{
    error::Result,
    id::ImportId,
    library::exchange::line::{Act, Line, count},
    role::ImportContent,
    tenancy::{
        Grant, Topic,
        audit::{Action, Entry},
        change::to_its_end,
    },
};
use serde_json::json;
use std::sync::Arc;

/// What importing a file would do, as it was when the file was sent.
///
/// # Errors
/// [`Error::NotFound`](crate::error::Error::NotFound) when no such file waits.
pub async fn preview(grant: &Grant<ImportContent>, id: ImportId) -> Result<Vec<Line>> {
    find_preview(grant, id).await
}

/// Imports a file, and tells what it did.
///
/// # Errors
/// [`Error::NotFound`](crate::error::Error::NotFound) when no such file waits.
pub async fn import(grant: &Grant<ImportContent>, id: ImportId) -> Result<Vec<Line>> {
    merge(grant, find(grant, id).await?, Some(id)).await
}

/// What importing this file would do.
///
/// # Errors
/// When the database fails.
pub async fn preview_file(grant: &Grant<ImportContent>, file: LibraryFile) -> Result<Vec<Line>> {
    trial::run(grant, Arc::new(file)).await
}

/// Imports this file, and tells what it did.
///
/// # Errors
/// When the database fails.
pub async fn import_file(grant: &Grant<ImportContent>, file: LibraryFile) -> Result<Vec<Line>> {
    merge(grant, file, None).await
}

/// Imports a file, to its end though the person who asked goes away; one that waited for it waits no more.
async fn merge(
    grant: &Grant<ImportContent>,
    file: LibraryFile,
    waited: Option<ImportId>,
) -> Result<Vec<Line>> {
    let (grant, file) = (grant.clone(), Arc::new(file));
    to_its_end(async move { merge_all(&grant, &file, waited).await }).await
}

async fn merge_all(
    grant: &Grant<ImportContent>,
    file: &Arc<LibraryFile>,
    waited: Option<ImportId>,
) -> Result<Vec<Line>> {
    let abouts = abouts((grant.server(), grant.behalf()), file).await?;
    let mut change = grant.change().await?;
    if let Some(id) = waited {
        // First of all, so that it is imported once.
        forget(&mut change, id).await?;
    }
    let Merged { mut change, parts, lines } = Merge::new(grant, change, false).run(file, abouts).await?;
    let mut details = json!({ "after": {
        "created": count(&lines, Act::Create),
        "changed": count(&lines, Act::Change),
        "skipped": count(&lines, Act::Skip),
    } });
    if parts > 0 {
        details["part"] = json!(parts + 1);
    }
    change.audit(Entry::new(Action::LibraryImported, None).details(details)).await?;
    let about = change.new_id();
    change.announce(Topic::Prompts, about).await?;
    change.commit().await?;
    Ok(lines)
}
