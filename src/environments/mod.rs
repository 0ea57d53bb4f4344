//! Environments: where prompts are deployed to, and where services read them from. A workspace begins with
//! development, staging and production; what is protected, others must approve.

pub mod actions;
mod apply;
mod emails;
mod form;
pub mod page;
pub mod people;
mod protect;
pub mod purge;
pub mod requests;
pub mod rule;
pub mod store;

pub use actions::{
    CreateEnvironment, DecideEnvironment, DeleteEnvironment, MoveEnvironment, SetEnvironment,
    WithdrawEnvironment,
};
