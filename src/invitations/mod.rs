//! Invitations: asking people in by email, and their coming in.
//!
//! Each has two tokens. The mailed one proves the address; the copyable one, which the inviter
//! sees, proves nothing and admits only an account whose address is proven otherwise. Opening a
//! link changes nothing; accepting adds a membership and never changes one.

pub mod actions;
mod model;

mod emails;
mod entry;
pub mod entry_page;
mod limits;
pub mod listing;
pub mod pages;
pub mod pending;
pub mod store;

pub use actions::{
    AcceptInvitation, DeclineInvitation, InviteMembers, JoinAsNew, ResendInvitation, RevokeInvitation,
};
pub use model::{Invited, Sent, State};
