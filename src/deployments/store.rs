//! Deployments in the database.

use super::model::{DeployCommand, Kind, before};
use crate::{
    environments::store::{self as environments, Environment},
    error::{Error, Result},
    fields::Name,
    id::{DeploymentId, EnvironmentId, FolderId, PromptId},
    prompts::kept::Details,
    tenancy::{OrgChange, Reads, Scope, Topic, audit::Entry, listed},
    time::Timestamp,
};
use serde_json::json;
use std::collections::BTreeSet;
use uuid::Uuid;

/// What was done to what is live of a prompt in an environment.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Deployment {
    /// Its id.
    pub id: DeploymentId,
    /// Its number in the environment and of the prompt, from 1.
    pub number: i64,
    /// What was done.
    pub kind: Kind,
    /// The version that was live from then on, if one was.
    pub version: Option<i64>,
    /// Why.
    pub reason: String,
    /// When.
    pub created_at: Timestamp,
    /// Who did it: a person who still has an account, or a key.
    pub by: Option<Name>,
    /// Who asked for it, where others had to approve.
    pub asked_by: Option<Name>,
}

/// What was done in an environment.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Done {
    /// The environment.
    pub environment_id: EnvironmentId,
    /// Its name.
    pub environment: String,
    /// The prompt.
    pub prompt_id: PromptId,
    /// The prompt's path.
    pub path: String,
    /// What was done.
    #[sqlx(flatten)]
    pub deployment: Deployment,
}

macro_rules! done {
    ($and:literal) => {
        concat!(
            "SELECT d.environment_id, e.name AS environment, d.prompt_id, p.path, d.id, d.number, d.kind, d.version,
               d.reason, d.created_at, coalesce(u.name, k.name) AS by, coalesce(qk.name, qu.name) AS asked_by
             FROM deployments d JOIN prompts p ON p.org_id = d.org_id AND p.id = d.prompt_id
             JOIN environments e ON e.org_id = d.org_id AND e.id = d.environment_id
             LEFT JOIN users u ON d.actor_kind = 'person' AND u.id = d.actor_id
             LEFT JOIN api_keys k ON d.actor_kind = 'key' AND k.org_id = d.org_id AND k.id = d.actor_id
             LEFT JOIN deployment_requests q ON q.org_id = d.org_id AND q.environment_id = d.environment_id
               AND q.prompt_id = d.prompt_id AND q.state = 'deployed' AND q.seen = d.number - 1
             LEFT JOIN users qu ON qu.id = q.requested_by
             LEFT JOIN api_keys qk ON qk.org_id = q.org_id AND qk.id = q.key_id
             WHERE d.org_id = $1 AND e.purged_at IS NULL ",
            $and
        )
    };
}

/// The newest deployments of a prompt in an environment, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn history(
    mut reads: impl Reads,
    environment: EnvironmentId,
    prompt: PromptId,
    size: i64,
) -> Result<Vec<Deployment>> {
    let rows = reads.query(done!(
        "AND d.environment_id = $2 AND d.prompt_id = $3 ORDER BY d.number DESC LIMIT CAST($4 AS BIGINT)"
    ));
    Ok(rows.bind(environment).bind(prompt).bind(size).all().await?)
}

/// Deployments, the newest first: to an environment and of a prompt, if they are given, before another one,
/// if that is.
///
/// # Errors
/// When the database fails.
pub async fn done(
    scope: &Scope,
    of: (Option<EnvironmentId>, Option<PromptId>),
    before: Option<DeploymentId>,
    size: i64,
) -> Result<Vec<Done>> {
    // Each in the index it has; and no id comes after this one.
    let before = before.unwrap_or(DeploymentId(Uuid::max()));
    let rows = match of {
        (None, None) => scope.query(done!("AND d.id < $2 ORDER BY d.id DESC LIMIT CAST($3 AS BIGINT)")),
        (Some(environment), None) => {
            let rows =
                done!("AND d.environment_id = $2 AND d.id < $3 ORDER BY d.id DESC LIMIT CAST($4 AS BIGINT)");
            scope.query(rows).bind(environment)
        }
        (None, Some(prompt)) => {
            let rows =
                done!("AND d.prompt_id = $2 AND d.id < $3 ORDER BY d.id DESC LIMIT CAST($4 AS BIGINT)");
            scope.query(rows).bind(prompt)
        }
        (Some(environment), Some(prompt)) => {
            let rows = done!(
                "AND d.environment_id = $2 AND d.prompt_id = $3 AND d.id < $4 ORDER BY d.number DESC LIMIT CAST($5 AS BIGINT)"
            );
            scope.query(rows).bind(environment).bind(prompt)
        }
    };
    Ok(rows.bind(before).bind(size).all().await?)
}

/// A deployment.
///
/// # Errors
/// [`Error::NotFound`] when there is no such deployment.
pub async fn one(scope: &Scope, id: DeploymentId) -> Result<Done> {
    scope.query(done!("AND d.id = $2")).bind(id).optional().await?.ok_or(Error::NotFound)
}

/// The deployment of a number in an environment and of a prompt.
///
/// # Errors
/// [`Error::NotFound`] when there is no such deployment.
pub async fn numbered(
    scope: &Scope,
    (environment, prompt): (EnvironmentId, PromptId),
    number: i64,
) -> Result<Done> {
    let row = scope.query(done!("AND d.environment_id = $2 AND d.prompt_id = $3 AND d.number = $4"));
    row.bind(environment).bind(prompt).bind(number).optional().await?.ok_or(Error::NotFound)
}

/// Each environment with the version of a prompt that is live there, in the order of the environments.
///
/// # Errors
/// When the database fails.
pub async fn live_of(scope: &Scope, prompt: PromptId) -> Result<Vec<(EnvironmentId, String, Option<i64>)>> {
    let rows = scope.query(
        "SELECT e.id, e.name, (SELECT d.version FROM deployments d
           WHERE d.org_id = $1 AND d.environment_id = e.id AND d.prompt_id = $2 ORDER BY d.number DESC LIMIT 1)
         FROM environments e WHERE e.org_id = $1 AND e.purged_at IS NULL ORDER BY e.position, e.id",
    );
    Ok(rows.bind(prompt).all().await?)
}

/// The prompts that are live in an environment.
///
/// # Errors
/// When the database fails.
pub async fn live_in(scope: &Scope, environment: EnvironmentId) -> Result<BTreeSet<PromptId>> {
    let rows = scope.query(
        "SELECT d.prompt_id FROM deployments d
         WHERE d.org_id = $1 AND d.environment_id = $2 AND d.version IS NOT NULL
           AND d.number = (SELECT max(m.number) FROM deployments m
             WHERE m.org_id = $1 AND m.environment_id = $2 AND m.prompt_id = d.prompt_id)",
    );
    let rows: Vec<(PromptId,)> = rows.bind(environment).all().await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The newest deployment of a prompt in an environment: what is live there.
///
/// # Errors
/// When the database fails.
pub async fn newest(
    reads: impl Reads,
    environment: EnvironmentId,
    prompt: PromptId,
) -> Result<Option<Deployment>> {
    Ok(history(reads, environment, prompt, 1).await?.into_iter().next())
}

/// How far back rolling back looks.
const FAR: i64 = 1000;

/// The version that rolling back leads to, if there is one.
///
/// # Errors
/// When the database fails.
pub async fn previous(
    mut reads: impl Reads,
    environment: EnvironmentId,
    prompt: PromptId,
) -> Result<Option<i64>> {
    let rows = reads.query(
        "SELECT kind, version FROM deployments WHERE org_id = $1 AND environment_id = $2 AND prompt_id = $3
         ORDER BY number DESC LIMIT CAST($4 AS BIGINT)",
    );
    let mut rows: Vec<(Kind, Option<i64>)> = rows.bind(environment).bind(prompt).bind(FAR).all().await?;
    rows.reverse();
    Ok(before(&rows))
}

/// Whether the version of an order was ever live in another environment.
pub(super) async fn was_live_elsewhere(change: &mut OrgChange, order: &DeployCommand) -> Result<bool> {
    let there = change.query(
        "SELECT id FROM deployments WHERE org_id = $1 AND prompt_id = $2 AND version = $3 AND environment_id <> $4
         LIMIT 1",
    );
    let there = there.bind(order.prompt).bind(order.version).bind(order.environment);
    Ok(there.optional::<(DeploymentId,)>().await?.is_some())
}

/// Of some prompts, one that is live somewhere: its path, and where.
///
/// # Errors
/// When the database fails.
pub async fn live_among(scope: &Scope, prompts: &[PromptId]) -> Result<Option<(String, Environment)>> {
    let live = listed!(
        "SELECT p.path, d.environment_id FROM listed
         JOIN prompts p ON p.org_id = $1 AND p.id = listed.id
         JOIN deployments d ON d.org_id = $1 AND d.prompt_id = p.id AND d.version IS NOT NULL
           AND d.number = (SELECT max(m.number) FROM deployments m
             WHERE m.org_id = $1 AND m.environment_id = d.environment_id AND m.prompt_id = d.prompt_id)
         ORDER BY p.path, d.environment_id LIMIT 1"
    );
    let live = scope.query_listed(live, prompts.iter().map(|id| id.0));
    let live: Option<(String, EnvironmentId)> = live.optional().await?;
    let Some((path, environment)) = live else { return Ok(None) };
    Ok(Some((path, environments::find(scope, environment).await?)))
}

/// Writes what was done, after the deployment that was seen.
pub(super) async fn insert(change: &mut OrgChange, order: &DeployCommand, about: &About<'_>) -> Result<i64> {
    // Of what is not live nothing is told.
    let live = order.version.map(|_| about);
    let kept = live.and_then(|live| live.kept).map(ToOwned::to_owned);
    let (id, now, doer) = (DeploymentId(change.new_id()), change.now(), change.doer());
    let number = order.seen + 1;
    change
        .query(
            "INSERT INTO deployments (org_id, id, environment_id, prompt_id, number, kind, version, reason,
               actor_kind, actor_id, created_at, inherited, path, folder_id, description, tags)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        )
        .bind(id)
        .bind(order.environment)
        .bind(order.prompt)
        .bind(number)
        .bind(order.kind)
        .bind(order.version)
        .bind(order.reason.clone())
        .bind(doer.kind)
        .bind(doer.id)
        .bind(now)
        .bind(kept)
        .bind(about.details.path.clone())
        .bind(about.folder)
        .bind(live.map(|live| live.details.description.clone()))
        .bind(live.map(|live| live.details.tags.clone()))
        .execute()
        .await?;
    let details = json!({
        "of": about.details.path,
        "environment": about.environment,
        "before": { "version": about.version },
        "after": { "version": order.version },
        "reason": order.reason,
    });
    change.audit(Entry::new(order.kind.action(), order.prompt.0).details(details)).await?;
    change.announce(Topic::Deployments, order.prompt.0).await?;
    Ok(number)
}

/// What is known of a deployment besides.
pub(super) struct About<'a> {
    /// What services are told of the prompt.
    pub(super) details: &'a Details,
    /// Its folder.
    pub(super) folder: Option<FolderId>,
    /// The name of the environment.
    pub(super) environment: &'a str,
    /// The version that was live before.
    pub(super) version: Option<i64>,
    /// What it keeps of what it inherits, as JSON.
    pub(super) kept: Option<&'a str>,
}
