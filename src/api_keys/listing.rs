//! Keys as people see them.

use crate::{
    error::{Error, Result},
    fields::Name,
    id::{ApiKeyId, EnvironmentId, FolderId},
    key_scope::KeyScopes,
    role::ManageApiKeys,
    tenancy::{Grant, api_key::Limit},
    time::{Span, Timestamp},
};

/// A key as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// What it is called.
    pub name: Name,
    /// What there is to see of the key itself: `ps_<id>_…<last four>`.
    pub looks: String,
    /// What it may do.
    pub scopes: KeyScopes,
    /// Which environments it reaches.
    pub environments: Limit<EnvironmentId>,
    /// Which folders it reaches.
    pub folders: Limit<FolderId>,
    /// Until when the secret before is good, if it was rotated.
    pub previous_until: Option<Timestamp>,
    /// When it runs out.
    pub expires_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
    /// Who made it.
    pub by: Name,
    /// Whether they are a member still.
    pub is_maker_here: bool,
    /// When.
    pub created_at: Timestamp,
    /// When it was used last, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// From where.
    pub last_used_ip: Option<String>,
}

impl ApiKey {
    /// Whether it is neither revoked nor has run out.
    #[must_use]
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|at| now < at)
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: ApiKeyId,
    public_id: String,
    name: Name,
    scopes: String,
    environments: Option<String>,
    folders: Option<String>,
    last_four: String,
    previous_until: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    by: Name,
    is_maker_here: bool,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
    last_used_ip: Option<String>,
}

impl From<Row> for ApiKey {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name,
            looks: format!("ps_{}_…{}", row.public_id, row.last_four),
            scopes: KeyScopes::parse(&row.scopes),
            environments: Limit::parse(row.environments.as_deref()),
            folders: Limit::parse(row.folders.as_deref()),
            previous_until: row.previous_until,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            by: row.by,
            is_maker_here: row.is_maker_here,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            last_used_ip: row.last_used_ip,
        }
    }
}

macro_rules! keys {
    ($and:literal) => {
        concat!(
            "SELECT k.id, k.public_id, k.name, k.scopes, k.environments, k.folders, k.last_four, k.previous_until,
               k.expires_at, k.revoked_at, u.name AS by, m.user_id IS NOT NULL AS is_maker_here, k.created_at, k.last_used_at,
               k.last_used_ip
             FROM api_keys k JOIN users u ON u.id = k.created_by
             LEFT JOIN members m ON m.org_id = k.org_id AND m.user_id = k.created_by WHERE k.org_id = $1",
            $and
        )
    };
}

/// The keys that are good, by name; there are never more than [`MAX`](super::store::MAX).
///
/// # Errors
/// When the database fails.
pub async fn good(grant: &Grant<ManageApiKeys>) -> Result<Vec<ApiKey>> {
    let rows = grant.query(keys!(
        " AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $2) ORDER BY lower(k.name), k.id"
    ));
    let rows: Vec<Row> = rows.bind(grant.server().clock.now()).all().await?;
    Ok(rows.into_iter().map(ApiKey::from).collect())
}

/// The keys that were revoked or have run out, those made last first: `size` of them after the first `from`, and
/// whether there are more.
///
/// # Errors
/// When the database fails.
pub async fn ended(grant: &Grant<ManageApiKeys>, from: i64, size: i64) -> Result<(Vec<ApiKey>, bool)> {
    let rows = grant.query(keys!(
        " AND (k.revoked_at IS NOT NULL OR k.expires_at <= $2)
         ORDER BY k.created_at DESC, k.id LIMIT CAST($3 AS BIGINT) OFFSET CAST($4 AS BIGINT)"
    ));
    let rows: Vec<Row> = rows.bind(grant.server().clock.now()).bind(size + 1).bind(from).all().await?;
    let mut keys: Vec<_> = rows.into_iter().map(ApiKey::from).collect();
    let size = usize::try_from(size).unwrap_or_default();
    let has_more = keys.len() > size;
    keys.truncate(size);
    Ok((keys, has_more))
}

/// A key.
///
/// # Errors
/// [`Error::NotFound`] when there is no such key.
pub async fn find(grant: &Grant<ManageApiKeys>, id: ApiKeyId) -> Result<ApiKey> {
    let row: Option<Row> = grant.query(keys!(" AND k.id = $2")).bind(id).optional().await?;
    row.map(ApiKey::from).ok_or(Error::NotFound)
}

/// How often a key fetched prompts in the last thirty days and today.
///
/// # Errors
/// When the database fails.
pub async fn fetches(grant: &Grant<ManageApiKeys>, id: ApiKeyId) -> Result<i64> {
    let sum = grant.query(
        "SELECT CAST(coalesce(sum(fetches), 0) AS BIGINT) FROM key_usage
         WHERE org_id = $1 AND key_id = $2 AND day >= $3",
    );
    let from = grant.server().clock.now() - Span::days(30);
    let (sum,): (i64,) = sum.bind(id).bind(from.0.div_euclid(Span::days(1).0)).one().await?;
    Ok(sum)
}
