//! What comes of the things in a file, line by line.

use serde::{Deserialize, Serialize};

/// What comes of a thing in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    /// It is new.
    Create,
    /// It is there, and becomes another.
    Change,
    /// Nothing happens.
    Skip,
}

/// What comes of one thing in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What happens.
    pub act: Act,
    /// The path of the folder or prompt; empty for the variables of the organization.
    pub path: String,
    /// What exactly, or why not.
    pub says: String,
}

/// How many lines tell of an act.
#[must_use]
pub fn count(lines: &[Line], act: Act) -> usize {
    lines.iter().filter(|line| line.act == act).count()
}
