//! Accounts: signing up, proving an address, signing in and out, forgotten passwords.
//!
//! With mail there is no account before its address is proven, so nobody can hold an address that
//! is not theirs, and no answer tells whether an address has an account.

pub mod actions;

#[cfg(feature = "ssr")]
pub mod entrance;
#[cfg(feature = "ssr")]
mod letters;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod resets;
#[cfg(feature = "ssr")]
mod sign_ups;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(feature = "ssr")]
pub mod two_factor;

pub use actions::{
    ConfirmSignUp, ForgotPassword, ProveSecondFactor, ResendSignUp, ResetPassword, SetTheme, SignIn, SignOut,
    SignUp,
};
#[cfg(feature = "ssr")]
pub use letters::Happened;
