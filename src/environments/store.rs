//! Environments in the database.

use crate::{
    error::{Error, Result},
    fields::EnvironmentName,
    id::EnvironmentId,
    role::ManageEnvironments,
    server::{
        Grant, OrgChange, Reads, Topic,
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
        return Err(Error::conflict(format!("A workspace has at most {MAX} environments.")));
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
        .bind(approvals.clamp(0, MAX_APPROVALS))
        .bind(now)
        .execute()
        .await?;
    tell(change, Action::EnvironmentCreated, id, json!({ "of": name, "after": { "approvals": approvals } }))
        .await?;
    Ok(id)
}

/// Changes what an environment is called, and how many must approve what is deployed to it.
///
/// # Errors
/// [`Error::Invalid`] at `name` when it is taken; [`Error::NotFound`] when there is no such environment.
pub async fn set(
    grant: &Grant<ManageEnvironments>,
    id: EnvironmentId,
    name: &EnvironmentName,
    approvals: i64,
) -> Result<()> {
    let mut change = grant.change().await?;
    let before = find(&mut change, id).await?;
    refuse_taken(&list(&mut change).await?, name, Some(id))?;
    let approvals = approvals.clamp(0, MAX_APPROVALS);
    if before.name == *name && before.approvals == approvals {
        return Ok(());
    }
    let set = change.query("UPDATE environments SET name = $3, approvals = $4 WHERE org_id = $1 AND id = $2");
    set.bind(id).bind(name.clone()).bind(approvals).execute().await?;
    let was = json!({ "name": before.name, "approvals": before.approvals });
    let details =
        json!({ "of": before.name, "before": was, "after": { "name": name, "approvals": approvals } });
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
    let all: Vec<EnvironmentId> = list(&mut change).await?.into_iter().map(|one| one.id).collect();
    let at = all.iter().position(|other| *other == id).ok_or(Error::NotFound)?;
    let to = match step {
        Step::Earlier => at.saturating_sub(1),
        Step::Later => (at + 1).min(all.len() - 1),
    };
    let mut arranged = all.clone();
    arranged.swap(at, to);
    if arranged == all {
        return Ok(());
    }
    for (position, id) in (1_i64..).zip(&arranged) {
        let set = change.query("UPDATE environments SET position = $3 WHERE org_id = $1 AND id = $2");
        set.bind(*id).bind(position).execute().await?;
    }
    let (before, after) = (json!({ "order": all }), json!({ "order": arranged }));
    tell(change, Action::EnvironmentChanged, id, json!({ "before": before, "after": after })).await
}

/// Deletes an environment, with the history of what was deployed to it.
///
/// # Errors
/// [`Error::Conflict`] while something is deployed to it or a reference of a prompt names it;
/// [`Error::NotFound`] when there is no such environment.
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
    let named = change.query(
        "SELECT p.path FROM prompt_references r JOIN prompts p ON p.org_id = r.org_id AND p.id = r.prompt_id
         WHERE r.org_id = $1 AND r.environment_id = $2 ORDER BY p.path LIMIT 1",
    );
    let named: Option<(String,)> = named.bind(id).optional().await?;
    if let Some((path,)) = named {
        return Err(Error::conflict(format!(
            "A reference of {path} names {name}, in a version that is kept."
        )));
    }
    let delete = change.query("DELETE FROM environments WHERE org_id = $1 AND id = $2");
    delete.bind(id).execute().await?;
    tell(change, Action::EnvironmentDeleted, id, json!({ "of": name })).await
}

fn refuse_taken(all: &[Environment], name: &EnvironmentName, but: Option<EnvironmentId>) -> Result<()> {
    if all.iter().any(|one| one.name == *name && Some(one.id) != but) {
        return Err(Error::invalid("name", "Choose another name: there is an environment of this one."));
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
