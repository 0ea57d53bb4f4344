//! Accounts: signing up, proving an address, signing in and out, forgotten passwords.
//!
//! With mail there is no account before its address is proven, so nobody can hold an address that
//! is not theirs, and no answer tells whether an address has an account.

pub mod actions;
mod confirmation;

mod emails;
pub mod pages;
mod resets;
pub mod sign_in;
mod sign_ups;
pub mod store;
pub mod two_factor;

pub use actions::{
    ConfirmSignUp, ForgotPassword, ProveSecondFactor, ResendSignUp, ResetPassword, SetTheme, SignIn, SignOut,
    SignUp,
};
pub use emails::Happened;
