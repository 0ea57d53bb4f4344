//! Environments in the database.

use crate::{
    error::{Error, Result},
    fields::EnvironmentName,
    id::EnvironmentId,
    role::{ApproveDeployment, ManageEnvironments, Role},
    server::{
        Grant, OrgChange, Reads, Scope, Topic,
        audit::{Action, Entry},
    },
};
use serde_json::json;

/// The most environments of an organization.
pub const MAX: usize = 20;
/// The most people who must approve.
pub const MAX_APPROVALS: i64 = 5;

/// An environment.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Environment {
    /// Its id.
    pub id: EnvironmentId,
    /// What it is called.
    pub name: EnvironmentName,
    /// How many people must approve what is deployed to it; 0 where it is not protected.
    pub approvals: i64,
}

impl Environment {
    /// Whether others must approve what Editors deploy to it.
    #[must_use]
    pub const fn is_protected(&self) -> bool {
        self.approvals > 0
    }

    /// Whether others must approve what somebody deploys to it who may deploy to protected ones, or not. Two who
    /// must agree are two: a role makes nobody count twice.
    #[must_use]
    pub fn asks(&self, may_deploy_protected: bool) -> bool {
        self.approvals > i64::from(may_deploy_protected)
    }
}

/// All environments, in their order.
///
/// # Errors
/// When the database fails.
pub async fn list(mut reads: impl Reads) -> Result<Vec<Environment>> {
    let all =
        reads.query("SELECT id, name, approvals FROM environments WHERE org_id = $1 ORDER BY position, id");
    Ok(all.all().await?)
}

/// An environment.
///
/// # Errors
/// [`Error::NotFound`] when there is no such environment.
pub async fn find(mut reads: impl Reads, id: EnvironmentId) -> Result<Environment> {
    let one = reads.query("SELECT id, name, approvals FROM environments WHERE org_id = $1 AND id = $2");
    one.bind(id).optional().await?.ok_or(Error::NotFound)
}

/// The environment of a name, if there is one.
///
/// # Errors
/// When the database fails.
pub async fn named(mut reads: impl Reads, name: &str) -> Result<Option<Environment>> {
    let one = reads.query("SELECT id, name, approvals FROM environments WHERE org_id = $1 AND name = $2");
    Ok(one.bind(name.to_owned()).optional().await?)
}

/// Makes an environment, the last of them.
///
/// # Errors
/// [`Error::Invalid`] at `name` when it is taken; [`Error::Conflict`] when there are too many.
pub async fn create(
    grant: &Grant<ManageEnvironments>,
    name: &EnvironmentName,
    approvals: i64,
) -> Result<EnvironmentId> {
    let mut change = grant.change().await?;
    let all = list(&mut change).await?;
    if all.len() >= MAX {
        return Err(Error::conflict(format!("An organization can have at most {MAX} environments.")));
    }
    refuse_taken(&all, name, None)?;
    let (id, now) = (EnvironmentId(change.new_id()), change.now());
    change
        .query(
            "INSERT INTO environments (org_id, id, name, position, approvals, created_at)
             VALUES ($1, $2, $3, (SELECT coalesce(max(position), 0) + 1 FROM environments WHERE org_id = $1), $4, $5)",
        )
        .bind(id)
        .bind(name.clone())
        .bind(approvals)
        .bind(now)
        .execute()
        .await?;
    tell(change, Action::EnvironmentCreated, id, json!({ "of": name, "after": { "approvals": approvals } }))
        .await?;
    Ok(id)
}

/// How many must approve, as somebody saw it and as they want it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protection {
    /// As they saw it.
    pub seen: i64,
    /// As they want it.
    pub wanted: i64,
}

/// Changes what an environment is called, and how many must approve what is deployed to it.
///
/// # Errors
/// [`Error::Invalid`] at `name` when it is taken; [`Error::Conflict`] when another number than was seen must
/// approve; [`Error::NotFound`] when there is no such environment.
pub async fn set(
    grant: &Grant<ManageEnvironments>,
    id: EnvironmentId,
    name: &EnvironmentName,
    approvals: Protection,
) -> Result<()> {
    let mut change = grant.change().await?;
    let before = find(&mut change, id).await?;
    refuse_taken(&list(&mut change).await?, name, Some(id))?;
    // Who saves a name does not take away, unseen, what somebody else has just protected.
    if before.approvals != approvals.seen {
        return Err(Error::conflict(
            "Someone changed who may deploy in the meantime. Check it and try again.",
        ));
    }
    let approvals = approvals.wanted;
    if before.name == *name && before.approvals == approvals {
        return Ok(());
    }
    let set = change.query("UPDATE environments SET name = $3, approvals = $4 WHERE org_id = $1 AND id = $2");
    set.bind(id).bind(name.clone()).bind(approvals).execute().await?;
    let (mut was, mut is) = (json!({}), json!({}));
    if before.name != *name {
        (was["name"], is["name"]) = (json!(before.name), json!(name));
    }
    if before.approvals != approvals {
        (was["approvals"], is["approvals"]) = (json!(before.approvals), json!(approvals));
    }
    let details = json!({ "of": before.name, "before": was, "after": is });
    tell(change, Action::EnvironmentChanged, id, details).await
}

/// Which way an environment is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Before the one before it.
    Earlier,
    /// After the one after it.
    Later,
}

/// Puts an environment one place earlier or later, as far as there is one.
///
/// # Errors
/// [`Error::NotFound`] when there is no such environment.
pub async fn shift(grant: &Grant<ManageEnvironments>, id: EnvironmentId, step: Step) -> Result<()> {
    let mut change = grant.change().await?;
    let all = list(&mut change).await?;
    let at = all.iter().position(|other| other.id == id).ok_or(Error::NotFound)?;
    let to = match step {
        Step::Earlier => at.saturating_sub(1),
        Step::Later => (at + 1).min(all.len() - 1),
    };
    if at == to {
        return Ok(());
    }
    let mut arranged = all.clone();
    arranged.swap(at, to);
    for (position, one) in (1_i64..).zip(&arranged) {
        let set = change.query("UPDATE environments SET position = $3 WHERE org_id = $1 AND id = $2");
        set.bind(one.id).bind(position).execute().await?;
    }
    let order = |all: &[Environment]| json!({ "order": all.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ") });
    let details = json!({ "of": all[at].name, "before": order(&all), "after": order(&arranged) });
    tell(change, Action::EnvironmentChanged, id, details).await
}

/// Deletes an environment, with the history of what was deployed to it.
///
/// # Errors
/// [`Error::Conflict`] while something is deployed to it or waits to be, or while a version that is live or the
/// newest refers to what is live in it; [`Error::NotFound`] when there is no such environment.
pub async fn delete(grant: &Grant<ManageEnvironments>, id: EnvironmentId) -> Result<()> {
    let mut change = grant.change().await?;
    let name = find(&mut change, id).await?.name;
    let live = change.query(
        "SELECT count(*) FROM deployments d WHERE d.org_id = $1 AND d.environment_id = $2 AND d.version IS NOT NULL
           AND d.number = (SELECT max(m.number) FROM deployments m
             WHERE m.org_id = $1 AND m.environment_id = $2 AND m.prompt_id = d.prompt_id)",
    );
    let (live,): (i64,) = live.bind(id).one().await?;
    if live > 0 {
        let what = if live == 1 { "A prompt is".to_owned() } else { format!("{live} prompts are") };
        return Err(Error::conflict(format!("{what} deployed to {name}. Undeploy first.")));
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
    refuse_named(&mut change, id, &name).await?;
    let delete = change.query("DELETE FROM environments WHERE org_id = $1 AND id = $2");
    delete.bind(id).execute().await?;
    tell(change, Action::EnvironmentDeleted, id, json!({ "of": name })).await
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
            "Version {number} of {path} refers to what is live in {name}. First save and deploy a version that does not."
        ))),
    }
}

/// How many people may approve deployments.
///
/// # Errors
/// When the database fails.
pub async fn approvers(scope: &Scope) -> Result<i64> {
    let roles = scope.query("SELECT role, count(*) FROM members WHERE org_id = $1 GROUP BY role");
    let roles: Vec<(Role, i64)> = roles.all().await?;
    Ok(roles.into_iter().filter(|(role, _)| role.can::<ApproveDeployment>()).map(|(_, count)| count).sum())
}

fn refuse_taken(all: &[Environment], name: &EnvironmentName, but: Option<EnvironmentId>) -> Result<()> {
    if all.iter().any(|one| one.name == *name && Some(one.id) != but) {
        return Err(Error::invalid("name", "An environment with this name already exists."));
    }
    Ok(())
}

async fn tell(
    mut change: OrgChange,
    action: Action,
    id: EnvironmentId,
    details: serde_json::Value,
) -> Result<()> {
    change.audit(Entry::new(action, id.0).details(details)).await?;
    change.announce(Topic::Deployments, id.0).await?;
    change.commit().await
}
