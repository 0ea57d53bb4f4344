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
pub mod approve;
pub mod asked;
mod based;
pub mod dependents;
pub mod deploy;
mod differs;
pub mod drift;
mod emails;
pub mod fingerprint;
pub mod impact;
pub(crate) mod looked;
pub mod made_of;
pub mod model;
pub mod overview;
pub mod requests;
pub mod store;
pub mod voiding;

pub use actions::{ApproveDeployment, DeclineDeployment, Deploy, WithdrawDeployment};
