//! What a deployment changes besides its own prompt, and what it would break.
//!
//! A reference that names no version leads, in an environment, to what is live there. So what is deployed
//! changes every live prompt that refers to it, and must leave each of them as able to be rendered as it was.

use super::model::Order;
use crate::{
    error::Result,
    id::{EnvironmentId, PromptId},
    prompts::{
        render::{Problems, Values, render},
        resolve::{self, Instead},
    },
    server::Reads,
};
use std::collections::BTreeSet;

/// What would come of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Impact {
    /// The other live prompts that change with it: path and environment.
    pub changes: BTreeSet<(String, String)>,
    /// What it would break, in sentences.
    pub breaks: BTreeSet<String>,
    /// The values that whoever calls the prompt must give and did not have to before.
    pub asks: BTreeSet<String>,
}

/// A live prompt that may be put together from another.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct User {
    /// The prompt.
    pub prompt_id: PromptId,
    /// Its path.
    pub path: String,
    /// Where it is live.
    pub environment_id: EnvironmentId,
    /// The name of that environment.
    pub environment: String,
    /// The version that is live there.
    pub version: i64,
}

/// What would come of an order.
///
/// # Errors
/// When the database fails; [`Error::NotFound`](crate::error::Error::NotFound) when there is no such version.
pub async fn of(mut reads: impl Reads, order: &Order) -> Result<Impact> {
    let &Order { environment, prompt, version, .. } = order;
    let instead = Instead { environment, prompt, version };
    let mut impact = Impact::default();
    let live = resolve::live(&mut reads, environment, prompt).await?;
    if let Some(version) = version {
        let after = look(&mut reads, environment, (prompt, version), Some(instead)).await?.1;
        impact.breaks.extend(after.others.into_iter().map(|(path, what)| format!("{path}: {what}")));
        let before = match live {
            Some(live) => look(&mut reads, environment, (prompt, live), None).await?.1.missing,
            None => after.missing.clone(),
        };
        impact.asks = after.missing.difference(&before).cloned().collect();
    }
    for user in users(&mut reads, prompt).await? {
        if (user.prompt_id, user.environment_id) == (prompt, environment) {
            continue;
        }
        let live = (user.prompt_id, user.version);
        let (parts_before, before) = look(&mut reads, user.environment_id, live, None).await?;
        let (parts_after, after) = look(&mut reads, user.environment_id, live, Some(instead)).await?;
        if parts_before == parts_after {
            continue;
        }
        let at = format!("{} in {}", user.path, user.environment);
        for (path, what) in after.others.difference(&before.others) {
            impact.breaks.insert(format!("{at} would break. {path}: {what}"));
        }
        for name in after.missing.difference(&before.missing) {
            impact.breaks.insert(format!("{at} would need {name}, which nobody gives it."));
        }
        impact.changes.insert((user.path, user.environment));
    }
    Ok(impact)
}

/// What a version is put together from as an environment has it, and what is in the way of rendering it
/// without any value of a call.
async fn look(
    reads: impl Reads,
    environment: EnvironmentId,
    version: (PromptId, i64),
    instead: Option<Instead>,
) -> Result<(Vec<(PromptId, Option<i64>)>, Problems)> {
    let resolved = resolve::deployed(reads, environment, version, instead).await?;
    let parts = resolved.parts.iter().map(|part| (part.prompt, part.version)).collect();
    Ok((parts, render(&resolved, &Values::new()).err().unwrap_or_default()))
}

/// The live prompts that may be put together from a prompt: those of which any version leads down to it.
///
/// # Errors
/// When the database fails.
pub async fn users(mut reads: impl Reads, prompt: PromptId) -> Result<Vec<User>> {
    let users = reads.query(
        "WITH RECURSIVE up (id) AS (
           SELECT prompt_id FROM prompt_references WHERE org_id = $1 AND to_id = $2 AND number > 0
           UNION
           SELECT r.prompt_id FROM prompt_references r JOIN up ON r.to_id = up.id WHERE r.org_id = $1 AND r.number > 0)
         SELECT d.prompt_id, p.path, d.environment_id, e.name AS environment, d.version
         FROM up JOIN deployments d ON d.org_id = $1 AND d.prompt_id = up.id
         JOIN prompts p ON p.org_id = d.org_id AND p.id = d.prompt_id
         JOIN environments e ON e.org_id = d.org_id AND e.id = d.environment_id
         WHERE d.version IS NOT NULL AND d.number = (SELECT max(m.number) FROM deployments m
           WHERE m.org_id = $1 AND m.environment_id = d.environment_id AND m.prompt_id = d.prompt_id)",
    );
    Ok(users.bind(prompt).all().await?)
}
