//! Deployments that wait for others to approve them: asking, approving, declining, withdrawing.

use super::{
    asked::{Request, State, find, waiting},
    deploy::{carry_out, check},
    model::Order,
};
use crate::{
    environments::store::{self as environments, Environment},
    error::{Error, Result},
    id::{ApiKeyId, DeploymentRequestId, UserId},
    key_scope::KeyScopes,
    role::{ApproveDeployment, Deploy, Rights, Role},
    server::{
        Grant, OrgChange, Topic,
        audit::{Action, Entry},
    },
};
use serde_json::json;

/// Writes down what somebody asks for.
pub(super) async fn insert(
    change: &mut OrgChange,
    order: &Order,
    environment: &Environment,
) -> Result<DeploymentRequestId> {
    // For a key stands whoever made it.
    let key = change.key().cloned();
    let by = change.person().or(key.as_ref().map(|key| key.created_by)).ok_or(Error::Forbidden)?;
    if let Some(waiting) = waiting(change, order.environment, order.prompt).await? {
        return Err(Error::conflict(format!(
            "{} already requested a deployment here. It is waiting for approval.",
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
/// when whoever asked may not deploy any more, when one has approved it already or was shown a secret of the key
/// that asked, or when it does not wait any more; [`Error::Forbidden`] for whoever asked; [`Error::NotFound`] when
/// there is no such request.
pub async fn approve(grant: &Grant<ApproveDeployment>, id: DeploymentRequestId) -> Result<Option<i64>> {
    let mut change = grant.change().await?;
    let request = waits(&mut change, id).await?;
    let by = change.person().ok_or(Error::Forbidden)?;
    if by == request.requested_by {
        return Err(Error::Forbidden);
    }
    if let Some(key) = request.key_id
        && holds(&mut change, key, by).await?
    {
        return Err(Error::conflict(format!(
            "You know the secret of the key {}, so someone else must approve its requests.",
            request.by
        )));
    }
    if !still_may(&mut change, &request).await? {
        return Err(Error::conflict(format!(
            "{} is no longer allowed to deploy. Decline the request.",
            request.by
        )));
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
    let request = find(&mut change, id).await?;
    let enough = request.approved >= environment.approvals;
    // Fewer may be needed now than when one approved it first.
    if !is_new && !enough {
        return Err(Error::conflict("You have already approved this."));
    }
    let deployed = if enough {
        decide(&mut change, id, "deployed").await?;
        Some(carry_out(&mut change, &order, &environment, request.approved).await?)
    } else {
        check(&mut change, &order).await?;
        None
    };
    change.commit().await?;
    Ok(deployed)
}

/// Whether somebody was ever shown a secret of a key, and so may be who asked.
async fn holds(change: &mut OrgChange, key: ApiKeyId, user: UserId) -> Result<bool> {
    let holds =
        change.query("SELECT count(*) FROM key_holders WHERE org_id = $1 AND key_id = $2 AND user_id = $3");
    let (holds,): (i64,) = holds.bind(key).bind(user).one().await?;
    Ok(holds > 0)
}

/// A request that waits.
async fn waits(change: &mut OrgChange, id: DeploymentRequestId) -> Result<Request> {
    let request = find(&mut *change, id).await?;
    match request.state {
        State::Pending => Ok(request),
        _ => Err(Error::conflict("This request is no longer waiting for approval.")),
    }
}

/// Whether whoever asked might ask now: as a member, or with a key that is good.
async fn still_may(change: &mut OrgChange, request: &Request) -> Result<bool> {
    if let Some(key) = request.key_id {
        let now = change.now();
        let scopes = change.query(
            "SELECT scopes FROM api_keys
             WHERE org_id = $1 AND id = $2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $3)",
        );
        let scopes: Option<(String,)> = scopes.bind(key).bind(now).optional().await?;
        return Ok(scopes.is_some_and(|(scopes,)| Rights::Key(KeyScopes::parse(&scopes)).can::<Deploy>()));
    }
    let role = change.query("SELECT role FROM members WHERE org_id = $1 AND user_id = $2");
    let role: Option<(Role,)> = role.bind(request.requested_by).optional().await?;
    Ok(role.is_some_and(|(role,)| role.can::<Deploy>()))
}

/// Declines what somebody else asked for.
///
/// # Errors
/// [`Error::Conflict`] when it does not wait any more; [`Error::NotFound`] when there is no such request.
pub async fn decline(grant: &Grant<ApproveDeployment>, id: DeploymentRequestId) -> Result<()> {
    end(grant.change().await?, id, "declined", Action::DeploymentDeclined).await
}

/// Withdraws what one asked for oneself.
///
/// # Errors
/// As [`decline`]; [`Error::Forbidden`] when somebody else asked.
pub async fn withdraw(grant: &Grant<Deploy>, id: DeploymentRequestId) -> Result<()> {
    let mut change = grant.change().await?;
    if Some(find(&mut change, id).await?.requested_by) != change.person() {
        return Err(Error::Forbidden);
    }
    end(change, id, "withdrawn", Action::DeploymentWithdrawn).await
}

/// Declines what waits for a prompt in an environment, when something else is done there.
pub(super) async fn overtake(change: &mut OrgChange, order: &Order, environment: &Environment) -> Result<()> {
    let Some(request) = waiting(change, order.environment, order.prompt).await? else { return Ok(()) };
    decide(change, request.id, "declined").await?;
    let overtaken =
        change.query("UPDATE deployment_requests SET overtaken_by = $3 WHERE org_id = $1 AND id = $2");
    overtaken.bind(request.id).bind(order.seen + 1).execute().await?;
    tell(change, Action::DeploymentDeclined, &request.order(), environment).await
}

async fn end(
    mut change: OrgChange,
    id: DeploymentRequestId,
    state: &'static str,
    action: Action,
) -> Result<()> {
    let request = waits(&mut change, id).await?;
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
        "kind": order.kind.as_str(),
        "after": { "version": order.version },
        "reason": order.reason,
    });
    change.audit(Entry::new(action, order.prompt.0).details(details)).await?;
    change.announce(Topic::Deployments, order.prompt.0).await
}
