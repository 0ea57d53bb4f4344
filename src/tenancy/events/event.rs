//! What happened.

use crate::{id::OrgId, time::Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What an event is about; pages name the topics they show in `data-live`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
#[serde(rename_all = "lowercase")]
pub enum Topic {
    /// Who is a member, and as what; the id is the person's.
    Members,
    /// Invitations; the id is the invitation's.
    Invitations,
    /// The organization's own name and settings; the id is its own.
    Organization,
    /// Folders and prompts, what they are called and where; the id is the folder's or prompt's.
    Prompts,
    /// Drafts; the id is the prompt's.
    Drafts,
    /// What search finds, where it caught up with what was announced before; the id means nothing.
    Search,
    /// Environments, and what is deployed to them; the id is the prompt's or environment's.
    Deployments,
    /// API keys; the id is the key's.
    Keys,
    /// A signed-in browser that is no longer; the id is the session's. Of no organization.
    Session,
}

impl Topic {
    /// The topic's name in pages and streams.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Invitations => "invitations",
            Self::Organization => "organization",
            Self::Prompts => "prompts",
            Self::Drafts => "drafts",
            Self::Search => "search",
            Self::Deployments => "deployments",
            Self::Keys => "keys",
            Self::Session => "session",
        }
    }
}

/// Something that happened and is committed.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Event {
    /// Its place in the order of all events of the database, with gaps.
    pub seq: i64,
    /// The organization it happened in; none for sessions.
    pub org_id: Option<OrgId>,
    /// What it is about.
    pub topic: Topic,
    /// The thing it happened to.
    pub entity_id: Uuid,
    /// When.
    pub created_at: Timestamp,
}

impl Event {
    /// Whether somebody may wait until all processes have heard of it: only marks are of no organization, and
    /// the ends of sessions, which are few.
    pub(super) const fn is_waited_for(&self) -> bool {
        self.org_id.is_none()
    }
}
