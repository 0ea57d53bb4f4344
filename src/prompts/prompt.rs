//! A prompt, without what it says.

use super::{Tags, content::Kind};
use crate::{
    fields::PathName,
    id::{FolderId, PromptId},
    time::Timestamp,
};

/// A prompt that is not in the trash.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Prompt {
    /// Its id.
    pub id: PromptId,
    /// The folder it is in; none at the top.
    pub folder_id: Option<FolderId>,
    /// What it is called.
    pub name: PathName,
    /// The names from the top down to it, divided by slashes.
    pub path: String,
    /// Whether it is one text or messages.
    pub kind: Kind,
    /// What it is for.
    pub description: String,
    /// Its tags.
    pub tags: Tags,
    /// The number of its newest version; 0 before the first.
    pub latest: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it, its path, its draft or its versions last changed.
    pub updated_at: Timestamp,
}
