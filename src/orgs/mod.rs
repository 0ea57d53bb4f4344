//! Organizations: making one, switching between them, their settings, and the frame around every
//! page of one.

#[cfg(feature = "ssr")]
mod account_menu;
pub mod actions;
#[cfg(feature = "ssr")]
pub mod closure;
mod model;

#[cfg(feature = "ssr")]
#[expect(unreachable_pub, reason = "a component comes with the type of its props")]
mod avatar;
#[cfg(feature = "ssr")]
mod frame;
#[cfg(feature = "ssr")]
pub mod image;
#[cfg(feature = "ssr")]
mod letters;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod place;
#[cfg(feature = "ssr")]
pub mod settings;
#[cfg(feature = "ssr")]
mod settings_forms;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(feature = "ssr")]
pub mod trouble;

#[cfg(feature = "ssr")]
pub use account_menu::{SET_THEME, SIGN_OUT};
pub use actions::{
    CheckSlug, CreateOrganization, DeleteOrganization, RestoreOrganization, SetAccess, SetAvatar,
    SetInvitationRules, UpdateSettings,
};
#[cfg(feature = "ssr")]
pub use avatar::OrgAvatar;
#[cfg(feature = "ssr")]
pub use frame::Frame;
pub use model::{DefaultRole, INVITATION_HOURS};
#[cfg(feature = "ssr")]
pub use place::Place;
