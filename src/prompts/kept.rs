//! What is live of a prompt in an environment, with the values that its deployment kept.

use super::render::Inherited;
use crate::{
    error::Result,
    id::{DeploymentId, EnvironmentId, PromptId},
    server::Reads,
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
        let inherited = self.inherited.and_then(|json| serde_json::from_str(&json).ok());
        let kept = inherited.map(|inherited| Arc::new(Kept { by: self.id, inherited }));
        self.version.map(|version| Live { version, kept })
    }
}

/// What is live.
pub(super) async fn newest(
    reads: &mut impl Reads,
    environment: EnvironmentId,
    prompt: PromptId,
) -> Result<Option<Live>> {
    let newest = reads.query(
        "SELECT id, version, inherited FROM deployments
         WHERE org_id = $1 AND environment_id = $2 AND prompt_id = $3 ORDER BY number DESC LIMIT 1",
    );
    let newest: Option<Row> = newest.bind(environment).bind(prompt).optional().await?;
    Ok(newest.and_then(Row::live))
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
