//! What a look at an order is based on.

use super::{
    dependents::{User, users_in},
    model::{DeployCommand, Kind},
};
use crate::{
    environments::store as environments,
    error::{Error, Result},
    fields::EnvironmentName,
    prompts::{
        basis::Basis,
        kept::{Details, details, details_now},
    },
    tenancy::{OrgChange, Reads},
};
use std::collections::BTreeSet;

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

impl Based {
    pub(super) async fn is_still(&self, change: &mut OrgChange, order: &DeployCommand) -> Result<bool> {
        let environment = environments::find(&mut *change, order.environment).await?;
        let is_protected = environment.is_protected();
        if (environment.name, is_protected) != self.environment
            || told(&mut *change, order).await? != self.told
        {
            return Ok(false);
        }
        let users = users_in(change, order.prompt, order.environment).await?;
        Ok(users.into_iter().collect::<BTreeSet<_>>() == self.users && self.basis.is_still(change).await?)
    }
}

/// What services would be told of the prompt of an order: what they were told before, where that is restored.
pub(super) async fn told(mut reads: impl Reads, order: &DeployCommand) -> Result<Details> {
    let mut told = details_now(&mut reads, order.prompt).await?.ok_or(Error::NotFound)?;
    if let Some(version) = order.version.filter(|_| order.kind == Kind::Rollback)
        && let Some(before) = details(&mut reads, order.environment, (order.prompt, version)).await?
    {
        (told.description, told.tags) = (before.description, before.tags);
    }
    Ok(told)
}
