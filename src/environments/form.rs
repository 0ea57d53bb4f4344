//! What people choose for an environment.

use super::rule::Rule;
use crate::error::{Error, Result};

/// Who must agree, as a form says it.
///
/// # Errors
/// [`Error::Invalid`] at `approvals`: what is not chosen protects nothing, and is no choice.
pub(super) fn rule_of(typed: &str) -> Result<Rule> {
    Rule::parse(typed).ok_or_else(|| Error::invalid("approvals", "Choose who can deploy."))
}
