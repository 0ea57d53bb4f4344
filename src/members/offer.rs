//! An offer of the organization.

use crate::{
    fields::{Email, Name},
    id::UserId,
    time::{Span, Timestamp},
};

/// How long an offer is good for.
pub const GOOD_FOR: Span = Span::days(7);

/// An offer that can be taken.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Transfer {
    /// Who offers.
    pub from_id: UserId,
    /// Their name.
    pub from_name: Name,
    /// To whom.
    pub to_id: UserId,
    /// Their name.
    pub to_name: Name,
    /// Their address.
    pub to_email: Email,
    /// When it runs out.
    pub expires_at: Timestamp,
}
