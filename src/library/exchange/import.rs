//! Importing a file. What it would do is found out by doing it in a change that is not committed, so a
//! preview cannot differ from what happens then.

use super::{
    format::LibraryFile,
    merge::Merge,
    store::{find, forget},
};
use crate::{
    error::Result,
    id::ImportId,
    role::ImportContent,
    server::{
        Grant, OrgChange, Topic,
        audit::{Action, Entry},
    },
};
use serde_json::json;

/// What comes of a thing in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// It is new.
    Create,
    /// It is there, and becomes another.
    Change,
    /// Nothing happens.
    Skip,
}

/// What comes of one thing in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What happens.
    pub act: Act,
    /// The path of the folder or prompt; empty for the variables of the organization.
    pub path: String,
    /// What exactly, or why not.
    pub says: String,
}

/// How many lines tell of an act.
#[must_use]
pub fn count(lines: &[Line], act: Act) -> usize {
    lines.iter().filter(|line| line.act == act).count()
}

/// What importing a file would do.
///
/// # Errors
/// [`Error::NotFound`](crate::error::Error::NotFound) when no such file waits.
pub async fn preview(grant: &Grant<ImportContent>, id: ImportId) -> Result<Vec<Line>> {
    let mut change = grant.change().await?;
    let file = find(&mut change, id).await?;
    // Dropping the change undoes it.
    Merge::new(&mut change).run(&file).await
}

/// Imports a file, and tells what it did.
///
/// # Errors
/// [`Error::NotFound`](crate::error::Error::NotFound) when no such file waits.
pub async fn import(grant: &Grant<ImportContent>, id: ImportId) -> Result<Vec<Line>> {
    let mut change = grant.change().await?;
    let file: LibraryFile = find(&mut change, id).await?;
    forget(&mut change, id).await?;
    merge(change, &file).await
}

/// What importing this file would do.
///
/// # Errors
/// When the database fails.
pub async fn preview_file(grant: &Grant<ImportContent>, file: &LibraryFile) -> Result<Vec<Line>> {
    Merge::new(&mut grant.change().await?).run(file).await
}

/// Imports this file, and tells what it did.
///
/// # Errors
/// When the database fails.
pub async fn import_file(grant: &Grant<ImportContent>, file: &LibraryFile) -> Result<Vec<Line>> {
    merge(grant.change().await?, file).await
}

async fn merge(mut change: OrgChange, file: &LibraryFile) -> Result<Vec<Line>> {
    let lines = Merge::new(&mut change).run(file).await?;
    let details = json!({ "after": {
        "created": count(&lines, Act::Create),
        "changed": count(&lines, Act::Change),
        "skipped": count(&lines, Act::Skip),
    } });
    change.audit(Entry::new(Action::LibraryImported, None).details(details)).await?;
    let about = change.new_id();
    change.announce(Topic::Prompts, about).await?;
    change.commit().await?;
    Ok(lines)
}
