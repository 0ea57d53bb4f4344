//! What of the library goes into a file, read bit by bit: no more of it is in memory than is written at once.

use super::format::{FolderEntry, Lead, PromptEntry, VersionEntry};
use crate::{
    error::{Error, Result},
    fields::{Name, PathName},
    id::{FolderId, PromptId},
    kernel::internal_error::internal,
    library::{folders, variables},
    prompts::{content::Content, drafts, reached::lets_through, store, versions},
    role::{ExportContent, ExportOrganization},
    tenancy::{Scope, stream_limit::Seat},
    time::Timestamp,
    ui::rfc3339_exact,
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

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

/// What the person who gets the file may know.
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

/// The paths of prompts in a file.
pub(super) type Paths = HashMap<PromptId, Arc<str>>;

/// What goes into a file, in order, each at its path when the file is begun: what is renamed or moved meanwhile keeps
/// that path in the file.
#[derive(Debug)]
pub struct Plan {
    pub(super) extent: Extent,
    pub(super) folders: Vec<(FolderId, String)>,
    pub(super) prompts: Vec<(PromptId, Arc<str>)>,
    /// What the file is called: the path of the folder or prompt that it is about.
    pub(super) called: Option<String>,
    /// The seat of the person who takes the file, until it is written.
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
            let path = store::find(scope, id).await?.path;
            plan.prompts.push((id, path.as_str().into()));
            plan.called = Some(path);
        }
        Extent::Folder(id) => {
            let path = folders::find(scope, id).await?.path;
            plan.folders.push((id, path.clone()));
            take_inside(scope, &mut plan, Some((id, path.as_str()))).await?;
            plan.called = Some(path);
        }
        Extent::Whole => take_inside(scope, &mut plan, None).await?,
    }
    Ok(plan)
}

/// Takes what is in a folder of this path, or at the top.
async fn take_inside(scope: &Scope, plan: &mut Plan, folder: Option<(FolderId, &str)>) -> Result<()> {
    let (id, path) = folder.unzip();
    let prompts = scope.query(
        "SELECT id, name FROM prompts WHERE org_id = $1 AND folder_id IS NOT DISTINCT FROM $2 AND trash_id IS NULL
         ORDER BY position, id",
    );
    let prompts: Vec<(PromptId, PathName)> = prompts.bind(id).all().await?;
    plan.prompts.extend(prompts.iter().map(|(id, name)| (*id, Arc::<str>::from(inside(path, name)))));
    let below = scope.query(
        "SELECT id, name FROM folders WHERE org_id = $1 AND parent_id IS NOT DISTINCT FROM $2 AND trash_id IS NULL
         ORDER BY position, id",
    );
    let below: Vec<(FolderId, PathName)> = below.bind(id).all().await?;
    for (id, name) in below {
        let path = inside(path, &name);
        plan.folders.push((id, path.clone()));
        Box::pin(take_inside(scope, plan, Some((id, path.as_str())))).await?;
    }
    Ok(())
}

/// The path of a name in a folder of this path, or at the top.
fn inside(folder: Option<&str>, name: &PathName) -> String {
    folder.map_or_else(|| name.to_string(), |path| format!("{path}/{name}"))
}

/// What is found, unless it is gone by now.
pub(super) fn there<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Err(Error::NotFound) => Ok(None),
        found => found.map(Some),
    }
}

/// Checks that the person who takes a file may have it still.
///
/// # Errors
/// As [`Scope::still_may`].
pub(super) async fn still_may(scope: &Scope, extent: Extent) -> Result<()> {
    match extent {
        Extent::Whole => scope.still_may::<ExportOrganization>().await,
        Extent::Folder(_) | Extent::Prompt(_) => scope.still_may::<ExportContent>().await,
    }
}

/// Whether the actor reaches what is in a folder now: it may have been moved since the file was begun.
async fn reaches(scope: &Scope, folder: Option<FolderId>) -> Result<bool> {
    match scope.key() {
        Some(key) => lets_through(scope, &key.folders, folder).await,
        None => Ok(true),
    }
}

/// A folder of a plan, with how many bytes its values have; none where it is gone or out of reach by now.
pub(super) async fn folder(
    scope: &Scope,
    (id, path): &(FolderId, String),
) -> Result<Option<(FolderEntry, usize)>> {
    if there(folders::find(scope, *id).await)?.is_none() || !reaches(scope, Some(*id)).await? {
        return Ok(None);
    }
    let (variables, bytes) = variables::read_sized(scope, Some(*id)).await?;
    Ok(Some((FolderEntry { path: path.clone(), variables }, bytes)))
}

/// A prompt of a plan, without what it says; none where it is gone or out of reach by now.
pub(super) async fn prompt(
    scope: &Scope,
    reach: &Reach,
    (id, path): (PromptId, &str),
) -> Result<Option<PromptEntry>> {
    let Some(prompt) = there(store::find(scope, id).await)? else { return Ok(None) };
    if reach.hides_drafts && prompt.latest == 0 || !reaches(scope, prompt.folder_id).await? {
        return Ok(None);
    }
    let old_paths =
        scope.query("SELECT path FROM old_paths WHERE org_id = $1 AND prompt_id = $2 ORDER BY path");
    let old_paths: Vec<(String,)> = old_paths.bind(id).all().await?;
    let old_paths = old_paths.into_iter().map(|(old,)| old).filter(|old| old != path && reach.holds(old));
    let (old_paths, tags) = (old_paths.collect(), prompt.tags.iter().map(ToOwned::to_owned).collect());
    let (path, description) = (path.to_owned(), prompt.description);
    Ok(Some(PromptEntry { path, description, tags, old_paths, versions: Vec::new(), draft: None }))
}

/// The same with what its newest version says, or its draft before there is one.
pub(super) async fn newest(scope: &Scope, (id, path): (PromptId, &str)) -> Result<Option<PromptEntry>> {
    let Some(entry) = prompt(scope, &Reach::default(), (id, path)).await? else { return Ok(None) };
    let says = there(says(scope, id).await)?;
    Ok(says.map(|says| PromptEntry { draft: Some(says), ..entry }))
}

async fn says(scope: &Scope, id: PromptId) -> Result<Content> {
    match store::find(scope, id).await?.latest {
        0 => Ok(drafts::read(scope, id).await?.content),
        latest => versions::content(scope, id, latest).await,
    }
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

/// Where the references of some versions led, by version: those from one number to another. What is in the file itself
/// is told by its path there.
pub(super) async fn leads(
    scope: &Scope,
    (reach, paths): (&Reach, &Paths),
    id: PromptId,
    (first, last): (i64, i64),
) -> Result<BTreeMap<i64, BTreeMap<String, Lead>>> {
    let leads = scope.query(
        "SELECT r.number, r.target, p.id, p.path, coalesce(r.to_number, 0), coalesce(e.name, '')
         FROM prompt_references r
         JOIN prompts p ON p.org_id = r.org_id AND p.id = r.to_id
         LEFT JOIN environments e ON e.org_id = r.org_id AND e.id = r.environment_id AND e.purged_at IS NULL
         WHERE r.org_id = $1 AND r.prompt_id = $2 AND r.number >= $3 AND r.number <= $4
           AND (r.to_number IS NOT NULL OR e.name IS NOT NULL)",
    );
    let leads: Vec<(i64, String, PromptId, String, i64, String)> =
        leads.bind(id).bind(first).bind(last).all().await?;
    let mut references: BTreeMap<i64, BTreeMap<String, Lead>> = BTreeMap::new();
    for (number, target, to, path, version, environment) in leads {
        let path = match paths.get(&to) {
            Some(path) => path.to_string(),
            None if reach.holds(&path) => path,
            None => continue,
        };
        references.entry(number).or_default().insert(target, Lead { path, version, environment });
    }
    Ok(references)
}
