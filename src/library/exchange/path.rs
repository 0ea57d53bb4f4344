//! Paths in files, which may be anything.

use crate::prompts::store::MAX_PATH;

/// Whether a path has more characters than a path can have.
pub(super) fn is_too_long(path: &str) -> bool {
    path.chars().nth(MAX_PATH).is_some()
}

/// A path as people are shown it: of one that is too long, its beginning.
pub(super) fn shown(path: &str) -> String {
    if is_too_long(path) { path.chars().take(MAX_PATH).chain(['…']).collect() } else { path.to_owned() }
}
