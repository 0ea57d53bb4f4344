//! One's own account: name, address, password, second factor, sessions, organizations, and its end.

pub mod actions;

#[cfg(feature = "ssr")]
mod address;
#[cfg(feature = "ssr")]
pub mod closure;
#[cfg(feature = "ssr")]
mod frame;
#[cfg(feature = "ssr")]
mod letters;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod security_page;
#[cfg(feature = "ssr")]
mod sessions;
#[cfg(feature = "ssr")]
mod store;

pub use actions::{
    BeginTwoFactor, ChangeAddress, ChangePassword, CloseAccount, ConfirmAddress, ConfirmTwoFactor,
    EndOtherSessions, EndSession, EndTwoFactor, FinishTwoFactor, Rename, RenewRecoveryCodes,
};
