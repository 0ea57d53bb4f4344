//! What of the library goes into a file, read bit by bit: no more of it is in memory than is written at once.

use super::format::{FolderEntry, Lead, PromptEntry, VersionEntry};
use crate::{
    error::{Error, Result},
    fields::Name,
    id::{FolderId, PromptId},
    library::{folders, variables},
    prompts::{drafts, reached::lets_through, store, versions},
    role::{ExportContent, ExportOrganization},
    server::{Scope, caller::internal, streams::Seat},
    time::Timestamp,
    ui::rfc3339_exact,
};
use std::collections::BTreeMap;

/// The most bytes of versions that are read at once, unless one alone has more; and the most versions.
const BYTES: i64 = 1024 * 1024;
const VERSIONS: i64 = 50;

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Everything.
    Whole,
    /// A folder, with everything in it.
    Folder(FolderId),
    /// One prompt.
    Prompt(PromptId),
}

/// What whoever gets the file may know.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// Whether they may know no drafts: without its draft a prompt that was never saved says nothing.
    pub hides_drafts: bool,
    /// The paths of the folders that they may know of; all, where there are none.
    pub within: Option<Vec<String>>,
}

impl Reach {
    fn holds(&self, path: &str) -> bool {
        self.within.as_ref().is_none_or(|all| all.iter().any(|prefix| path.starts_with(prefix)))
    }
}

/// What goes into a file, in order.
#[derive(Debug)]
pub struct Plan {
    pub(super) extent: Extent,
    pub(super) folders: Vec<(FolderId, String)>,
    pub(super) prompts: Vec<PromptId>,
    /// What the file is called: the path of the folder or prompt that it is about.
    pub(super) called: Option<String>,
    /// The seat of whoever takes the file, until it is written.
    pub(super) seat: Option<Seat>,
}

/// What goes into the file of a part of the library.
///
/// # Errors
/// [`Error::NotFound`] when there is no such folder or prompt.
pub async fn plan(scope: &Scope, extent: Extent) -> Result<Plan> {
    let mut plan = Plan { extent, folders: Vec::new(), prompts: Vec::new(), called: None, seat: None };
    match extent {
        Extent::Prompt(id) => {
            plan.called = Some(store::find(scope, id).await?.path);
            plan.prompts.push(id);
        }
        Extent::Folder(id) => {
            let path = folders::find(scope, id).await?.path;
            plan.called = Some(path.clone());
            plan.folders.push((id, path));
            take_inside(scope, &mut plan, Some(id)).await?;
        }
        Extent::Whole => take_inside(scope, &mut plan, None).await?,
    }
    Ok(plan)
}

async fn take_inside(scope: &Scope, plan: &mut Plan, folder: Option<FolderId>) -> Result<()> {
    let prompts = scope.query(
        "SELECT id FROM prompts WHERE org_id = $1 AND folder_id IS NOT DISTINCT FROM $2 AND trash_id IS NULL
         ORDER BY position, id",
    );
    let prompts: Vec<(PromptId,)> = prompts.bind(folder).all().await?;
    plan.prompts.extend(prompts.into_iter().map(|(id,)| id));
    let below = scope.query(
        "SELECT id, path FROM folders WHERE org_id = $1 AND parent_id IS NOT DISTINCT FROM $2 AND trash_id IS NULL
         ORDER BY position, id",
    );
    let below: Vec<(FolderId, String)> = below.bind(folder).all().await?;
    for (id, path) in below {
        plan.folders.push((id, path));
        Box::pin(take_inside(scope, plan, Some(id))).await?;
    }
    Ok(())
}

/// Checks that whoever takes a file may have it still.
///
/// # Errors
/// As [`Scope::still_may`].
pub(super) async fn still_may(scope: &Scope, extent: Extent) -> Result<()> {
    match extent {
        Extent::Whole => scope.still_may::<ExportOrganization>().await,
        Extent::Folder(_) | Extent::Prompt(_) => scope.still_may::<ExportContent>().await,
    }
}

/// Whether whoever acts reaches what is in a folder now: it may have been moved since the file was begun.
async fn reaches(scope: &Scope, folder: Option<FolderId>) -> Result<bool> {
    match scope.key() {
        Some(key) => lets_through(scope, &key.folders, folder).await,
        None => Ok(true),
    }
}

/// A folder of a plan; none where it is out of reach by now.
pub(super) async fn folder(scope: &Scope, (id, path): (FolderId, String)) -> Result<Option<FolderEntry>> {
    if !reaches(scope, Some(id)).await? {
        return Ok(None);
    }
    Ok(Some(FolderEntry { path, variables: variables::read(scope, Some(id)).await? }))
}

/// A prompt of a plan, without what it says; none where it is gone or out of reach by now.
pub(super) async fn prompt(scope: &Scope, reach: &Reach, id: PromptId) -> Result<Option<PromptEntry>> {
    let prompt = match store::find(scope, id).await {
        Err(Error::NotFound) => return Ok(None),
        found => found?,
    };
    if reach.hides_drafts && prompt.latest == 0 || !reaches(scope, prompt.folder_id).await? {
        return Ok(None);
    }
    let old_paths =
        scope.query("SELECT path FROM old_paths WHERE org_id = $1 AND prompt_id = $2 ORDER BY path");
    let old_paths: Vec<(String,)> = old_paths.bind(id).all().await?;
    let old_paths = old_paths.into_iter().map(|(path,)| path).filter(|path| reach.holds(path)).collect();
    let tags = prompt.tags.iter().map(ToOwned::to_owned).collect();
    let (path, description) = (prompt.path, prompt.description);
    Ok(Some(PromptEntry { path, description, tags, old_paths, versions: Vec::new(), draft: None }))
}

/// The same with what its newest version says, or its draft before there is one.
pub(super) async fn newest(scope: &Scope, id: PromptId) -> Result<Option<PromptEntry>> {
    let Some(mut entry) = prompt(scope, &Reach::default(), id).await? else { return Ok(None) };
    entry.draft = Some(match store::find(scope, id).await?.latest {
        0 => drafts::read(scope, id).await?.content,
        latest => versions::content(scope, id, latest).await?,
    });
    Ok(Some(entry))
}

/// A version as it is stored.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) number: i64,
    message: String,
    origin: String,
    author: Option<Name>,
    created_at: Timestamp,
    restores: Option<i64>,
    pub(super) content: String,
}

impl Row {
    /// As it is in a file, with where its references led.
    pub(super) fn entry(self, references: BTreeMap<String, Lead>) -> Result<VersionEntry> {
        let author = self.author.map_or_else(String::new, |name| name.to_string());
        Ok(VersionEntry {
            number: self.number,
            message: self.message,
            author: if self.origin.is_empty() { author } else { self.origin },
            created_at: rfc3339_exact(self.created_at),
            restores: self.restores,
            content: serde_json::from_str(&self.content).map_err(|error| internal(&error))?,
            references,
        })
    }
}

/// Some versions of a prompt, in order, the first of them of this number; none at the end.
pub(super) async fn rows(scope: &Scope, id: PromptId, first: i64) -> Result<Vec<Row>> {
    let rows = scope.query(
        "SELECT v.number, v.message, v.author AS origin, coalesce(u.name, k.name) AS author, v.created_at, v.restores, v.content
         FROM (SELECT number, sum(octet_length(content)) OVER (ORDER BY number) AS bytes FROM versions
           WHERE org_id = $1 AND prompt_id = $2 AND number >= $3 AND number < $3 + $4) near
         JOIN versions v ON v.org_id = $1 AND v.prompt_id = $2 AND v.number = near.number
         LEFT JOIN users u ON u.id = v.created_by
         LEFT JOIN api_keys k ON k.org_id = v.org_id AND k.id = v.key_id
         WHERE near.bytes <= $5 OR near.number = $3 ORDER BY v.number",
    );
    Ok(rows.bind(id).bind(first).bind(VERSIONS).bind(BYTES).all().await?)
}

/// Where the references of some versions led, by version: those from one number to another.
pub(super) async fn leads(
    scope: &Scope,
    reach: &Reach,
    id: PromptId,
    (first, last): (i64, i64),
) -> Result<BTreeMap<i64, BTreeMap<String, Lead>>> {
    let leads = scope.query(
        "SELECT r.number, r.target, p.path, coalesce(r.to_number, 0), coalesce(e.name, '') FROM prompt_references r
         JOIN prompts p ON p.org_id = r.org_id AND p.id = r.to_id
         LEFT JOIN environments e ON e.org_id = r.org_id AND e.id = r.environment_id AND e.purged_at IS NULL
         WHERE r.org_id = $1 AND r.prompt_id = $2 AND r.number >= $3 AND r.number <= $4
           AND (r.to_number IS NOT NULL OR e.name IS NOT NULL)",
    );
    let leads: Vec<(i64, String, String, i64, String)> = leads.bind(id).bind(first).bind(last).all().await?;
    let mut references: BTreeMap<i64, BTreeMap<String, Lead>> = BTreeMap::new();
    for (number, target, path, version, environment) in leads {
        if reach.holds(&path) {
            references.entry(number).or_default().insert(target, Lead { path, version, environment });
        }
    }
    Ok(references)
}
