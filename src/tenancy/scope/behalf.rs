//! On whose behalf work is done in a scope.

use super::Scope;
use crate::kernel::Behalf;

impl Scope {
    /// On whose behalf something is done for the actor.
    #[must_use]
    pub fn behalf(&self) -> Behalf {
        let maker = self.key().map(|key| key.created_by);
        let person = self.person().map(|person| person.id).or(maker);
        Behalf { org: self.organization().id, person }
    }
}
