//! Invitations: asking people in by email, and their coming in.
//!
//! Each has two tokens. The mailed one proves the address; the copyable one, which the inviter
//! sees, proves nothing and admits only an account whose address is proven otherwise. Opening a
//! link changes nothing; accepting adds a membership and never changes one.

pub mod actions;
mod model;

#[cfg(feature = "ssr")]
mod entry;
#[cfg(feature = "ssr")]
pub mod entry_page;
#[cfg(feature = "ssr")]
mod letters;
#[cfg(feature = "ssr")]
mod limits;
#[cfg(feature = "ssr")]
pub mod listing;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod pending;
#[cfg(feature = "ssr")]
pub mod store;

pub use actions::{
    AcceptInvitation, DeclineInvitation, InviteMembers, JoinAsNew, ResendInvitation, RevokeInvitation,
};
pub use model::{Invited, Sent, State};
