//! What a caller has access to: a limited key learns nothing about anything beyond its limits, not even from a
//! refusal.

use crate::{
    error::Result,
    id::{EnvironmentId, FolderId, PromptId},
    tenancy::{OrgChange, Reads, api_key::Limit, listed},
};
use std::collections::BTreeSet;

/// What a prompt is called that lies beyond.
pub const BEYOND: &str = "a prompt this key has no access to";

/// The most prompts that are named.
const NAMED: usize = 5;

/// Whether a limit lets through what is in a folder. One to folders lets through nothing that is in none.
///
/// # Errors
/// When the database fails.
pub async fn lets_through(
    mut reads: impl Reads,
    limit: &Limit<FolderId>,
    folder: Option<FolderId>,
) -> Result<bool> {
    if *limit == Limit::All {
        return Ok(true);
    }
    let around = reads.query(
        "WITH RECURSIVE above (id, parent_id) AS (
           SELECT id, parent_id FROM folders WHERE org_id = $1 AND id = $2
           UNION ALL
           SELECT f.id, f.parent_id FROM folders f JOIN above a ON f.org_id = $1 AND f.id = a.parent_id)
         SELECT id FROM above",
    );
    let around: Vec<(FolderId,)> = around.bind(folder).all().await?;
    Ok(around.iter().any(|(folder,)| limit.reaches(folder)))
}

/// Whether the actor reaches what is in a folder.
///
/// # Errors
/// When the database fails.
pub async fn reaches_folder(change: &mut OrgChange, folder: Option<FolderId>) -> Result<bool> {
    match change.key().cloned() {
        Some(key) => lets_through(change, &key.folders, folder).await,
        None => Ok(true),
    }
}

/// Which of some folders the actor reaches; none where it reaches all, and what is in no folder.
///
/// # Errors
/// When the database fails.
pub async fn reached_folders(
    change: &mut OrgChange,
    folders: BTreeSet<FolderId>,
) -> Result<Option<BTreeSet<FolderId>>> {
    let Some(key) = change.key().cloned().filter(|key| key.folders != Limit::All) else { return Ok(None) };
    let around = listed!(
        ", above (below, id, parent_id) AS (
           SELECT f.id, f.id, f.parent_id FROM listed JOIN folders f ON f.org_id = $1 AND f.id = listed.id
           UNION ALL
           SELECT a.below, f.id, f.parent_id FROM above a
           JOIN folders f ON f.org_id = $1 AND f.id = a.parent_id)
         SELECT below, id FROM above"
    );
    let around = change.query_listed(around, folders.into_iter().map(|folder| folder.0));
    let around: Vec<(FolderId, FolderId)> = around.all().await?;
    let reached = around.into_iter().filter(|(_, above)| key.folders.reaches(above));
    Ok(Some(reached.map(|(folder, _)| folder).collect()))
}

/// Whether the actor reaches a prompt.
///
/// # Errors
/// When the database fails.
pub async fn reaches_prompt(change: &mut OrgChange, prompt: PromptId) -> Result<bool> {
    if change.key().is_none_or(|key| key.folders == Limit::All) {
        return Ok(true);
    }
    let folder = change.query("SELECT folder_id FROM prompts WHERE org_id = $1 AND id = $2");
    let folder: Option<(Option<FolderId>,)> = folder.bind(prompt).optional().await?;
    match folder {
        Some((folder,)) => reaches_folder(change, folder).await,
        None => Ok(false),
    }
}

/// Whether the actor reaches an environment.
#[must_use]
pub fn reaches_environment(change: &OrgChange, environment: EnvironmentId) -> bool {
    change.key().is_none_or(|key| key.environments.reaches(&environment))
}

/// Names prompts, each given by its path: a few of those that the actor reaches, and how many more there are.
///
/// # Errors
/// When the database fails.
pub async fn named(
    change: &mut OrgChange,
    prompts: impl IntoIterator<Item = (String, PromptId)>,
) -> Result<String> {
    let (mut named, mut beyond) = (Vec::new(), 0);
    for (path, prompt) in prompts {
        if reaches_prompt(change, prompt).await? {
            named.push(path);
        } else {
            beyond += 1;
        }
    }
    let more = named.len().saturating_sub(NAMED) + beyond;
    named.truncate(NAMED);
    named.extend(match (more, beyond) {
        (0, _) => None,
        (1, 1) => Some(BEYOND.to_owned()),
        (more, 0) => Some(format!("{more} more")),
        (more, _) => Some(format!("{more} more, some of which this key has no access to")),
    });
    Ok(named.join(", "))
}
