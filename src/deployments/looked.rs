//! A look at an order before its change begins: others wait for a change, and a look may take long. Within the change
//! it is only made sure that nothing has happened since.

use super::{
    impact::{self, Impact},
    model::Order,
};
use crate::{
    error::{Error, Result},
    server::{OrgChange, Reads, Scope},
};

/// How often it is looked again where something happens meanwhile.
pub(super) const TRIES: usize = 5;

/// What would come of an order, and when that was.
pub(super) struct Looked {
    /// The newest event then of those that may change it.
    event: i64,
    impact: Result<Impact>,
}

impl Looked {
    /// Looks at an order.
    pub(super) async fn at(scope: &Scope, order: &Order) -> Result<Self> {
        // Before the look: what happens in between is not missed.
        let event = newest_event(scope).await?;
        Ok(Self { event, impact: impact::of(scope, order).await })
    }

    /// Whether it could go live and would serve something else than what has this fingerprint.
    pub(super) fn would_change(&self, fingerprint: &str) -> Result<bool> {
        let impact = self.impact.as_ref().map_err(Clone::clone)?;
        Ok(impact.breaks.is_empty() && impact.served.fingerprint() != fingerprint)
    }

    /// What would come of it, if nothing has happened since. Whoever changes prompts, what they inherit, environments
    /// or what is live in them says so with an event, and none of them can while the change is open.
    pub(super) async fn still(self, change: &mut OrgChange) -> Result<Option<Impact>> {
        if newest_event(change).await? == self.event { self.impact.map(Some) } else { Ok(None) }
    }
}

async fn newest_event(mut reads: impl Reads) -> Result<i64> {
    let newest = reads.query(
        "SELECT seq FROM events WHERE org_id = $1 AND topic IN ('prompts', 'deployments') ORDER BY seq DESC LIMIT 1",
    );
    let newest: Option<(i64,)> = newest.optional().await?;
    Ok(newest.map_or(0, |(seq,)| seq))
}

/// That something always happens meanwhile.
pub(super) fn never_still() -> Error {
    Error::conflict("Prompts or deployments changed while this was being checked. Try again.")
}
