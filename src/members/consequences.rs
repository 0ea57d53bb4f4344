//! What follows from a change of somebody's role, told before it is made.

use crate::{
    error::Result,
    fields::counted,
    id::UserId,
    role::Role,
    tenancy::{OrgChange, Scope},
    time::Timestamp,
};

/// What the person who changes something has been told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Agreed {
    /// How many invitations would end; none when nothing was told.
    pub invitations: Option<i64>,
    /// Whether the actor takes those over.
    pub takes_over: bool,
}

/// What came of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was made; this is what the member was before.
    Done(Role),
    /// They were that already.
    Nothing,
    /// The actor has to be told first what follows.
    Asks,
}

/// A change of what somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Follows {
    pub(super) before: Role,
    /// What they become; nothing when they are out.
    pub(super) to: Option<Role>,
    pub(super) is_self: bool,
}

impl Follows {
    /// Whether it makes or unmakes an Owner.
    pub(super) fn is_about_owners(self) -> bool {
        (self.before == Role::Owner) != (self.to == Some(Role::Owner))
    }

    /// Whether somebody gives away what they cannot take back.
    pub(super) fn is_own_loss(self) -> bool {
        self.is_self && self.to.is_none_or(|to| to < self.before)
    }

    /// Whether to ask before it is made: so many invitations would end, and this was told of them.
    pub(super) fn asks(self, invitations: i64, agreed: Agreed) -> bool {
        match agreed.invitations {
            Some(told) => told != invitations,
            None => invitations > 0 || self.is_about_owners() || self.is_own_loss(),
        }
    }
}

/// The roles that somebody who is `role`, or nothing any more, could invite nobody as.
pub(super) fn beyond(role: Option<Role>) -> impl Iterator<Item = Role> {
    Role::ALL.into_iter().filter(move |above| !role.is_some_and(|role| role.may_grant(*above)))
}

const PENDING: &str = "SELECT role, count(*) FROM invitations
     WHERE org_id = $1 AND inviter_id = $2 AND state = 'pending' AND expires_at > $3 GROUP BY role";

fn sum(pending: &[(Role, i64)], role: Option<Role>) -> i64 {
    beyond(role).flat_map(|above| pending.iter().filter(move |(of, _)| *of == above)).map(|(_, n)| n).sum()
}

/// How many invitations of somebody end when they become `role`, or nothing: those that could be accepted.
///
/// # Errors
/// When the database fails.
pub async fn foretold(scope: &Scope, user: UserId, role: Option<Role>) -> Result<i64> {
    let now: Timestamp = scope.server().clock.now();
    let pending: Vec<(Role, i64)> = scope.query(PENDING).bind(user).bind(now).all().await?;
    Ok(sum(&pending, role))
}

/// The same, as things are now.
pub(super) async fn told(change: &mut OrgChange, user: UserId, role: Option<Role>) -> Result<i64> {
    let now = change.now();
    let pending: Vec<(Role, i64)> = change.query(PENDING).bind(user).bind(now).all().await?;
    Ok(sum(&pending, role))
}

/// "1 invitation", "18 invitations".
#[must_use]
pub fn invitations(n: i64) -> String {
    counted(n, "invitation")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_has_to_know_of_is_asked_first() {
        let follows = |before, to, is_self| Follows { before, to, is_self };
        let unasked = Agreed::default();
        let told = |n| Agreed { invitations: Some(n), takes_over: false };
        for (change, asks) in [
            (follows(Role::Editor, Some(Role::Viewer), false), false),
            (follows(Role::Viewer, Some(Role::Admin), false), false),
            (follows(Role::Admin, Some(Role::Owner), false), true),
            (follows(Role::Owner, Some(Role::Admin), false), true),
            (follows(Role::Admin, Some(Role::Viewer), true), true),
            (follows(Role::Owner, None, false), true),
        ] {
            assert_eq!(change.asks(0, unasked), asks, "{change:?}");
            assert!(change.asks(1, unasked) && !change.asks(1, told(1)), "{change:?}");
            assert!(change.asks(2, told(1)) && !change.asks(0, told(0)), "{change:?}");
        }
    }

    #[test]
    fn what_one_could_not_send_is_beyond() {
        assert_eq!(beyond(Some(Role::Admin)).collect::<Vec<_>>(), [Role::Owner]);
        assert_eq!(beyond(Some(Role::Editor)).count(), 4);
        assert_eq!(beyond(None).count(), 4);
        assert_eq!((invitations(1), invitations(18)), ("1 invitation".into(), "18 invitations".into()));
    }
}
