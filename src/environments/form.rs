//! What people choose for an environment.

use super::store::MAX_APPROVALS;
use crate::error::{Error, Result};

/// How many must approve, as a form says it.
///
/// # Errors
/// [`Error::Invalid`] at `approvals`: what is not chosen protects nothing, and is no choice.
pub(super) fn approvals_of(typed: &str) -> Result<i64> {
    let chosen = typed.parse().ok().filter(|approvals| (0..=MAX_APPROVALS).contains(approvals));
    chosen.ok_or_else(|| Error::invalid("approvals", "Choose who may deploy."))
}
