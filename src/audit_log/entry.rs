//! A row of the log as programs read it: in exports and through the API.

use super::{
    filter::Filter,
    store::{self, Row},
    words::target_name,
};
use crate::{
    error::Result,
    id::AuditId,
    prompts::sizes::weight,
    role::{Role, ViewAuditLog},
    tenancy::{Grant, audit::Action},
    ui::rfc3339_exact,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// An entry of the audit log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct Entry {
    #[schema(value_type = Uuid)]
    id: AuditId,
    /// RFC 3339, UTC, to the millisecond.
    #[schema(format = DateTime)]
    time: String,
    actor: Actor,
    /// The action.
    #[schema(value_type = Action)]
    action: String,
    target: Target,
    /// The changed values before and after; null if there are none.
    details: Value,
    #[schema(required)]
    ip: Option<String>,
    #[schema(required)]
    user_agent: Option<String>,
    request_id: String,
}

/// Who did it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditActor)]
struct Actor {
    /// `person`, `key` or `system`.
    #[schema(pattern = "^(person|key|system)$")]
    kind: String,
    #[schema(required)]
    id: Option<Uuid>,
    #[schema(required)]
    name: Option<String>,
    /// The role the person had at the time.
    #[schema(required)]
    role: Option<Role>,
}

/// The target of an action.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditTarget)]
struct Target {
    #[schema(required)]
    id: Option<Uuid>,
    #[schema(required)]
    name: Option<String>,
}

impl Entry {
    /// About how many bytes it is.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + weight(&self.details)
    }
}

impl From<&Row> for Entry {
    fn from(row: &Row) -> Self {
        Self {
            id: row.id,
            time: rfc3339_exact(row.created_at),
            actor: Actor {
                kind: row.actor_kind.clone(),
                id: row.actor_id,
                name: row.actor_name.as_ref().map(ToString::to_string),
                role: row.actor_role,
            },
            action: row.action.clone(),
            target: Target { id: row.target_id, name: target_name(row) },
            details: row.details.0.clone(),
            ip: row.ip.clone(),
            user_agent: row.user_agent.clone(),
            request_id: row.request_id.clone(),
        }
    }
}

/// The entries that a filter asks for, the newest first, at most `size`, and where the next page begins.
///
/// # Errors
/// When the database fails.
pub async fn entries(
    grant: &Grant<ViewAuditLog>,
    filter: &Filter,
    size: usize,
) -> Result<(Vec<Entry>, Option<AuditId>)> {
    let Some(asked) = filter.resolve(grant).await? else { return Ok((Vec::new(), None)) };
    let (rows, next) = store::list(grant, &asked, size).await?;
    Ok((rows.iter().map(Entry::from).collect(), next))
}
