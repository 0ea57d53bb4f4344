//! Organizations: making one, switching between them, their settings, and the frame around every
//! page of one.

pub mod actions;
mod model;

#[cfg(feature = "ssr")]
mod frame;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod store;

pub use actions::{CheckSlug, CreateOrganization, UpdateSettings};
#[cfg(feature = "ssr")]
pub use frame::{Frame, Place};
pub use model::{DefaultRole, INVITATION_HOURS};
