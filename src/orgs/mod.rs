//! Organizations: making one, switching between them, their settings, and the frame around every
//! page of one.

mod account_menu;
pub mod actions;
pub mod closure;
mod model;

mod app_layout;
#[expect(unreachable_pub, reason = "a component comes with the type of its props")]
mod avatar;
mod emails;
pub mod image;
mod navigation;
pub mod pages;
pub mod settings;
mod settings_forms;
pub mod store;
pub mod trouble;

pub use account_menu::{SET_THEME, SIGN_OUT};
pub use actions::{
    CheckSlug, CreateOrganization, DeleteOrganization, RestoreOrganization, SetAccess, SetAvatar,
    SetInvitationRules, UpdateSettings,
};
pub use app_layout::AppLayout;
pub use avatar::OrgAvatar;
pub use model::{DefaultRole, INVITATION_HOURS};
pub use navigation::Place;
