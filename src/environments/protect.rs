//! What becomes of an environment that is there: what it is called, who must agree, that it is deleted. What takes
//! protection away, others approve as they approve what is deployed to it.

use super::{
    apply::{Wanted, apply, refuse_used},
    purge, requests,
    rule::Rule,
    store::{Environment, find, list, refuse_taken},
};
use crate::{
    error::{Error, Result},
    fields::EnvironmentName,
    id::{EnvironmentId, EnvironmentRequestId},
    role::ManageEnvironments,
    tenancy::{Grant, OrgChange},
};

/// Who must agree, as somebody saw it and as they want it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protection {
    /// As they saw it.
    pub seen: Rule,
    /// As they want it.
    pub wanted: Rule,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is so.
    Done,
    /// Others must approve it.
    Requested(EnvironmentRequestId),
}

/// Changes what an environment is called, and who must agree to what is deployed to it; or asks for it where others
/// must approve.
///
/// # Errors
/// [`Error::Invalid`] at `name` when it is taken; [`Error::Conflict`] when others than was seen must agree, or
/// something is asked for already; [`Error::NotFound`] when there is no such environment.
pub async fn set(
    grant: &Grant<ManageEnvironments>,
    id: EnvironmentId,
    name: &EnvironmentName,
    protection: Protection,
) -> Result<Outcome> {
    let mut change = grant.change().await?;
    let before = find(&mut change, id).await?;
    refuse_taken(&list(&mut change).await?, name, Some(id))?;
    // Who saves a name does not take away, unseen, what somebody else has just protected.
    if before.rule() != protection.seen {
        return Err(Error::conflict(
            "Someone changed who can deploy in the meantime. Check it and try again.",
        ));
    }
    if before.name == *name && before.rule() == protection.wanted {
        return Ok(Outcome::Done);
    }
    now_or_asked(change, &before, &Wanted::Change(name.clone(), protection.wanted)).await
}

/// Deletes an environment, with the history of what was deployed to it; or asks for it where others must approve.
///
/// # Errors
/// [`Error::Conflict`] while something is deployed to it or waits to be, or while a version that is live or the
/// newest refers to what is live in it, or something is asked for already; [`Error::NotFound`] when there is no such
/// environment.
pub async fn delete(grant: &Grant<ManageEnvironments>, id: EnvironmentId) -> Result<Outcome> {
    let mut change = grant.change().await?;
    let before = find(&mut change, id).await?;
    refuse_used(&mut change, id, &before.name).await?;
    let outcome = now_or_asked(change, &before, &Wanted::Delete).await?;
    purge::remove_soon(grant).await;
    Ok(outcome)
}

async fn now_or_asked(mut change: OrgChange, before: &Environment, wanted: &Wanted) -> Result<Outcome> {
    // The server itself asks nobody.
    let asks = change.person().is_some() && wanted.lowers(before) && before.demands() > 0;
    let outcome = if asks {
        Outcome::Requested(requests::insert(&mut change, before, wanted).await?)
    } else {
        requests::overtake(&mut change, before).await?;
        apply(&mut change, before, wanted).await?;
        Outcome::Done
    };
    change.commit().await?;
    Ok(outcome)
}
