//! Whose work it is.

use crate::id::{OrgId, UserId};
use uuid::Uuid;

/// On whose behalf work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobOwner {
    /// The organization.
    pub org: OrgId,
    /// Who asks for it, or made the key that does; none where it is the server itself.
    pub person: Option<UserId>,
}

impl JobOwner {
    /// Whose turn it is.
    pub(crate) fn turn(self) -> Uuid {
        self.person.map_or(self.org.0, |person| person.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_has_one_turn_in_all_their_organizations() {
        let [ana, acme, bold] = [1, 2, 3].map(Uuid::from_u128);
        let turn =
            |org, person: Option<Uuid>| JobOwner { org: OrgId(org), person: person.map(UserId) }.turn();
        assert_eq!(turn(acme, Some(ana)), turn(bold, Some(ana)));
        assert_ne!(turn(acme, None), turn(bold, None));
    }
}
