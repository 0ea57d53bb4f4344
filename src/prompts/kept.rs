//! What is live of a prompt in an environment, with what its deployment kept: the values that it inherited, and what
//! it was called and said to be for.

use super::{Tags, render::Inherited, store::Prompt};
use crate::{
    error::Result,
    id::{DeploymentId, EnvironmentId, PromptId},
    server::{Reads, long_work},
};
use std::sync::Arc;

/// What is live of a prompt in an environment.
#[derive(Clone)]
pub(super) struct Live {
    pub(super) version: i64,
    /// None where nothing was kept, as in rows from before: what folders give now counts there.
    pub(super) kept: Option<Arc<Kept>>,
}

/// What a deployment kept.
pub(super) struct Kept {
    pub(super) by: DeploymentId,
    pub(super) inherited: Inherited,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: DeploymentId,
    version: Option<i64>,
    inherited: Option<String>,
}

impl Row {
    fn live(self) -> Option<Live> {
        let read = |json: String| long_work::within(json.len(), || serde_json::from_str(&json).ok());
        let inherited = self.inherited.and_then(read);
        let kept = inherited.map(|inherited| Arc::new(Kept { by: self.id, inherited }));
        self.version.map(|version| Live { version, kept })
    }
}

/// What is live, and the newest deployment, which may have ended it.
pub(super) async fn newest(
    reads: &mut impl Reads,
    environment: EnvironmentId,
    prompt: PromptId,
) -> Result<(Option<Live>, Option<DeploymentId>)> {
    let newest = reads.query(
        "SELECT id, version, inherited FROM deployments
         WHERE org_id = $1 AND environment_id = $2 AND prompt_id = $3 ORDER BY number DESC LIMIT 1",
    );
    let newest: Option<Row> = newest.bind(environment).bind(prompt).optional().await?;
    let id = newest.as_ref().map(|newest| newest.id);
    Ok((newest.and_then(Row::live), id))
}

/// A version as it was live the last time that it was.
pub(super) async fn before(
    reads: &mut impl Reads,
    environment: EnvironmentId,
    prompt: PromptId,
    version: i64,
) -> Result<Option<Live>> {
    let last = reads.query(
        "SELECT id, version, inherited FROM deployments
         WHERE org_id = $1 AND environment_id = $2 AND prompt_id = $3 AND version = $4
         ORDER BY number DESC LIMIT 1",
    );
    let last: Option<Row> = last.bind(environment).bind(prompt).bind(version).optional().await?;
    Ok(last.and_then(Row::live))
}

/// What services are told of a prompt besides what it says.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Details {
    /// Its path.
    pub path: String,
    /// What it is for.
    pub description: String,
    /// Its tags.
    pub tags: Tags,
}

impl Details {
    /// Those of a prompt as it is now.
    #[must_use]
    pub fn of(prompt: &Prompt) -> Self {
        let Prompt { path, description, tags, .. } = prompt;
        Self { path: path.clone(), description: description.clone(), tags: tags.clone() }
    }

    /// The last of its path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

/// What a prompt was called and said to be for when a version of it was deployed to an environment last; none where
/// that was not kept.
///
/// # Errors
/// When the database fails.
pub async fn details(
    mut reads: impl Reads,
    environment: EnvironmentId,
    (prompt, version): (PromptId, i64),
) -> Result<Option<Details>> {
    let last = reads.query(
        "SELECT path, description, tags FROM deployments
         WHERE org_id = $1 AND environment_id = $2 AND prompt_id = $3 AND version = $4
         ORDER BY number DESC LIMIT 1",
    );
    let last: Option<(String, Option<String>, Option<Tags>)> =
        last.bind(environment).bind(prompt).bind(version).optional().await?;
    Ok(last
        .and_then(|(path, description, tags)| Some(Details { path, description: description?, tags: tags? })))
}

/// What a prompt is called and said to be for now; none when there is no such prompt, or it is in the trash.
///
/// # Errors
/// When the database fails.
pub async fn details_now(mut reads: impl Reads, prompt: PromptId) -> Result<Option<Details>> {
    let now = reads.query(
        "SELECT path, description, tags FROM prompts WHERE org_id = $1 AND id = $2 AND trash_id IS NULL",
    );
    Ok(now.bind(prompt).optional().await?)
}
