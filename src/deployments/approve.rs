//! Approving what somebody else asked for.

use super::{
    asked::{Request, find},
    deploy::{Agreed, carry_out, check},
    emails::Became,
    looked::{Looked, TRIES, never_still},
    requests::{decide, tell, tell_asker, waits},
    voiding::renew,
};
use crate::{
    environments::store as environments,
    error::{Error, Result},
    id::{ApiKeyId, DeploymentRequestId, UserId},
    key_scope::KeyScopes,
    role::{ApproveDeployment, Deploy, Rights, Role},
    tenancy::{Grant, OrgChange, audit::Action},
};
use std::ops::ControlFlow;

/// Approves what somebody else asked for, as it was `seen`: by the fingerprint of everything that would be served.
/// It is live once enough have.
///
/// # Errors
/// [`Error::Conflict`] when something else would be served than was seen, when something else went live since it was
/// asked for, when it would break something, when whoever asked may not deploy any more, when one has approved it
/// already or was shown a secret of the key that asked, or when it does not wait any more; [`Error::Forbidden`] for
/// whoever asked; [`Error::NotFound`] when there is no such request.
pub async fn approve(
    grant: &Grant<ApproveDeployment>,
    id: DeploymentRequestId,
    seen: &str,
) -> Result<Option<i64>> {
    let order = find(&**grant, id).await?.order();
    for _ in 0..TRIES {
        let looked = Looked::at(grant, &order).await;
        if let ControlFlow::Break(deployed) = approve_looked_at(grant, id, seen, looked).await? {
            return Ok(deployed);
        }
    }
    Err(never_still())
}

/// The same with an order that was looked at; to be gone on with where something of it has changed since.
async fn approve_looked_at(
    grant: &Grant<ApproveDeployment>,
    id: DeploymentRequestId,
    seen: &str,
    looked: Looked,
) -> Result<ControlFlow<Option<i64>>> {
    let mut change = grant.change().await?;
    let request = waits(&mut change, id).await?;
    let by = approver(&mut change, &request).await?;
    let (order, now) = (request.order(), change.now());
    let Some(checked) = check(&mut change, &order, looked).await? else {
        return Ok(ControlFlow::Continue(()));
    };
    let fingerprint = checked.impact.served.fingerprint();
    if fingerprint != seen {
        return Err(Error::conflict(
            "What would go live has changed since you opened this page. Review it again, then approve.",
        ));
    }
    let environment = environments::find(&mut change, request.environment_id).await?;
    renew(&mut change, &request, &environment, &checked.impact.served).await?;
    let approval = change.query(
        "INSERT INTO approvals (org_id, request_id, user_id, created_at, fingerprint) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (org_id, request_id, user_id) DO NOTHING",
    );
    let is_new = approval.bind(id).bind(by).bind(now).bind(fingerprint).execute().await? > 0;
    if is_new {
        tell(&mut change, Action::DeploymentApproved, &order, &environment).await?;
    }
    // Whoever lost the right since is not counted any more.
    let request = find(&mut change, id).await?;
    let enough = request.approved >= environment.approvals;
    // Fewer may be needed now than when one approved it first.
    if !is_new && !enough {
        return Err(Error::conflict("You already approved this."));
    }
    let deployed = if enough {
        decide(&mut change, id, "deployed").await?;
        tell_asker(&mut change, &request, &environment, Became::Done).await?;
        let agreed = Agreed::Others(request.approved);
        Some(carry_out(&mut change, &order, &environment, agreed, &checked).await?)
    } else {
        None
    };
    change.commit().await?;
    Ok(ControlFlow::Break(deployed))
}

/// Who acts, where they may approve a request.
async fn approver(change: &mut OrgChange, request: &Request) -> Result<UserId> {
    let by = change.person().ok_or(Error::Forbidden)?;
    if by == request.requested_by {
        return Err(Error::Forbidden);
    }
    if let Some(key) = request.key_id
        && holds(change, key, by).await?
    {
        return Err(Error::conflict(format!(
            "You know the secret of the key {}, so someone else must approve its requests.",
            request.by
        )));
    }
    if !still_may(change, request).await? {
        return Err(Error::conflict(format!(
            "{} is no longer allowed to deploy. Decline the request.",
            request.by
        )));
    }
    Ok(by)
}

/// Whether somebody was ever shown a secret of a key, and so may be who asked.
async fn holds(change: &mut OrgChange, key: ApiKeyId, user: UserId) -> Result<bool> {
    let holds =
        change.query("SELECT count(*) FROM key_holders WHERE org_id = $1 AND key_id = $2 AND user_id = $3");
    let (holds,): (i64,) = holds.bind(key).bind(user).one().await?;
    Ok(holds > 0)
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
