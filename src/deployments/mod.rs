//! Deployments: which version of a prompt is live in which environment.
//!
//! What is done to what is live is a row that never changes, and the newest row of a prompt in an
//! environment is what is live there. Every way there (deploying, promoting, rolling back, undeploying, an
//! approved request) ends in one function, which refuses what would break something that is live. That is looked at
//! before the change begins, since it may take long; within the change it is only made sure that nothing of it has
//! changed since.
//!
//! A request has a [`fingerprint`] of everything that would be served, and so has each approval: what was approved
//! is what goes live. Where that changes meanwhile the approvals are void ([`voiding`]).

pub mod actions;
#[cfg(feature = "ssr")]
pub mod approve;
#[cfg(feature = "ssr")]
pub mod asked;
#[cfg(feature = "ssr")]
pub mod deploy;
#[cfg(feature = "ssr")]
mod differs;
#[cfg(feature = "ssr")]
pub mod drift;
#[cfg(feature = "ssr")]
pub mod fingerprint;
#[cfg(feature = "ssr")]
pub mod impact;
#[cfg(feature = "ssr")]
mod letters;
#[cfg(feature = "ssr")]
pub(crate) mod looked;
#[cfg(feature = "ssr")]
pub mod made_of;
#[cfg(feature = "ssr")]
pub mod model;
#[cfg(feature = "ssr")]
pub mod overview;
#[cfg(feature = "ssr")]
pub mod requests;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(feature = "ssr")]
pub mod users;
#[cfg(feature = "ssr")]
pub mod voiding;

pub use actions::{ApproveDeployment, DeclineDeployment, Deploy, WithdrawDeployment};
