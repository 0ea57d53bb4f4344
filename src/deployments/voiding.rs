//! Approvals of what is not what would go live any more: they are void, and those who gave them are told.

use super::{
    asked::{Request, State, find},
    emails::{About, voided},
    fingerprint::{Served, difference},
    looked::{Looked, TRIES},
    requests::{tell, url},
};
use crate::{
    environments::store::{self as environments, Environment},
    error::{Error, Result},
    fields::{Email, Name},
    id::{DeploymentRequestId, OrgId},
    role::ApproveDeployment,
    tenancy::{OrgChange, Scope, Server, audit::Action},
    time::{Span, Timestamp},
};

/// The most lines of a difference in an email.
const TOLD: usize = 10;

/// Notes what a request would serve now. Where that is not what it was, no approval counts any more, and those who
/// gave one are told.
pub(super) async fn renew(
    change: &mut OrgChange,
    request: &Request,
    environment: &Environment,
    served: &Served,
) -> Result<()> {
    let fingerprint = served.fingerprint();
    if fingerprint == request.fingerprint {
        return Ok(());
    }
    let before = change.query("SELECT served FROM deployment_requests WHERE org_id = $1 AND id = $2");
    let (before,): (Option<String>,) = before.bind(request.id).one().await?;
    let differs = before.as_deref().and_then(Served::parse).map(|before| difference(&before, served));
    let gave = change.query(
        "SELECT u.email, u.name FROM approvals a JOIN users u ON u.id = a.user_id
         JOIN members m ON m.org_id = a.org_id AND m.user_id = a.user_id
         WHERE a.org_id = $1 AND a.request_id = $2 ORDER BY a.user_id",
    );
    let gave: Vec<(Email, Name)> = gave.bind(request.id).all().await?;
    let void = change.query("DELETE FROM approvals WHERE org_id = $1 AND request_id = $2");
    let were_given = void.bind(request.id).execute().await? > 0;
    let renew = change.query(
        "UPDATE deployment_requests SET fingerprint = $3, served_before = served, served = $4
         WHERE org_id = $1 AND id = $2",
    );
    renew.bind(request.id).bind(fingerprint).bind(served.kept()).execute().await?;
    if !were_given {
        return Ok(());
    }
    let mut lines = differs.unwrap_or_default();
    lines.truncate(TOLD);
    let (org, wants, url) =
        (change.organization().name.clone(), request.wants_in_letter(environment), url(change, request.id));
    for (email, name) in &gave {
        let about = About { org: &org, wants: &wants, url: &url };
        change.mail(request.id.0, &voided((email, name), &about, &lines)).await?;
    }
    tell(change, Action::DeploymentVoided, &request.order(), environment).await
}

/// Looks again at what waits with approvals, and voids those of what has changed; in all organizations, or in those
/// in which something happened in a span before now.
///
/// # Errors
/// The first that comes up, once all were looked at.
pub async fn look_again(server: &Server, within: Option<Span>) -> Result<()> {
    let since = within.map_or(Timestamp(0), |within| server.clock.now() - within);
    let all = server.outside_tenancy().query(
        "SELECT DISTINCT a.org_id, a.request_id FROM approvals a
         JOIN deployment_requests q ON q.org_id = a.org_id AND q.id = a.request_id AND q.state = 'pending'
         WHERE $1 = 0 OR EXISTS (SELECT 1 FROM events e WHERE e.org_id = a.org_id AND e.created_at >= $1)
         ORDER BY a.org_id, a.request_id",
    );
    let all: Vec<(OrgId, DeploymentRequestId)> = all.bind(since).all().await?;
    let mut result = Ok(());
    for (org, id) in all {
        // It may have been decided about meanwhile, or the organization may be gone.
        match look_at(server, org, id).await {
            Ok(()) | Err(Error::NotFound | Error::Conflict { .. }) => {}
            // What is wrong in one organization is nothing to the others.
            Err(error) => {
                tracing::warn!(%org, request = %id, %error, "what was approved could not be looked at again");
                result = result.and(Err(error));
            }
        }
    }
    result
}

async fn look_at(server: &Server, org: OrgId, id: DeploymentRequestId) -> Result<()> {
    let scope = Scope::of_chore(server, org, "what was approved has changed").await?;
    let request = find(&scope, id).await?;
    for _ in 0..TRIES {
        let looked = Looked::at(&scope, &request.order()).await;
        // What cannot be put together just now cannot go live, and may be whole again.
        if !looked.would_change(&request.fingerprint)? {
            return Ok(());
        }
        let mut change = scope.clone().require::<ApproveDeployment>()?.change().await?;
        let request = find(&mut change, id).await?;
        let Some(impact) = looked.still(&mut change).await? else { continue };
        if request.state == State::Pending {
            let environment = environments::find(&mut change, request.environment_id).await?;
            renew(&mut change, &request, &environment, &impact.served).await?;
        }
        return change.commit().await;
    }
    // What changes all the time is looked at the next time.
    Ok(())
}
