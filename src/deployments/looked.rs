//! A look at an order before its change begins: others wait for a change, and a look may take long. Within the change
//! it is only made sure that nothing of what was looked at has changed since. Whatever else happens in the
//! organization keeps nobody from deploying.

use super::{
    dependents::{User, users_in},
    impact::{self, Impact, WORK},
    model::DeployCommand,
};
use crate::{
    environments::store as environments,
    error::{Error, Result},
    fields::EnvironmentName,
    prompts::{basis::Basis, kept::Details},
    tenancy::{OrgChange, Scope},
};
use std::collections::BTreeSet;

/// How often it is looked again where something of it changes meanwhile.
pub(crate) const TRIES: usize = 5;

/// What would come of an order.
pub(crate) struct Looked {
    order: DeployCommand,
    found: Result<(Impact, Based)>,
}

/// What an impact is based on, as far as that changes. At which paths other prompts are served is no part of it: that
/// only has to do with what is told of deploying again what is live.
pub(super) struct Based {
    /// The name of the environment, and whether it is protected.
    pub(super) environment: (EnvironmentName, bool),
    /// What services would be told of the prompt.
    pub(super) told: Details,
    /// The live prompts that may be put together from it.
    pub(super) users: BTreeSet<User>,
    pub(super) basis: Basis,
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

impl Based {
    async fn is_still(&self, change: &mut OrgChange, order: &DeployCommand) -> Result<bool> {
        let environment = environments::find(&mut *change, order.environment).await?;
        let is_protected = environment.is_protected();
        if (environment.name, is_protected) != self.environment
            || impact::told(&mut *change, order).await? != self.told
        {
            return Ok(false);
        }
        let users = users_in(change, order.prompt, order.environment).await?;
        Ok(users.into_iter().collect::<BTreeSet<_>>() == self.users && self.basis.is_still(change).await?)
    }
}

/// That something of it always changes meanwhile.
pub(crate) fn never_still() -> Error {
    Error::conflict("Prompts or deployments changed while this was being checked. Try again.")
}
