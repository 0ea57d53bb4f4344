//! Faults of ours.

use super::clock::random;
use crate::error::Error;

/// A fault of ours: logs the cause under a reference and keeps only that.
pub fn internal(cause: &dyn std::fmt::Display) -> Error {
    let [a, b, c, d] = random::<4>();
    let reference = format!("{a:02x}{b:02x}{c:02x}{d:02x}");
    tracing::error!(reference, %cause, "internal error");
    Error::Internal { reference }
}
