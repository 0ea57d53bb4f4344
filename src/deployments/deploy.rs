//! The one way there is to what is live.

use super::{
    impact,
    model::{Kind, Order},
    requests,
    store::{self, About},
};
use crate::{
    environments::store::{self as environments, Environment},
    error::{Error, Result},
    id::DeploymentRequestId,
    prompts::store as prompts,
    role::{Deploy, DeployProtected},
    server::{Grant, OrgChange},
};

/// The most characters of a reason.
pub const MAX_REASON: usize = 500;

/// What came of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is live, as the deployment of this number.
    Deployed(i64),
    /// Others must approve it.
    Requested(DeploymentRequestId),
}

/// Deploys, promotes, rolls back or undeploys, or asks for it where others must approve.
///
/// # Errors
/// [`Error::Conflict`] when something else is live than was seen, when the same is live already, or when it
/// would break something, in sentences; [`Error::NotFound`]; [`Error::Invalid`] at `reason`.
pub async fn deploy(grant: &Grant<Deploy>, order: &Order) -> Result<Outcome> {
    if order.reason.chars().count() > MAX_REASON {
        return Err(Error::invalid("reason", "Use at most 500 characters."));
    }
    let mut change = grant.change().await?;
    let environment = environments::find(&mut change, order.environment).await?;
    // Two who must agree are two: a role makes nobody count twice.
    let is_free = environment.approvals == 0 || environment.approvals == 1 && change.can::<DeployProtected>();
    let outcome = if is_free {
        Outcome::Deployed(carry_out(&mut change, order, &environment).await?)
    } else {
        check(&mut change, order).await?;
        Outcome::Requested(requests::insert(&mut change, order, &environment).await?)
    };
    change.commit().await?;
    Ok(outcome)
}

/// Makes it so, in a change that is behind all checks of who may.
pub(super) async fn carry_out(
    change: &mut OrgChange,
    order: &Order,
    environment: &Environment,
) -> Result<i64> {
    let (path, version) = check(change, order).await?;
    requests::overtake(change, order, environment).await?;
    let about = About { path: &path, environment: environment.name.as_str(), version };
    store::insert(change, order, &about).await
}

/// Refuses what is out of date, what changes nothing and what would break something; tells the path of the
/// prompt and the version that is live.
pub(super) async fn check(change: &mut OrgChange, order: &Order) -> Result<(String, Option<i64>)> {
    let prompt = prompts::find_within(change, order.prompt).await?;
    let newest = store::newest(&mut *change, order.environment, order.prompt).await?;
    let (number, live) = newest.map_or((0, None), |newest| (newest.number, newest.version));
    if number != order.seen {
        let now =
            live.map_or_else(|| "nothing is live".to_owned(), |version| format!("version {version} is live"));
        return Err(Error::conflict(format!("Somebody was here in the meantime: {now} now.")));
    }
    if (order.kind == Kind::Undeploy) != order.version.is_none() {
        return Err(Error::NotFound);
    }
    if live == order.version {
        let already = live.map_or_else(
            || "Nothing is live here.".to_owned(),
            |version| format!("Version {version} is live here already."),
        );
        return Err(Error::conflict(already));
    }
    if !is_what_it_says(change, order).await? {
        return Err(Error::conflict(match order.kind {
            Kind::Promote => "This version was not live in another environment.",
            _ => "This version is not the one that was live here before.",
        }));
    }
    let breaks = impact::of(&mut *change, order).await?.breaks;
    if !breaks.is_empty() {
        return Err(Error::conflict(breaks.into_iter().collect::<Vec<_>>().join(" ")));
    }
    Ok((prompt.path, live))
}

/// Whether an order is of its kind: the history tells of it for good, and rolling back goes by the history.
async fn is_what_it_says(change: &mut OrgChange, order: &Order) -> Result<bool> {
    match order.kind {
        Kind::Deploy | Kind::Undeploy => Ok(true),
        Kind::Promote => store::was_live_elsewhere(change, order).await,
        Kind::Rollback => {
            Ok(store::previous(change, order.environment, order.prompt).await? == order.version)
        }
    }
}
