//! Environments in the database.

use super::rule::Rule;
use crate::{
    error::{Error, Result},
    fields::EnvironmentName,
    id::EnvironmentId,
    role::ManageEnvironments,
    tenancy::{
        Grant, OrgChange, Reads, Topic,
        audit::{Action, Entry},
    },
    time::{Span, Timestamp},
};
use serde_json::json;

/// The most environments of an organization.
pub const MAX: usize = 20;

/// An environment.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Environment {
    /// Its id.
    pub id: EnvironmentId,
    /// What it is called.
    pub name: EnvironmentName,
    /// How many people must approve what is deployed to it; 0 where it is not protected.
    pub approvals: i64,
    /// Whether somebody else must, no matter who deploys.
    pub others: bool,
    /// How many members may approve, or might within the last day.
    pub approvers: i64,
    /// Until when more count than may approve by now, if they do.
    pub held_until: Option<Timestamp>,
}

/// How long those count who might approve and may not any more: nobody gets rid of them for a moment.
pub const HOLD: Span = Span::hours(24);

impl Environment {
    /// Whether others must approve what Editors deploy to it.
    #[must_use]
    pub const fn is_protected(&self) -> bool {
        self.approvals > 0
    }

    /// Who must agree to what is deployed to it.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        Rule { approvals: self.approvals, others: self.others }
    }

    /// Whether others must approve what somebody deploys to it who may deploy to protected ones, or not. Two who
    /// must agree are two: a role makes nobody count twice. Who is the only one that may approve has nobody to ask.
    #[must_use]
    pub fn asks(&self, may_deploy_protected: bool) -> bool {
        if self.others && self.approvers > 1 {
            return self.approvals > 0;
        }
        self.approvals > i64::from(may_deploy_protected)
    }

    /// How many others must approve that it is protected less, called something else or deleted: as many as what is
    /// deployed to it, or all others there are.
    #[must_use]
    pub fn demands(&self) -> i64 {
        if self.asks(true) { self.approvals.min(self.approvers - 1).max(0) } else { 0 }
    }
}

macro_rules! environments {
    ($and:literal) => {
        concat!(
            "SELECT id, name, approvals, others = 1 AS others,
               CASE WHEN is_held THEN approvers_before ELSE approvers_now END AS approvers,
               CASE WHEN is_held THEN approvers_fell_at + CAST($3 AS BIGINT) END AS held_until
             FROM (SELECT e.*, n.approvers_now,
                 e.approvers_fell_at > $2 - CAST($3 AS BIGINT) AND e.approvers_before > n.approvers_now AS is_held
               FROM environments e CROSS JOIN (SELECT count(*) AS approvers_now FROM members
                 WHERE org_id = $1 AND role IN ('admin', 'owner')) n
               WHERE e.org_id = $1 AND e.purged_at IS NULL) held WHERE org_id = $1",
            $and
        )
    };
}

/// All environments, in their order.
///
/// # Errors
/// When the database fails.
pub async fn list(mut reads: impl Reads) -> Result<Vec<Environment>> {
    let now = reads.now();
    let all = reads.query(environments!(" ORDER BY position, id"));
    Ok(all.bind(now).bind(HOLD.0).all().await?)
}

/// The one of this name.
#[must_use]
pub fn by_name<'e>(all: &'e [Environment], name: &str) -> Option<&'e Environment> {
    all.iter().find(|one| one.name.as_str() == name)
}

/// An environment.
///
/// # Errors
/// [`Error::NotFound`] when there is no such environment.
pub async fn find(mut reads: impl Reads, id: EnvironmentId) -> Result<Environment> {
    let now = reads.now();
    let one = reads.query(environments!(" AND id = $4")).bind(now).bind(HOLD.0);
    one.bind(id).optional().await?.ok_or(Error::NotFound)
}

/// The environment of a name, if there is one.
///
/// # Errors
/// When the database fails.
pub async fn named(mut reads: impl Reads, name: &str) -> Result<Option<Environment>> {
    let now = reads.now();
    let one = reads.query(environments!(" AND name = $4")).bind(now).bind(HOLD.0);
    Ok(one.bind(name.to_owned()).optional().await?)
}

/// Notes that somebody who may approve is about to lose that: as many as there are now count for a while.
///
/// # Errors
/// When the database fails.
pub async fn note_fewer(change: &mut OrgChange) -> Result<()> {
    let now = change.now();
    for environment in list(&mut *change).await? {
        let fell = change.query(
            "UPDATE environments SET approvers_before = $3, approvers_fell_at = $4 WHERE org_id = $1 AND id = $2",
        );
        fell.bind(environment.id).bind(environment.approvers).bind(now).execute().await?;
    }
    Ok(())
}

/// Makes an environment, the last of them.
///
/// # Errors
/// [`Error::Invalid`] at `name` when it is taken; [`Error::Conflict`] when there are too many.
pub async fn create(
    grant: &Grant<ManageEnvironments>,
    name: &EnvironmentName,
    rule: impl Into<Rule>,
) -> Result<EnvironmentId> {
    let rule = rule.into();
    let mut change = grant.change().await?;
    let all = list(&mut change).await?;
    if all.len() >= MAX {
        return Err(Error::conflict(format!("An organization can have at most {MAX} environments.")));
    }
    refuse_taken(&all, name, None)?;
    let (id, now) = (EnvironmentId(change.new_id()), change.now());
    change
        .query(
            "INSERT INTO environments (org_id, id, name, position, approvals, others, created_at)
             VALUES ($1, $2, $3, (SELECT coalesce(max(position), 0) + 1 FROM environments WHERE org_id = $1), $4, $5, $6)",
        )
        .bind(id)
        .bind(name.clone())
        .bind(rule.approvals)
        .bind(i64::from(rule.others))
        .bind(now)
        .execute()
        .await?;
    let details = json!({ "of": name, "after": { "approvals": rule.approvals, "others": rule.others } });
    tell(change, Action::EnvironmentCreated, id, details).await?;
    Ok(id)
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

pub use super::protect::{Outcome, Protection, delete, set};

pub(super) fn refuse_taken(
    all: &[Environment],
    name: &EnvironmentName,
    but: Option<EnvironmentId>,
) -> Result<()> {
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
