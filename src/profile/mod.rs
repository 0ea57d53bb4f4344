//! One's own account: name, address, password, second factor, sessions, organizations, and its end.

pub mod actions;

mod address;
pub mod closure;
mod emails;
mod frame;
pub mod pages;
pub mod security_page;
mod sessions;
mod store;

pub use actions::{
    BeginTwoFactor, ChangeAddress, ChangePassword, CloseAccount, ConfirmAddress, ConfirmTwoFactor,
    EndOtherSessions, EndSession, EndTwoFactor, FinishTwoFactor, Rename, RenewRecoveryCodes,
};
