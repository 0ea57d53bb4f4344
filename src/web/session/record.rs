//! What a record of a session holds.

use crate::{kernel::tokens::TokenHash, time::Span};
use serde::{Deserialize, Serialize};
use tower_sessions::session::Id;

/// How long requests that were sent under a session's id before still find it.
pub(super) const OVERLAP: Span = Span::seconds(10);
pub(super) const VISIT: &str = "visit";
/// Marks the record of somebody who just signed in: the only one that makes a session.
pub(super) const NEW: &str = "new";
/// When the session was used last, in a record that was loaded. Neither mark is stored.
pub(super) const SEEN: &str = "seen";

/// Where a session begins, and the hash of the password that was shown for it.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) ip: Option<String>,
    pub(super) user_agent: String,
    pub(super) password_hash: String,
}

/// What is stored of a session's id.
pub(super) fn hash(id: Id) -> TokenHash {
    TokenHash::of(&id.0.to_string())
}
