//! What is live of a prompt in an environment, with what its deployment kept: the values that it inherited, and what
//! it was called and said to be for.

use super::{
    Tags,
    inherited::{self, Named},
    render::Inherited,
    store::Prompt,
};
use crate::{
    error::Result,
    id::{DeploymentId, EnvironmentId, PromptId},
    kernel::{internal, long_work},
    tenancy::Reads,
};
use std::sync::Arc;

/// What is live of a prompt in an environment.
#[derive(Clone)]
pub(super) struct Live {
    pub(super) version: i64,
    /// None where it is only about to be deployed: what folders give now will be kept then.
    pub(super) kept: Option<Arc<Kept>>,
}

/// What a deployment kept. In rows from before that is nothing.
pub(super) struct Kept {
    pub(super) by: DeploymentId,
    inherited: Inherited,
    /// About how many bytes that is.
    pub(super) bytes: usize,
    /// Whether it is about to be kept anew, with what folders give now where it lacks something.
    pub(super) is_again: bool,
}

impl Kept {
    fn new(by: DeploymentId, inherited: Inherited, is_again: bool) -> Self {
        let bytes = inherited.values().map(inherited::bytes).sum();
        Self { by, inherited, bytes, is_again }
    }

    /// What it kept of a prompt.
    pub(super) fn of(&self, prompt: PromptId) -> Option<&Named> {
        self.inherited.get(&prompt)
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: DeploymentId,
    version: Option<i64>,
    inherited: Option<String>,
}

impl Row {
    /// As it is live.
    fn live(self) -> Result<Option<Live>> {
        let Some(version) = self.version else { return Ok(None) };
        let kept = self.kept(false)?.unwrap_or_else(|| Kept::new(self.id, Inherited::default(), false));
        Ok(Some(Live { version, kept: Some(Arc::new(kept)) }))
    }

    /// As it would be live again.
    fn again(self) -> Result<Option<Live>> {
        let Some(version) = self.version else { return Ok(None) };
        Ok(Some(Live { version, kept: self.kept(true)?.map(Arc::new) }))
    }

    /// What it kept; none in rows from before anything was kept. What cannot be read is an error: without it, folders
    /// would change what is live.
    fn kept(&self, is_again: bool) -> Result<Option<Kept>> {
        let Some(json) = &self.inherited else { return Ok(None) };
        let read = || serde_json::from_str(json);
        let inherited = long_work::within(json.len(), read);
        let inherited = inherited.map_err(|error| internal(&format!("deployment {}: {error}", self.id)))?;
        Ok(Some(Kept::new(self.id, inherited, is_again)))
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
    Ok((newest.map_or(Ok(None), Row::live)?, id))
}

/// A version as it would be live again, as it was the last time.
pub(super) async fn before(
    reads: &mut impl Reads,
    environment: EnvironmentId,
    prompt: PromptId,
    version: i64,
) -> Result<Option<Live>> {
    last(reads, environment, prompt, version).await?.map_or(Ok(None), Row::again)
}

/// A version as it was live the last time, until just now.
pub(super) async fn until_now(
    reads: &mut impl Reads,
    environment: EnvironmentId,
    prompt: PromptId,
    version: i64,
) -> Result<Option<Live>> {
    last(reads, environment, prompt, version).await?.map_or(Ok(None), Row::live)
}

async fn last(
    reads: &mut impl Reads,
    environment: EnvironmentId,
    prompt: PromptId,
    version: i64,
) -> Result<Option<Row>> {
    let last = reads.query(
        "SELECT id, version, inherited FROM deployments
         WHERE org_id = $1 AND environment_id = $2 AND prompt_id = $3 AND version = $4
         ORDER BY number DESC LIMIT 1",
    );
    Ok(last.bind(environment).bind(prompt).bind(version).optional().await?)
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
