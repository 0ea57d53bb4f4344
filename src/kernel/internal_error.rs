//! Faults of ours.

use super::clock::random;
use crate::{error::Error, text::hex};

/// A fault of ours: logs the cause under a reference and keeps only that.
pub fn internal(cause: &dyn std::fmt::Display) -> Error {
    let reference = hex(&random::<4>());
    tracing::error!(reference, %cause, "internal error");
    Error::Internal { reference }
}
