//! Environments: where prompts are deployed to, and where services read them from. A workspace begins with
//! development, staging and production; what is protected, others must approve.

pub mod actions;
#[cfg(feature = "ssr")]
mod form;
#[cfg(feature = "ssr")]
mod letters;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
pub mod people;
#[cfg(feature = "ssr")]
mod protect;
#[cfg(feature = "ssr")]
pub mod purge;
#[cfg(feature = "ssr")]
pub mod requests;
#[cfg(feature = "ssr")]
pub mod rule;
#[cfg(feature = "ssr")]
pub mod store;

pub use actions::{
    CreateEnvironment, DecideEnvironment, DeleteEnvironment, MoveEnvironment, SetEnvironment,
    WithdrawEnvironment,
};
