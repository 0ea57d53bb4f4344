//! Who has which path: the prompt that is there, the one that left it last, and in an environment the one that was
//! deployed there last.
//!
//! What is live keeps the paths at which it was deployed, whatever becomes of the prompt's own: services go on finding
//! it there until it is undeployed or another prompt is deployed at that path. Where others must approve, nothing else
//! takes such a path meanwhile, and services find nothing at any other.

use super::{
    prompt::Prompt,
    reached::{BEYOND, reaches_environment, reaches_prompt},
};
use crate::{
    error::{Error, Result},
    fields::composed,
    id::{EnvironmentId, FolderId, PromptId},
    tenancy::{OrgChange, Reads},
};
use std::borrow::Cow;

/// A statement over `inside`: the ids of the folder `$2` and of all folders in it.
///
/// A path that begins with another is no way to find what is in a folder: all of an organization would be read for it.
macro_rules! inside {
    ($($part:tt)+) => {
        concat!(
            "WITH RECURSIVE inside (id) AS (
               SELECT id FROM folders WHERE org_id = $1 AND id = $2
               UNION ALL
               SELECT f.id FROM inside i JOIN folders f ON f.org_id = $1 AND f.parent_id = i.id
               WHERE f.trash_id IS NULL) ",
            $($part)+
        )
    };
}
pub(crate) use inside;

/// The prompts that services still find at a path in a protected environment: nothing else was deployed there since,
/// and they were not undeployed.
///
/// SQLite takes tables of a CROSS JOIN in their order, so it never looks through all that was ever deployed.
macro_rules! live_in_protected {
    ($first:literal, $and:literal) => {
        concat!(
            "SELECT d.prompt_id, p.path, e.id AS environment_id, e.name AS environment, d.path AS live_path
             FROM ",
            $first,
            "environments e CROSS JOIN deployments d CROSS JOIN prompts p
             WHERE e.org_id = $1 AND e.approvals > 0 AND d.org_id = $1 AND d.environment_id = e.id
               AND p.org_id = $1 AND p.id = d.prompt_id
               AND NOT EXISTS (SELECT 1 FROM deployments l
                 WHERE l.org_id = $1 AND l.environment_id = e.id AND l.path = d.path AND l.id > d.id
                   AND l.version IS NOT NULL)
               AND NOT EXISTS (SELECT 1 FROM deployments u WHERE u.org_id = $1 AND u.environment_id = e.id
                 AND u.prompt_id = d.prompt_id AND u.number >= d.number AND u.version IS NULL)",
            $and
        )
    };
}

/// Whether a prompt has the path.
///
/// # Errors
/// When the database fails.
pub async fn is_taken(change: &mut OrgChange, path: &str) -> Result<bool> {
    let there = change.query("SELECT 1 FROM prompts WHERE org_id = $1 AND path = $2 AND trash_id IS NULL");
    let there: Option<(i32,)> = there.bind(path.to_owned()).optional().await?;
    Ok(there.is_some())
}

/// Notes that a path leads to a prompt that came there: nothing else is led on from it any more.
///
/// # Errors
/// [`Error::Invalid`] at `name` when another prompt is live at it in a protected environment.
pub async fn take_path(change: &mut OrgChange, path: &str, prompt: PromptId) -> Result<()> {
    refuse_protected(change, path, Some(prompt)).await?;
    let old = change.query("DELETE FROM old_paths WHERE org_id = $1 AND path = $2");
    old.bind(path.to_owned()).execute().await?;
    Ok(())
}

/// Notes that a prompt is about to leave its path: those who ask for it there are led on.
///
/// # Errors
/// When the database fails.
pub async fn leave_path(change: &mut OrgChange, prompt: &Prompt) -> Result<()> {
    let old = change.query(
        "INSERT INTO old_paths (org_id, path, prompt_id) VALUES ($1, $2, $3)
         ON CONFLICT (org_id, path) DO UPDATE SET prompt_id = excluded.prompt_id",
    );
    old.bind(prompt.path.clone()).bind(prompt.id).execute().await?;
    Ok(())
}

pub(crate) const LEAVE_ALL: &str = inside!(
    "INSERT INTO old_paths (org_id, path, prompt_id)
     SELECT org_id, path, id FROM prompts
     WHERE org_id = $1 AND trash_id IS NULL AND folder_id IN (SELECT id FROM inside)
     ON CONFLICT (org_id, path) DO UPDATE SET prompt_id = excluded.prompt_id"
);

/// The same for all prompts in a folder.
///
/// # Errors
/// When the database fails.
pub async fn leave_paths(change: &mut OrgChange, folder: FolderId) -> Result<()> {
    change.query(LEAVE_ALL).bind(folder).execute().await?;
    Ok(())
}

/// Those of which another prompt has the path, which is in the folder `$2`.
pub(crate) const LIVE_BELOW: &str = inside!(live_in_protected!(
    "inside i CROSS JOIN prompts n CROSS JOIN ",
    " AND n.org_id = $1 AND n.folder_id = i.id AND n.path = d.path AND n.id <> d.prompt_id AND n.trash_id IS NULL
      ORDER BY n.path, e.position, d.id LIMIT 1"
));

pub(crate) const TAKE_ALL: &str = inside!(
    "DELETE FROM old_paths WHERE org_id = $1 AND path IN (
       SELECT path FROM prompts WHERE org_id = $1 AND trash_id IS NULL AND folder_id IN (SELECT id FROM inside))"
);

/// As [`take_path`] for all prompts in a folder, which all came to their paths.
///
/// # Errors
/// As [`take_path`].
pub async fn take_paths(change: &mut OrgChange, folder: FolderId) -> Result<()> {
    let live = change.query(LIVE_BELOW);
    if let Some(live) = live.bind(folder).optional::<Protected>().await? {
        return Err(refusal(change, &live).await?);
    }
    change.query(TAKE_ALL).bind(folder).execute().await?;
    Ok(())
}

/// Another prompt that is live at a path in a protected environment.
#[derive(sqlx::FromRow)]
struct Protected {
    prompt_id: PromptId,
    /// Where that prompt is now.
    path: String,
    environment_id: EnvironmentId,
    environment: String,
    /// The path at which it is live.
    live_path: String,
}

async fn protected(change: &mut OrgChange, path: &str, own: Option<PromptId>) -> Result<Option<Protected>> {
    let live = change.query(live_in_protected!("", " AND d.path = $2 ORDER BY e.position, d.id"));
    let live: Vec<Protected> = live.bind(path.to_owned()).all().await?;
    Ok(live.into_iter().find(|live| Some(live.prompt_id) != own))
}

/// Whether another prompt than one's own is live at a path in a protected environment.
///
/// # Errors
/// When the database fails.
pub async fn is_protected(change: &mut OrgChange, path: &str, own: PromptId) -> Result<bool> {
    Ok(protected(change, path, Some(own)).await?.is_some())
}

/// Refuses a path at which another prompt than one's own is live in a protected environment.
///
/// # Errors
/// [`Error::Invalid`] at `name` then.
pub(super) async fn refuse_protected(
    change: &mut OrgChange,
    path: &str,
    own: Option<PromptId>,
) -> Result<()> {
    match protected(change, path, own).await? {
        Some(live) => Err(refusal(change, &live).await?),
        None => Ok(()),
    }
}

async fn refusal(change: &mut OrgChange, live: &Protected) -> Result<Error> {
    let environment = if reaches_environment(change, live.environment_id) {
        live.environment.as_str()
    } else {
        "a protected environment"
    };
    let is_reached = reaches_prompt(change, live.prompt_id).await?;
    let what = if is_reached { live.path.as_str() } else { BEYOND };
    let path = &live.live_path;
    Ok(Error::invalid(
        "name",
        format!(
            "Services in {environment} still get {what} at {path}. Choose another name, or undeploy it there first."
        ),
    ))
}

/// What services get at a path in an environment.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ServedAt {
    /// The prompt, wherever it is now.
    pub prompt_id: PromptId,
    /// The version that is live.
    pub version: i64,
    /// The folder it was in when it was deployed last.
    pub folder_id: Option<FolderId>,
    /// Whether it was deployed at this path last, and not at another since.
    pub is_whole: bool,
}

/// What is live in an environment at a path: what was deployed there last, unless it was undeployed since.
///
/// # Errors
/// When the database fails.
pub async fn served_at(
    mut reads: impl Reads,
    environment: EnvironmentId,
    path: &str,
) -> Result<Option<ServedAt>> {
    let mut served = reads.query(SERVED_AT).bind(environment).bind(path.to_owned()).optional().await?;
    // Names are composed, and a path may be written otherwise.
    if let Cow::Owned(path) = composed(path)
        && served.is_none()
    {
        served = reads.query(SERVED_AT).bind(environment).bind(path).optional().await?;
    }
    Ok(served)
}

const SERVED_AT: &str = "SELECT n.prompt_id, n.version, n.folder_id, n.path = $3 AS is_whole
     FROM (SELECT prompt_id, number FROM deployments
       WHERE org_id = $1 AND environment_id = $2 AND path = $3 AND version IS NOT NULL
       ORDER BY id DESC LIMIT 1) d
     JOIN deployments n ON n.org_id = $1 AND n.environment_id = $2 AND n.prompt_id = d.prompt_id
       AND n.number = (SELECT max(m.number) FROM deployments m
         WHERE m.org_id = $1 AND m.environment_id = $2 AND m.prompt_id = d.prompt_id)
     WHERE NOT EXISTS (SELECT 1 FROM deployments u WHERE u.org_id = $1 AND u.environment_id = $2
       AND u.prompt_id = d.prompt_id AND u.number >= d.number AND u.version IS NULL)";

/// Where services find a prompt in a protected environment: its name, and the path at which it was deployed last.
///
/// # Errors
/// When the database fails.
pub async fn fixed(mut reads: impl Reads, prompt: PromptId) -> Result<Vec<(String, String)>> {
    let fixed = reads.query(
        "SELECT e.name, d.path FROM environments e
         JOIN deployments d ON d.org_id = $1 AND d.environment_id = e.id AND d.prompt_id = $2
         WHERE e.org_id = $1 AND e.approvals > 0 AND d.version IS NOT NULL
           AND d.number = (SELECT max(m.number) FROM deployments m
             WHERE m.org_id = $1 AND m.environment_id = e.id AND m.prompt_id = $2)
         ORDER BY e.position, e.id",
    );
    Ok(fixed.bind(prompt).all().await?)
}

/// A path at which a prompt was deployed to an environment and nothing else was since.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DeployedAt {
    /// The environment.
    pub environment_id: EnvironmentId,
    /// The path.
    pub path: String,
    /// The folder it was in then.
    pub folder_id: Option<FolderId>,
    /// Whether it was deployed at this path last, and not at another since.
    pub is_whole: bool,
}

/// The paths at which a prompt was deployed, the last ones, whether or not it was undeployed since.
///
/// # Errors
/// When the database fails.
pub async fn deployed_at(mut reads: impl Reads, prompt: PromptId) -> Result<Vec<DeployedAt>> {
    let deployed = reads.query(
        "SELECT n.environment_id, n.path, n.folder_id, n.number = w.number AS is_whole
         FROM (SELECT environment_id, path, max(number) AS number FROM deployments
           WHERE org_id = $1 AND prompt_id = $2 AND version IS NOT NULL AND path <> ''
           GROUP BY environment_id, path) g
         JOIN (SELECT environment_id, max(number) AS number FROM deployments
           WHERE org_id = $1 AND prompt_id = $2 AND version IS NOT NULL
           GROUP BY environment_id) w ON w.environment_id = g.environment_id
         JOIN deployments n ON n.org_id = $1 AND n.environment_id = g.environment_id AND n.prompt_id = $2
           AND n.number = g.number
         WHERE NOT EXISTS (SELECT 1 FROM deployments l WHERE l.org_id = $1 AND l.environment_id = n.environment_id
           AND l.path = n.path AND l.id > n.id AND l.prompt_id <> $2 AND l.version IS NOT NULL)
         ORDER BY n.id DESC LIMIT 50",
    );
    Ok(deployed.bind(prompt).all().await?)
}
