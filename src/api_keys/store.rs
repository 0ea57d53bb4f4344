//! Keys in the database.

use crate::{
    error::{Error, Result},
    fields::Name,
    id::{ApiKeyId, EnvironmentId, FolderId, UserId},
    key_scope::KeyScopes,
    role::ManageApiKeys,
    server::{
        Grant, OrgChange, Proof, Topic,
        audit::{Action, Entry},
        keys::{KeyToken, Limit},
    },
    time::{Span, Timestamp},
    ui::Moment,
};
use serde_json::json;

/// The most keys of an organization that are good.
pub const MAX: i64 = 200;

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

/// All keys: those that are good by name, then those that were taken back.
///
/// # Errors
/// When the database fails.
pub async fn list(grant: &Grant<ManageApiKeys>) -> Result<Vec<ApiKey>> {
    let rows = grant.query(keys!(" ORDER BY k.revoked_at IS NOT NULL, lower(k.name), k.id"));
    Ok(rows.all::<Row>().await?.into_iter().map(ApiKey::from).collect())
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

/// What a key is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// What it is called.
    pub name: Name,
    /// What it may do.
    pub scopes: KeyScopes,
    /// Which environments it reaches.
    pub environments: Limit<EnvironmentId>,
    /// Which folders it reaches.
    pub folders: Limit<FolderId>,
    /// When it runs out.
    pub expires_at: Option<Timestamp>,
}

/// Makes a key.
///
/// # Errors
/// [`Error::Conflict`] when there are too many; [`Error::Forbidden`] when somebody else's password was
/// entered.
pub async fn create(
    grant: &Grant<ManageApiKeys>,
    new: &NewKey,
    proof: &Proof,
) -> Result<(ApiKeyId, KeyToken)> {
    let (mut change, by) = (grant.change().await?, maker(grant, proof)?);
    let now = change.now();
    let good = change.query(
        "SELECT count(*) FROM api_keys
         WHERE org_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)",
    );
    let (good,): (i64,) = good.bind(now).one().await?;
    if good >= MAX {
        return Err(Error::conflict(format!("A workspace has at most {MAX} keys. Revoke one first.")));
    }
    let (id, token) = (ApiKeyId(change.new_id()), KeyToken::new(None));
    change
        .query(
            "INSERT INTO api_keys (org_id, id, public_id, name, scopes, environments, folders, secret_hash,
               last_four, expires_at, created_by, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(id)
        .bind(token.public_id().to_owned())
        .bind(new.name.clone())
        .bind(new.scopes.codes())
        .bind(new.environments.stored())
        .bind(new.folders.stored())
        .bind(token.hash())
        .bind(token.last_four().to_owned())
        .bind(new.expires_at)
        .bind(by)
        .bind(now)
        .execute()
        .await?;
    let after = json!({
        "scopes": new.scopes.codes(),
        "environments": new.environments.stored(),
        "folders": new.folders.stored(),
        "expires_at": new.expires_at.map(crate::ui::rfc3339),
    });
    let details = json!({ "of": new.name, "after": after });
    tell(change, Action::KeyCreated, id, details).await?;
    Ok((id, token))
}

/// Gives a key a new secret; the one before is good for `overlap` more.
///
/// # Errors
/// [`Error::NotFound`] when there is no such key, or it is good no more; [`Error::Conflict`] when it would end
/// the secret before, which services may still use, ahead of its time; [`Error::Forbidden`] as in [`create`].
pub async fn rotate(
    grant: &Grant<ManageApiKeys>,
    id: ApiKeyId,
    overlap: Span,
    proof: &Proof,
) -> Result<KeyToken> {
    let mut change = grant.change().await?;
    maker(grant, proof)?;
    let now = change.now();
    let row = change.query(
        "SELECT public_id, name, previous_until FROM api_keys
         WHERE org_id = $1 AND id = $2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $3)",
    );
    let row: Option<(String, Name, Option<Timestamp>)> = row.bind(id).bind(now).optional().await?;
    let (public_id, name, previous_until) = row.ok_or(Error::NotFound)?;
    if let Some(until) = previous_until.filter(|until| now < *until && overlap > Span(0)) {
        let until = Moment::new(until, now).exact;
        return Err(Error::conflict(format!(
            "The key was rotated already: the secret before is good until {until}. Wait until then, or choose “Not at all”, which ends both secrets at once."
        )));
    }
    let token = KeyToken::new(Some(&public_id));
    let rotate = change.query(
        "UPDATE api_keys SET previous_hash = secret_hash, previous_until = $3, secret_hash = $4, last_four = $5
         WHERE org_id = $1 AND id = $2",
    );
    let rotate = rotate.bind(id).bind(now + overlap).bind(token.hash());
    rotate.bind(token.last_four().to_owned()).execute().await?;
    let details = json!({ "of": name, "after": { "overlap_minutes": overlap.whole_minutes() } });
    tell(change, Action::KeyRotated, id, details).await?;
    Ok(token)
}

/// Takes a key back. One that was is left as it is, but all processes hear of it once more: whoever asks again
/// may have been told that it failed.
///
/// # Errors
/// [`Error::NotFound`] when there is no such key; [`Error::Forbidden`] as in [`create`].
pub async fn revoke(grant: &Grant<ManageApiKeys>, id: ApiKeyId, proof: &Proof) -> Result<()> {
    let (mut change, by) = (grant.change().await?, maker(grant, proof)?);
    let row = change.query("SELECT name, revoked_at IS NOT NULL FROM api_keys WHERE org_id = $1 AND id = $2");
    let (name, is_revoked): (Name, bool) = row.bind(id).optional().await?.ok_or(Error::NotFound)?;
    if is_revoked {
        change.announce(Topic::Keys, id.0).await?;
        return change.commit().await;
    }
    let now = change.now();
    let revoke =
        change.query("UPDATE api_keys SET revoked_at = $3, revoked_by = $4 WHERE org_id = $1 AND id = $2");
    revoke.bind(id).bind(now).bind(by).execute().await?;
    tell(change, Action::KeyRevoked, id, json!({ "of": name })).await
}

/// The person acting, whose own password it was.
fn maker(grant: &Grant<ManageApiKeys>, proof: &Proof) -> Result<UserId> {
    let acts = grant.person().map(|person| person.id);
    acts.filter(|id| *id == proof.user()).ok_or(Error::Forbidden)
}

async fn tell(mut change: OrgChange, action: Action, id: ApiKeyId, details: serde_json::Value) -> Result<()> {
    change.audit(Entry::new(action, id.0).details(details)).await?;
    change.announce(Topic::Keys, id.0).await?;
    change.commit().await
}
