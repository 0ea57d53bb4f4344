//! What somebody wants of an environment, and that it becomes so.

use super::{
    purge,
    rule::Rule,
    store::{Environment, list, refuse_taken},
};
use crate::{
    error::{Error, Result},
    fields::{EnvironmentName, counted},
    id::EnvironmentId,
    tenancy::{
        OrgChange, Topic,
        audit::{Action, Entry},
    },
};
use serde_json::json;

/// What somebody wants of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// That it is called so, and these must agree.
    Change(EnvironmentName, Rule),
    /// That it is gone.
    Delete,
}

impl Wanted {
    /// Whether what is deployed to it would be protected less, or the name that services know would be free for
    /// something else.
    pub(super) fn lowers(&self, before: &Environment) -> bool {
        match self {
            Self::Change(name, rule) => {
                rule.strength() < before.rule().strength() || (before.is_protected() && *name != before.name)
            }
            Self::Delete => before.is_protected(),
        }
    }
}

/// Makes it so, behind all checks of who may, and once what else was asked for is declined.
pub(super) async fn apply(change: &mut OrgChange, before: &Environment, wanted: &Wanted) -> Result<()> {
    let (action, details) = match wanted {
        Wanted::Change(name, rule) => (Action::EnvironmentChanged, put(change, before, name, *rule).await?),
        Wanted::Delete => {
            refuse_used(change, before.id, &before.name).await?;
            purge::mark(change, before).await?;
            (Action::EnvironmentDeleted, json!({ "of": before.name }))
        }
    };
    change.audit(Entry::new(action, before.id.0).details(details)).await?;
    change.announce(Topic::Deployments, before.id.0).await
}

/// Writes name and rule, and tells what changed.
async fn put(
    change: &mut OrgChange,
    before: &Environment,
    name: &EnvironmentName,
    rule: Rule,
) -> Result<serde_json::Value> {
    refuse_taken(&list(&mut *change).await?, name, Some(before.id))?;
    let set = change.query(
        "UPDATE environments SET name = $3, approvals = $4, others = $5 WHERE org_id = $1 AND id = $2",
    );
    let set = set.bind(before.id).bind(name.clone()).bind(rule.approvals);
    set.bind(i64::from(rule.others)).execute().await?;
    let (mut was, mut is) = (json!({}), json!({}));
    if before.name != *name {
        (was["name"], is["name"]) = (json!(before.name), json!(name));
    }
    if before.approvals != rule.approvals {
        (was["approvals"], is["approvals"]) = (json!(before.approvals), json!(rule.approvals));
    }
    if before.others != rule.others {
        (was["others"], is["others"]) = (json!(before.others), json!(rule.others));
    }
    Ok(json!({ "of": before.name, "before": was, "after": is }))
}

/// Refuses to delete an environment that is used.
pub(super) async fn refuse_used(
    change: &mut OrgChange,
    id: EnvironmentId,
    name: &EnvironmentName,
) -> Result<()> {
    let live = change.query(
        "SELECT count(*) FROM deployments d WHERE d.org_id = $1 AND d.environment_id = $2 AND d.version IS NOT NULL
           AND d.number = (SELECT max(m.number) FROM deployments m
             WHERE m.org_id = $1 AND m.environment_id = $2 AND m.prompt_id = d.prompt_id)",
    );
    let (live,): (i64,) = live.bind(id).one().await?;
    if live > 0 {
        let (is, it) = if live == 1 { ("is", "it") } else { ("are", "them") };
        let what = counted(live, "prompt");
        return Err(Error::conflict(format!("{what} {is} deployed to {name}. Undeploy {it} first.")));
    }
    let waits = change.query(
        "SELECT count(*) FROM deployment_requests WHERE org_id = $1 AND environment_id = $2 AND state = 'pending'",
    );
    let (waits,): (i64,) = waits.bind(id).one().await?;
    if waits > 0 {
        return Err(Error::conflict(format!(
            "A deployment to {name} is waiting for approval. Approve or decline it first."
        )));
    }
    refuse_named(change, id, name).await
}

/// Refuses while a version that is live or the newest refers to what is live in an environment.
async fn refuse_named(change: &mut OrgChange, id: EnvironmentId, name: &EnvironmentName) -> Result<()> {
    let named = change.query(
        "SELECT p.path, r.number FROM prompt_references r
         JOIN prompts p ON p.org_id = r.org_id AND p.id = r.prompt_id AND p.trash_id IS NULL
         WHERE r.org_id = $1 AND r.environment_id = $2 AND r.number > 0
           AND (r.number = p.latest OR EXISTS (SELECT 1 FROM deployments d
             WHERE d.org_id = $1 AND d.prompt_id = r.prompt_id AND d.version = r.number
               AND d.number = (SELECT max(m.number) FROM deployments m
                 WHERE m.org_id = $1 AND m.environment_id = d.environment_id AND m.prompt_id = d.prompt_id)))
         ORDER BY p.path, r.number DESC LIMIT 1",
    );
    match named.bind(id).optional::<(String, i64)>().await? {
        None => Ok(()),
        Some((path, number)) => Err(Error::conflict(format!(
            "Version {number} of {path} refers to what is live in {name}. First save and deploy a version that doesn't."
        ))),
    }
}
