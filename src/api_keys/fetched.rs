//! What a key can fetch, to show how.

use super::listing::ApiKey;
use crate::{
    environments::store as environments,
    error::Result,
    id::{EnvironmentId, FolderId},
    key_scope::KeyScope,
    library::folders,
    tenancy::{Scope, api_key::Limit, listed},
};

/// The path where there is no prompt.
const NO_PROMPT: &str = "Support/Triage";

/// A prompt as a key fetches it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fetched {
    pub(super) path: String,
    /// The name of the environment.
    pub(super) environment: String,
    /// What has to be done before.
    pub(super) first: First,
}

/// What has to be done before something can be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum First {
    Nothing,
    Deploy,
    Create,
}

/// What a key can fetch: something that is live, or else what could be deployed. None for a key that fetches nothing.
///
/// # Errors
/// When the database fails.
pub(super) async fn of(scope: &Scope, key: &ApiKey) -> Result<Option<Fetched>> {
    if !key.scopes.has(KeyScope::ReadPrompts) {
        return Ok(None);
    }
    let folders = within(scope, &key.folders).await?;
    let all = environments::list(scope).await?;
    // The last one is where services are, mostly.
    let reached: Vec<_> = all.iter().rev().filter(|one| key.environments.reaches(&one.id)).collect();
    for environment in &reached {
        if let Some(path) = live(scope, environment.id, folders.as_deref()).await? {
            let environment = environment.name.to_string();
            return Ok(Some(Fetched { path, environment, first: First::Nothing }));
        }
    }
    let Some(last) = reached.first() else { return Ok(None) };
    let path = any(scope, folders.as_deref()).await?;
    let first = if path.is_some() { First::Deploy } else { First::Create };
    let path = path.unwrap_or_else(|| NO_PROMPT.to_owned());
    Ok(Some(Fetched { path, environment: last.name.to_string(), first }))
}

/// All folders that a key is limited to, with those in them.
async fn within(scope: &Scope, limit: &Limit<FolderId>) -> Result<Option<Vec<FolderId>>> {
    if *limit == Limit::All {
        return Ok(None);
    }
    let all = folders::all(scope).await?;
    let tops = all.iter().filter(|one| limit.reaches(&one.id)).map(|one| one.path.as_str());
    let tops: Vec<&str> = tops.collect();
    let is_at = |rest: &str| rest.is_empty() || rest.starts_with('/');
    let is_in = |path: &str| tops.iter().any(|top| path.strip_prefix(top).is_some_and(is_at));
    Ok(Some(all.iter().filter(|one| is_in(&one.path)).map(|one| one.id).collect()))
}

/// The path of something that is live in an environment, and in one of these folders, if they are given.
async fn live(
    scope: &Scope,
    environment: EnvironmentId,
    folders: Option<&[FolderId]>,
) -> Result<Option<String>> {
    let query = match folders {
        None => scope.query(
            "SELECT d.path FROM deployments d
             JOIN prompts p ON p.org_id = $1 AND p.id = d.prompt_id AND p.trash_id IS NULL
             WHERE d.org_id = $1 AND d.environment_id = $2 AND d.version IS NOT NULL
               AND d.number = (SELECT max(m.number) FROM deployments m
                 WHERE m.org_id = $1 AND m.environment_id = d.environment_id AND m.prompt_id = d.prompt_id)
             ORDER BY d.path LIMIT 1",
        ),
        Some(folders) => scope.query_listed(
            listed!(
                "SELECT d.path FROM listed JOIN deployments d ON d.org_id = $1 AND d.folder_id = listed.id
                 JOIN prompts p ON p.org_id = $1 AND p.id = d.prompt_id AND p.trash_id IS NULL
                 WHERE d.environment_id = $3 AND d.version IS NOT NULL
                   AND d.number = (SELECT max(m.number) FROM deployments m
                     WHERE m.org_id = $1 AND m.environment_id = d.environment_id AND m.prompt_id = d.prompt_id)
                 ORDER BY d.path LIMIT 1"
            ),
            folders.iter().map(|id| id.0),
        ),
    };
    let found: Option<(String,)> = query.bind(environment).optional().await?;
    Ok(found.map(|(path,)| path))
}

/// The path of a prompt, in one of these folders, if they are given; one with a version rather than another.
async fn any(scope: &Scope, folders: Option<&[FolderId]>) -> Result<Option<String>> {
    let query = match folders {
        None => scope.query(
            "SELECT path FROM prompts WHERE org_id = $1 AND trash_id IS NULL
             ORDER BY CASE WHEN latest > 0 THEN 0 ELSE 1 END, path LIMIT 1",
        ),
        Some(folders) => scope.query_listed(
            listed!(
                "SELECT p.path FROM listed
                 JOIN prompts p ON p.org_id = $1 AND p.folder_id = listed.id AND p.trash_id IS NULL
                 ORDER BY CASE WHEN p.latest > 0 THEN 0 ELSE 1 END, p.path LIMIT 1"
            ),
            folders.iter().map(|id| id.0),
        ),
    };
    let found: Option<(String,)> = query.optional().await?;
    Ok(found.map(|(path,)| path))
}
