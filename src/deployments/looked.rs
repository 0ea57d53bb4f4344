//! A look at an order before its change begins: others wait for a change, and a look may take long. Within the change
//! it is only made sure that nothing of what was looked at has changed since. Whatever else happens in the
//! organization keeps nobody from deploying.

use super::{
    based::Based,
    impact::{self, Impact, WORK},
    model::DeployCommand,
};
use crate::{
    error::{Error, Result},
    tenancy::{OrgChange, Scope},
};

/// How often it is looked again where something of it changes meanwhile.
pub(crate) const TRIES: usize = 5;

/// What would come of an order.
pub(crate) struct Looked {
    order: DeployCommand,
    found: Result<(Impact, Based)>,
}

impl Looked {
    /// Looks at an order.
    pub(crate) async fn at(scope: &Scope, order: &DeployCommand) -> Self {
        Self { order: order.clone(), found: impact::based(scope, order, WORK).await }
    }

    /// Whether it could go live and would serve something else than what has this fingerprint.
    pub(super) fn would_change(&self, fingerprint: &str) -> Result<bool> {
        let (impact, _) = self.found.as_ref().map_err(Clone::clone)?;
        Ok(impact.breaks.is_empty() && impact.served.fingerprint() != fingerprint)
    }

    /// What would come of it, if nothing that it is based on has changed since.
    pub(crate) async fn still(self, change: &mut OrgChange) -> Result<Option<Impact>> {
        let (impact, based) = self.found?;
        Ok(if based.is_still(change, &self.order).await? { Some(impact) } else { None })
    }
}

/// That something of it always changes meanwhile.
pub(crate) fn never_still() -> Error {
    Error::conflict("Prompts or deployments changed while this was being checked. Try again.")
}
