//! The people whom emails about approvals go to.

use crate::{
    error::Result,
    fields::{Email, Name},
    id::{ApiKeyId, UserId},
    tenancy::OrgChange,
    time::Span,
};

/// The most people who are told of a request.
const MAX_TOLD: i64 = 50;
/// The most emails of a kind that somebody gets within an hour.
const MAX_EMAILS: i64 = 20;

/// Those who may approve what somebody asks for, with a key if one did, and have not been told of more than they can
/// read by emails of this kind.
///
/// # Errors
/// When the database fails.
pub async fn approvers(
    change: &mut OrgChange,
    (by, key): (UserId, Option<ApiKeyId>),
    kind: &'static str,
) -> Result<Vec<(Email, Name)>> {
    let since = change.now() - Span::hours(1);
    let people = change.query(
        "SELECT u.email, u.name FROM members m JOIN users u ON u.id = m.user_id
         WHERE m.org_id = $1 AND m.role IN ('admin', 'owner') AND m.user_id <> $2
           AND NOT EXISTS (SELECT 1 FROM key_holders h
             WHERE h.org_id = m.org_id AND h.key_id = $3 AND h.user_id = m.user_id)
           AND (SELECT count(*) FROM letters l WHERE l.org_id = m.org_id AND l.recipient = u.email
             AND l.kind = $4 AND l.created_at > $5) < CAST($6 AS BIGINT)
         ORDER BY m.user_id LIMIT CAST($7 AS BIGINT)",
    );
    let people = people.bind(by).bind(key).bind(kind).bind(since);
    Ok(people.bind(MAX_EMAILS).bind(MAX_TOLD).all().await?)
}

/// Somebody, where they are a member.
///
/// # Errors
/// When the database fails.
pub async fn member(change: &mut OrgChange, user: UserId) -> Result<Option<(Email, Name)>> {
    let member = change.query(
        "SELECT u.email, u.name FROM members m JOIN users u ON u.id = m.user_id
         WHERE m.org_id = $1 AND m.user_id = $2",
    );
    Ok(member.bind(user).optional().await?)
}

/// The name of who acts: a member or a key.
///
/// # Errors
/// When the database fails.
pub async fn doer(change: &mut OrgChange) -> Result<String> {
    let doer = change.doer();
    let name: Option<(Name,)> = match doer.kind {
        "person" => {
            let name = change.query(
                "SELECT u.name FROM members m JOIN users u ON u.id = m.user_id WHERE m.org_id = $1 AND m.user_id = $2",
            );
            name.bind(doer.id).optional().await?
        }
        "key" => {
            let name = change.query("SELECT name FROM api_keys WHERE org_id = $1 AND id = $2");
            name.bind(doer.id).optional().await?
        }
        _ => None,
    };
    Ok(name.map_or_else(|| "Someone".to_owned(), |(name,)| name.to_string()))
}
