use crate::role::Role;
use serde::{Deserialize, Serialize};

/// The state of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
#[schema(as = InvitationState)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It can still be accepted.
    Pending,
    /// It was accepted.
    Accepted,
    /// The invited person declined it.
    Declined,
    /// It was revoked.
    Revoked,
    /// Its time is over. It is stored as pending.
    Expired,
}

/// What came of inviting one address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    /// The address, canonical if it is one, or as typed.
    pub email: String,
    /// How it went: or why not, for people.
    pub result: Result<Sent, String>,
}

/// An invitation that is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// As what.
    pub role: Role,
    /// The copyable link, which nobody can be shown again.
    pub link: String,
    /// Whether it was invited before and this replaces that.
    pub again: bool,
}
