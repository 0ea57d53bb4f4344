//! The audit log in the database: rows of the organization, and rows of people that were its members
//! at that time. Each part is read in the order of its index, as far as a page reaches.

use super::filter::Asked;
use crate::{
    error::Result,
    fields::{Email, Name},
    id::AuditId,
    role::{Role, ViewAuditLog},
    tenancy::{Grant, audit::Action},
    time::Timestamp,
};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

/// A row of the log, with what it tells of by name.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: AuditId,
    pub(super) created_at: Timestamp,
    pub(super) actor_kind: String,
    pub(super) actor_id: Option<Uuid>,
    pub(super) actor_role: Option<Role>,
    pub(super) actor_name: Option<Name>,
    pub(super) action: String,
    pub(super) target_id: Option<Uuid>,
    pub(super) target_name: Option<Name>,
    pub(super) target_email: Option<Email>,
    pub(super) details: Json<Value>,
    pub(super) ip: Option<String>,
    pub(super) user_agent: Option<String>,
    pub(super) request_id: String,
    /// How many bytes of details there are up to this row, and with it.
    told: i64,
}

/// About the most bytes of details that a page tells.
const PAGE_BYTES: i64 = 1024 * 1024;

macro_rules! log {
    ($lead:literal) => {
        concat!(
            "SELECT x.id, x.created_at, x.actor_kind, x.actor_id, x.actor_role, coalesce(who.name, k.name) AS actor_name, x.action,
                    x.target_id, person.name AS target_name, i.email AS target_email, x.details, o.ip, o.user_agent, x.request_id,
                    x.earlier + octet_length(CAST(x.details AS TEXT)) AS told
             FROM (SELECT y.*, coalesce(sum(octet_length(CAST(y.details AS TEXT))) OVER (
                 ORDER BY y.id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS earlier FROM (
               SELECT * FROM (
                 SELECT a.* FROM audit_log a
                 WHERE a.org_id = $1 AND ", $lead, " AND a.id >= $2 AND a.id < $3
                   AND ($4 IS NULL OR a.actor_id = $4) AND ($5 IS NULL OR a.action = $5) AND ($6 IS NULL OR a.target_id = $6)
                 ORDER BY a.id DESC LIMIT CAST($7 AS BIGINT)) own
               UNION ALL
               SELECT * FROM (
                 SELECT a.* FROM audit_readers r JOIN audit_log a ON a.id = r.audit_id
                 WHERE r.org_id = $1 AND r.audit_id >= $2 AND r.audit_id < $3
                   AND ($4 IS NULL OR a.actor_id = $4) AND ($5 IS NULL OR a.action = $5) AND ($6 IS NULL OR a.target_id = $6)
                 ORDER BY r.audit_id DESC LIMIT CAST($7 AS BIGINT)) told
             ) y) x
             LEFT JOIN users who ON who.id = x.actor_id
             LEFT JOIN api_keys k ON k.org_id = $1 AND k.id = x.actor_id
             LEFT JOIN users person ON person.id = x.target_id
             LEFT JOIN invitations i ON i.org_id = $1 AND i.id = x.target_id
             LEFT JOIN audit_origins o ON o.audit_id = x.id
             WHERE x.earlier <= $8
             ORDER BY x.id DESC LIMIT CAST($7 AS BIGINT)"
        )
    };
}

// What is asked for leads the way into an index.
const ALL: &str = log!("TRUE");
const OF_ACTOR: &str = log!("a.actor_id = $4");
const OF_TARGET: &str = log!("a.target_id = $6");
const OF_ACTION: &str = log!("a.action = $5");

/// The rows that are asked for, the newest first, at most `size` and no more than a page takes, and where the next
/// page begins.
pub(super) async fn list(
    grant: &Grant<ViewAuditLog>,
    asked: &Asked,
    size: usize,
) -> Result<(Vec<Row>, Option<AuditId>)> {
    let mut rows = read(grant, asked, size + 1, PAGE_BYTES).await?;
    let more = rows.len() > size || rows.last().is_some_and(|row| row.told > PAGE_BYTES);
    // The row that is too much begins the next page, unless it is alone on this one.
    if rows.len() > size || more && rows.len() > 1 {
        rows.pop();
    }
    let next = rows.last().filter(|_| more).map(|row| row.id);
    Ok((rows, next))
}

/// The rows that are asked for, the newest first: at most `size`, and none after those that tell of so many bytes of
/// details.
pub(super) async fn read(
    grant: &Grant<ViewAuditLog>,
    asked: &Asked,
    size: usize,
    bytes: i64,
) -> Result<Vec<Row>> {
    let sql = match asked {
        Asked { target: Some(_), .. } => OF_TARGET,
        Asked { actor: Some(_), .. } => OF_ACTOR,
        Asked { action: Some(_), .. } => OF_ACTION,
        _ => ALL,
    };
    let rows = grant
        .query(sql)
        .bind(asked.first)
        .bind(asked.end)
        .bind(asked.actor)
        .bind(asked.action.map(Action::code))
        .bind(asked.target)
        .bind(i64::try_from(size).unwrap_or(i64::MAX))
        .bind(bytes);
    Ok(rows.all().await?)
}
