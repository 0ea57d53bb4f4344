//! On whose behalf work is done in a scope.

use super::Scope;
use crate::kernel::JobOwner;

impl Scope {
    /// On whose behalf something is done for the actor.
    #[must_use]
    pub fn behalf(&self) -> JobOwner {
        let maker = self.key().map(|key| key.created_by);
        let person = self.person().map(|person| person.id).or(maker);
        JobOwner { org: self.organization().id, person }
    }
}
