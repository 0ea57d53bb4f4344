//! Deployments that wait for others to approve them.

use super::{
    deploy::{carry_out, check},
    model::{Kind, Order},
};
use crate::{
    environments::store::{self as environments, Environment},
    error::{Error, Result},
    fields::Name,
    id::{DeploymentRequestId, EnvironmentId, PromptId, UserId},
    role::{ApproveDeployment, Deploy},
    server::{
        Grant, OrgChange, Reads, Topic,
        audit::{Action, Entry},
    },
    time::Timestamp,
};
use serde_json::json;

/// A deployment somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Request {
    /// Its id.
    pub id: DeploymentRequestId,
    /// The environment.
    pub environment_id: EnvironmentId,
    /// The prompt.
    pub prompt_id: PromptId,
    /// The prompt's path.
    pub path: String,
    /// What is to be done.
    pub kind: Kind,
    /// The version that is to be live; none when nothing is.
    pub version: Option<i64>,
    /// Why.
    pub reason: String,
    /// The number of the newest deployment when it was asked for.
    pub seen: i64,
    /// Who asked, or made the key that did.
    pub requested_by: UserId,
    /// Their name, or the key's.
    pub by: Name,
    /// When.
    pub created_at: Timestamp,
    /// How many of those who may have approved it.
    pub approved: i64,
}

impl Request {
    /// How many approved it, and how many must.
    #[must_use]
    pub fn says_approved(&self, environment: &Environment) -> String {
        format!("{} of {} approved", self.approved, environment.approvals)
    }

    /// What is to be done.
    #[must_use]
    pub fn order(&self) -> Order {
        Order {
            environment: self.environment_id,
            prompt: self.prompt_id,
            kind: self.kind,
            version: self.version,
            reason: self.reason.clone(),
            seen: self.seen,
        }
    }
}

macro_rules! pending {
    ($and:literal) => {
        concat!(
            "SELECT q.id, q.environment_id, q.prompt_id, p.path, q.kind, q.version, q.reason, q.seen,
               q.requested_by, coalesce(k.name, u.name) AS by, q.created_at,
               (SELECT count(*) FROM approvals a JOIN members m ON m.org_id = a.org_id AND m.user_id = a.user_id
                WHERE a.org_id = q.org_id AND a.request_id = q.id AND m.role IN ('admin', 'owner')) AS approved
             FROM deployment_requests q JOIN users u ON u.id = q.requested_by
             LEFT JOIN api_keys k ON k.org_id = q.org_id AND k.id = q.key_id
             JOIN prompts p ON p.org_id = q.org_id AND p.id = q.prompt_id
             WHERE q.org_id = $1 AND q.state = 'pending'",
            $and
        )
    };
}

/// What waits to be approved, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn pending(mut reads: impl Reads) -> Result<Vec<Request>> {
    Ok(reads.query(pending!(" ORDER BY q.created_at, q.id")).all().await?)
}

async fn find(change: &mut OrgChange, id: DeploymentRequestId) -> Result<Request> {
    change.query(pending!(" AND q.id = $2")).bind(id).optional().await?.ok_or(Error::NotFound)
}

/// What became of the last request that was declined.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Declined {
    /// What was to be done.
    pub kind: Kind,
    /// The version that was to be live.
    pub version: Option<i64>,
    /// Who asked for it.
    pub by: Name,
    /// Who declined it; none for a key that did something else instead.
    pub decided_by: Option<Name>,
    /// When.
    pub decided_at: Timestamp,
}

/// What was declined last for a prompt in an environment.
///
/// # Errors
/// When the database fails.
pub async fn declined(
    mut reads: impl Reads,
    environment: EnvironmentId,
    prompt: PromptId,
) -> Result<Option<Declined>> {
    let last = reads.query(
        "SELECT q.kind, q.version, coalesce(k.name, u.name) AS by, d.name AS decided_by, q.decided_at
         FROM deployment_requests q JOIN users u ON u.id = q.requested_by
         LEFT JOIN api_keys k ON k.org_id = q.org_id AND k.id = q.key_id LEFT JOIN users d ON d.id = q.decided_by
         WHERE q.org_id = $1 AND q.environment_id = $2 AND q.prompt_id = $3 AND q.state = 'declined'
         ORDER BY q.decided_at DESC LIMIT 1",
    );
    Ok(last.bind(environment).bind(prompt).optional().await?)
}

/// Writes down what somebody asks for.
pub(super) async fn insert(
    change: &mut OrgChange,
    order: &Order,
    environment: &Environment,
) -> Result<DeploymentRequestId> {
    // For a key stands whoever made it, who thus may not approve what it asks for.
    let key = change.key().cloned();
    let by = change.person().or(key.as_ref().map(|key| key.created_by)).ok_or(Error::Forbidden)?;
    if let Some(waiting) = waiting(change, order).await? {
        return Err(Error::conflict(format!(
            "{} asked for something here already, which waits.",
            waiting.by
        )));
    }
    let (id, now) = (DeploymentRequestId(change.new_id()), change.now());
    change
        .query(
            "INSERT INTO deployment_requests (org_id, id, environment_id, prompt_id, kind, version, reason, seen,
               state, requested_by, key_id, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'pending', $9, $10, $11)",
        )
        .bind(id)
        .bind(order.environment)
        .bind(order.prompt)
        .bind(order.kind)
        .bind(order.version)
        .bind(order.reason.clone())
        .bind(order.seen)
        .bind(by)
        .bind(key.map(|key| key.id))
        .bind(now)
        .execute()
        .await?;
    tell(change, Action::DeploymentRequested, order, environment).await?;
    Ok(id)
}

/// Approves what somebody else asked for; it is live once enough have.
///
/// # Errors
/// [`Error::Conflict`] when something else went live since it was asked for, when it would break something,
/// or when one has approved it already; [`Error::Forbidden`] for whoever asked; [`Error::NotFound`] when it
/// does not wait any more.
pub async fn approve(grant: &Grant<ApproveDeployment>, id: DeploymentRequestId) -> Result<Option<i64>> {
    let mut change = grant.change().await?;
    let request = find(&mut change, id).await?;
    let by = change.person().ok_or(Error::Forbidden)?;
    if by == request.requested_by {
        return Err(Error::Forbidden);
    }
    let (order, now) = (request.order(), change.now());
    let approval = change.query(
        "INSERT INTO approvals (org_id, request_id, user_id, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (org_id, request_id, user_id) DO NOTHING",
    );
    let is_new = approval.bind(id).bind(by).bind(now).execute().await? > 0;
    let environment = environments::find(&mut change, request.environment_id).await?;
    if is_new {
        tell(&mut change, Action::DeploymentApproved, &order, &environment).await?;
    }
    // Whoever lost the right since is not counted any more.
    let enough = find(&mut change, id).await?.approved >= environment.approvals;
    // Fewer may be needed now than when one approved it first.
    if !is_new && !enough {
        return Err(Error::conflict("You have approved it already."));
    }
    let deployed = if enough {
        decide(&mut change, id, "deployed").await?;
        Some(carry_out(&mut change, &order, &environment).await?)
    } else {
        check(&mut change, &order).await?;
        None
    };
    change.commit().await?;
    Ok(deployed)
}

/// Declines what somebody else asked for.
///
/// # Errors
/// [`Error::NotFound`] when it does not wait any more.
pub async fn decline(grant: &Grant<ApproveDeployment>, id: DeploymentRequestId) -> Result<()> {
    end(grant.change().await?, id, "declined", Action::DeploymentDeclined).await
}

/// Withdraws what one asked for oneself.
///
/// # Errors
/// [`Error::NotFound`] when it does not wait any more; [`Error::Forbidden`] when somebody else asked.
pub async fn withdraw(grant: &Grant<Deploy>, id: DeploymentRequestId) -> Result<()> {
    let mut change = grant.change().await?;
    if Some(find(&mut change, id).await?.requested_by) != change.person() {
        return Err(Error::Forbidden);
    }
    end(change, id, "withdrawn", Action::DeploymentWithdrawn).await
}

/// Declines what waits for a prompt in an environment, when something else is done there.
pub(super) async fn overtake(change: &mut OrgChange, order: &Order, environment: &Environment) -> Result<()> {
    let Some(request) = waiting(change, order).await? else { return Ok(()) };
    decide(change, request.id, "declined").await?;
    tell(change, Action::DeploymentDeclined, &request.order(), environment).await
}

async fn waiting(change: &mut OrgChange, order: &Order) -> Result<Option<Request>> {
    let waiting = change.query(pending!(" AND q.environment_id = $2 AND q.prompt_id = $3"));
    Ok(waiting.bind(order.environment).bind(order.prompt).optional().await?)
}

async fn end(
    mut change: OrgChange,
    id: DeploymentRequestId,
    state: &'static str,
    action: Action,
) -> Result<()> {
    let request = find(&mut change, id).await?;
    decide(&mut change, id, state).await?;
    let environment = environments::find(&mut change, request.environment_id).await?;
    tell(&mut change, action, &request.order(), &environment).await?;
    change.commit().await
}

async fn decide(change: &mut OrgChange, id: DeploymentRequestId, state: &'static str) -> Result<()> {
    let (now, by) = (change.now(), change.person());
    let decide = change.query(
        "UPDATE deployment_requests SET state = $3, decided_at = $4, decided_by = $5 WHERE org_id = $1 AND id = $2",
    );
    decide.bind(id).bind(state).bind(now).bind(by).execute().await?;
    Ok(())
}

async fn tell(
    change: &mut OrgChange,
    action: Action,
    order: &Order,
    environment: &Environment,
) -> Result<()> {
    let path = crate::prompts::store::find_within(change, order.prompt).await?.path;
    let details = json!({
        "of": path,
        "environment": environment.name,
        "after": { "version": order.version },
        "reason": order.reason,
    });
    change.audit(Entry::new(action, order.prompt.0).details(details)).await?;
    change.announce(Topic::Deployments, order.prompt.0).await
}
