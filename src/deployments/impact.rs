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
        resolve::{self, Instead, follows},
    },
    server::OrgChange,
};
use std::collections::{BTreeMap, BTreeSet};

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

/// A live prompt that refers to another.
#[derive(Debug, Clone, sqlx::FromRow)]
struct User {
    prompt_id: PromptId,
    path: String,
    environment_id: EnvironmentId,
    environment: String,
    version: i64,
    target: String,
    named: Option<EnvironmentId>,
}

/// What would come of an order.
///
/// # Errors
/// When the database fails; [`Error::NotFound`](crate::error::Error::NotFound) when there is no such version.
pub async fn of(change: &mut OrgChange, order: &Order) -> Result<Impact> {
    let &Order { environment, prompt, version, .. } = order;
    let instead = Instead { environment, prompt, version };
    let mut impact = Impact::default();
    let live = resolve::live(&mut &mut *change, environment, prompt).await?;
    if let Some(version) = version {
        let after = problems(change, environment, (prompt, version), Some(instead)).await?;
        impact.breaks.extend(after.others.into_iter().map(|(path, what)| format!("{path}: {what}")));
        let before = match live {
            Some(live) => problems(change, environment, (prompt, live), None).await?.missing,
            None => after.missing.clone(),
        };
        impact.asks = after.missing.difference(&before).cloned().collect();
    }
    for ((user, _), one) in users(change, environment, prompt).await? {
        let before = problems(change, one.environment_id, (user, one.version), None).await?;
        let after = problems(change, one.environment_id, (user, one.version), Some(instead)).await?;
        let at = format!("{} in {}", one.path, one.environment);
        for (path, what) in after.others.difference(&before.others) {
            impact.breaks.insert(format!("{at} would break. {path}: {what}"));
        }
        for name in after.missing.difference(&before.missing) {
            impact.breaks.insert(format!("{at} would need {name}, which nobody gives it."));
        }
        impact.changes.insert((one.path, one.environment));
    }
    Ok(impact)
}

/// What is in the way of rendering a version as an environment has it, without any value of a call.
async fn problems(
    change: &mut OrgChange,
    environment: EnvironmentId,
    version: (PromptId, i64),
    instead: Option<Instead>,
) -> Result<Problems> {
    let resolved = resolve::deployed(change, environment, version, instead).await?;
    Ok(render(&resolved, &Values::new()).err().unwrap_or_default())
}

/// The live prompts that what is live of a prompt in an environment is put into, directly or not.
async fn users(
    change: &mut OrgChange,
    environment: EnvironmentId,
    prompt: PromptId,
) -> Result<BTreeMap<(PromptId, EnvironmentId), User>> {
    let (mut all, mut next) = (BTreeMap::new(), vec![(prompt, environment)]);
    while let Some((prompt, environment)) = next.pop() {
        let rows = change.query(
            "SELECT d.prompt_id, p.path, d.environment_id, e.name AS environment, d.version,
               r.target, r.environment_id AS named
             FROM prompt_references r
             JOIN deployments d ON d.org_id = r.org_id AND d.prompt_id = r.prompt_id AND d.version = r.number
             JOIN prompts p ON p.org_id = d.org_id AND p.id = d.prompt_id
             JOIN environments e ON e.org_id = d.org_id AND e.id = d.environment_id
             WHERE r.org_id = $1 AND r.to_id = $2
               AND d.number = (SELECT max(m.number) FROM deployments m
                 WHERE m.org_id = $1 AND m.environment_id = d.environment_id AND m.prompt_id = d.prompt_id)",
        );
        for user in rows.bind(prompt).all::<User>().await? {
            let at = (user.prompt_id, user.environment_id);
            let follows = follows(&user.target, user.named, Some(user.environment_id));
            if follows == Some(environment) && !all.contains_key(&at) {
                next.push(at);
                all.insert(at, user);
            }
        }
    }
    all.remove(&(prompt, environment));
    Ok(all)
}
