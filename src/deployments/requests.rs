//! Deployments that wait for others to approve them: asking, declining, withdrawing, and telling of it.

use super::{
    asked::{Request, State, find, waiting},
    emails::{About, Became, REQUESTED, decided, requested},
    fingerprint::Served,
    model::DeployCommand,
};
use crate::{
    environments::{
        people,
        store::{self as environments, Environment},
    },
    error::{Error, Result},
    id::DeploymentRequestId,
    paths,
    role::{ApproveDeployment, Deploy},
    tenancy::{
        Grant, OrgChange, Topic,
        audit::{Action, Entry},
    },
};
use serde_json::json;

/// Writes down what somebody asks for, and tells those who may approve it.
pub(super) async fn insert(
    change: &mut OrgChange,
    order: &DeployCommand,
    environment: &Environment,
    served: &Served,
) -> Result<DeploymentRequestId> {
    // For a key stands whoever made it.
    let key = change.key().cloned();
    let by = change.person().or(key.as_ref().map(|key| key.created_by)).ok_or(Error::Forbidden)?;
    if let Some(waiting) = waiting(change, order.environment, order.prompt).await? {
        return Err(Error::conflict(format!(
            "{} already requested a deployment here. It's waiting for approval.",
            waiting.by
        )));
    }
    let (id, now) = (DeploymentRequestId(change.new_id()), change.now());
    change
        .query(
            "INSERT INTO deployment_requests (org_id, id, environment_id, prompt_id, kind, version, reason, seen,
               state, requested_by, key_id, created_at, fingerprint, served)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'pending', $9, $10, $11, $12, $13)",
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
        .bind(served.fingerprint())
        .bind(served.kept())
        .execute()
        .await?;
    tell(change, Action::DeploymentRequested, order, environment).await?;
    let request = find(&mut *change, id).await?;
    tell_approvers(change, &request, environment).await?;
    Ok(id)
}

/// Writes to those who may approve a request; to nobody more often than they can read.
async fn tell_approvers(change: &mut OrgChange, request: &Request, environment: &Environment) -> Result<()> {
    let by = (request.requested_by, request.key_id);
    let people = people::approvers(change, by, REQUESTED).await?;
    let (org, wants, url) =
        (change.organization().name.clone(), request.wants_in_letter(environment), url(change, request.id));
    for (email, name) in &people {
        let about = About { org: &org, wants: &wants, url: &url };
        change.mail(request.id.0, &requested((email, name), &about, &request.by, &request.reason)).await?;
    }
    Ok(())
}

/// Writes to whoever asked what became of it, unless they did that themselves or are no member any more.
pub(super) async fn tell_asker(
    change: &mut OrgChange,
    request: &Request,
    environment: &Environment,
    became: Became,
) -> Result<()> {
    if change.person() == Some(request.requested_by) {
        return Ok(());
    }
    let asker = people::member(change, request.requested_by).await?;
    let Some((email, name)) = asker else { return Ok(()) };
    let by = people::doer(change).await?;
    let (org, wants, url) =
        (change.organization().name.clone(), request.wants_in_letter(environment), url(change, request.id));
    let about = About { org: &org, wants: &wants, url: &url };
    change.mail(request.id.0, &decided((&email, &name), &about, &by, became)).await
}

/// The page of a request, for emails.
pub(super) fn url(change: &OrgChange, id: DeploymentRequestId) -> String {
    change.url(&paths::deployment_request(&change.organization().slug, id))
}

/// A request that waits.
pub(super) async fn waits(change: &mut OrgChange, id: DeploymentRequestId) -> Result<Request> {
    let request = find(&mut *change, id).await?;
    match request.state {
        State::Pending => Ok(request),
        _ => Err(Error::conflict("This request is no longer waiting for approval.")),
    }
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
pub(super) async fn overtake(
    change: &mut OrgChange,
    order: &DeployCommand,
    environment: &Environment,
) -> Result<()> {
    let Some(request) = waiting(change, order.environment, order.prompt).await? else { return Ok(()) };
    decide(change, request.id, "declined").await?;
    let overtaken =
        change.query("UPDATE deployment_requests SET overtaken_by = $3 WHERE org_id = $1 AND id = $2");
    overtaken.bind(request.id).bind(order.seen + 1).execute().await?;
    tell_asker(change, &request, environment, Became::Overtaken).await?;
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
    tell_asker(&mut change, &request, &environment, Became::Declined).await?;
    tell(&mut change, action, &request.order(), &environment).await?;
    change.commit().await
}

pub(super) async fn decide(
    change: &mut OrgChange,
    id: DeploymentRequestId,
    state: &'static str,
) -> Result<()> {
    let (now, by) = (change.now(), change.person());
    let decide = change.query(
        "UPDATE deployment_requests SET state = $3, decided_at = $4, decided_by = $5 WHERE org_id = $1 AND id = $2",
    );
    decide.bind(id).bind(state).bind(now).bind(by).execute().await?;
    Ok(())
}

pub(super) async fn tell(
    change: &mut OrgChange,
    action: Action,
    order: &DeployCommand,
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
