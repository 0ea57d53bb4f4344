use crate::role::Role;

/// How long invitations may be good for, in hours, with what people read: 1 hour to 30 days.
pub const INVITATION_HOURS: [(i64, &str); 6] =
    [(1, "1 hour"), (24, "1 day"), (72, "3 days"), (168, "7 days"), (336, "14 days"), (720, "30 days")];

/// The role an invitation is for unless somebody says otherwise: any but Owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DefaultRole(Role);

impl DefaultRole {
    /// The roles there are to choose from.
    pub fn all() -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(|role| Self::new(*role).is_some())
    }

    /// The role, unless it is one that nobody should be by default.
    #[must_use]
    pub fn new(role: Role) -> Option<Self> {
        (role != Role::Owner).then_some(Self(role))
    }

    /// The role.
    #[must_use]
    pub const fn role(self) -> Role {
        self.0
    }
}
