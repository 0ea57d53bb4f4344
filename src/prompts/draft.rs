//! A draft, as it was read.

use super::content::Content;
use crate::{error::Result, fields::Name, id::UserId, kernel::internal, time::Timestamp};

/// A draft.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// What it says.
    pub content: Content,
    /// Counts its changes.
    pub revision: i64,
    /// The version it began from; 0 before the first.
    pub base: i64,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Who changed it last, if that is known.
    pub updated_by: Option<Name>,
    /// Their id.
    pub by: Option<UserId>,
}

impl Draft {
    /// What to tell somebody who changed the same of it at the same time.
    #[must_use]
    pub fn conflict(&self, person: Option<UserId>) -> String {
        match &self.updated_by {
            Some(_) if self.by == person => "You edited this draft in another tab.".to_owned(),
            Some(name) => format!("{name} edited this draft while you were editing it."),
            None => "This draft was edited while you were editing it.".to_owned(),
        }
    }
}

/// A content as it stands in the database.
///
/// # Errors
/// [`Error::Internal`](crate::error::Error::Internal) when it is none.
pub(super) fn parse(json: &str) -> Result<Content> {
    serde_json::from_str(json).map_err(|error| internal(&error))
}
