//! The audit trail: one row for each thing done, written in the transaction that does it.
//!
//! Append-only: no code changes or removes a row. It holds no token and no secret.

use super::{caller::Client, change::Change};
use crate::{
    error::Result,
    id::{AuditId, OrgId},
    role::Role,
};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

/// What was done to what.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The act, `noun.verb`: `member.removed`.
    pub action: &'static str,
    /// The id of the thing it was done to.
    pub target: Option<Uuid>,
    /// What the thing was before and is after, as far as it changed: `{"before":…, "after":…}`.
    pub details: Value,
}

impl Entry {
    /// An entry on a thing.
    #[must_use]
    pub fn new(action: &'static str, target: impl Into<Option<Uuid>>) -> Self {
        Self { action, target: target.into(), details: Value::Null }
    }

    /// With what changed.
    #[must_use]
    pub fn details(mut self, details: Value) -> Self {
        self.details = details;
        self
    }
}

/// Who did it, and as what.
#[derive(Debug, Clone, Copy)]
pub struct Doer {
    /// `person`, `key` or `system`.
    pub kind: &'static str,
    /// The person's or key's id.
    pub id: Option<Uuid>,
    /// The role it had then.
    pub role: Option<Role>,
}

/// Writes the row.
pub(super) async fn record(
    change: &mut Change,
    org: Option<OrgId>,
    doer: Doer,
    client: &Client,
    entry: Entry,
) -> Result<()> {
    let (id, now) = (AuditId(change.clock().id()), change.clock().now());
    change
        .query(
            "INSERT INTO audit_log (id, org_id, created_at, actor_kind, actor_id, actor_role, action, target_id, details, ip, user_agent, request_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(id)
        .bind(org)
        .bind(now)
        .bind(doer.kind)
        .bind(doer.id)
        .bind(doer.role)
        .bind(entry.action)
        .bind(entry.target)
        .bind(Json(entry.details))
        .bind(client.ip.map(|ip| ip.to_string()))
        .bind(client.user_agent.clone())
        .bind(client.request_id.clone())
        .execute()
        .await?;
    Ok(())
}
