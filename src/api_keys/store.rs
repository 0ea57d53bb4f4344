//! Keys in the database: made, rotated, revoked.

use super::reach;
use crate::{
    delivery::keys::KeyToken,
    error::{Error, Result},
    fields::Name,
    id::{ApiKeyId, EnvironmentId, FolderId, UserId},
    key_scope::KeyScopes,
    role::ManageApiKeys,
    tenancy::{
        Grant, OrgChange, Topic,
        api_key::Limit,
        audit::{Action, Entry},
    },
    time::{Span, Timestamp},
    ui::{Moment, rfc3339},
    web::Proof,
};
use serde_json::{Value, json};

/// The most keys of an organization that are good.
pub const MAX: i64 = 200;

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
    let after = after(grant, new).await?;
    let (mut change, by) = (grant.change().await?, maker(grant, proof)?);
    let now = change.now();
    let good = change.query(
        "SELECT count(*) FROM api_keys
         WHERE org_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)",
    );
    let (good,): (i64,) = good.bind(now).one().await?;
    if good >= MAX {
        return Err(Error::conflict(format!(
            "An organization can have at most {MAX} keys. Revoke one first."
        )));
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
    hold(&mut change, id, by).await?;
    tell(change, Action::KeyCreated, id, json!({ "of": new.name, "after": after })).await?;
    Ok((id, token))
}

/// What the audit log says of a new key.
async fn after(grant: &Grant<ManageApiKeys>, new: &NewKey) -> Result<Value> {
    let (environments, folders) = reach::of(grant, &new.environments, &new.folders).await?;
    Ok(json!({
        "scopes": new.scopes.codes(),
        "environments": environments.unwrap_or_else(|| "all".to_owned()),
        "folders": folders.unwrap_or_else(|| "all".to_owned()),
        "expires_at": new.expires_at.map_or_else(|| "never".to_owned(), rfc3339),
    }))
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
    let (mut change, by) = (grant.change().await?, maker(grant, proof)?);
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
            "This key was already rotated: the previous secret works until {until}. Wait until then, or choose “Stop immediately” to end both secrets now."
        )));
    }
    let token = KeyToken::new(Some(&public_id));
    let rotate = change.query(
        "UPDATE api_keys SET previous_hash = secret_hash, previous_until = $3, secret_hash = $4, last_four = $5
         WHERE org_id = $1 AND id = $2",
    );
    let rotate = rotate.bind(id).bind(now + overlap).bind(token.hash());
    rotate.bind(token.last_four().to_owned()).execute().await?;
    hold(&mut change, id, by).await?;
    let details = json!({ "of": name, "after": { "overlap_minutes": overlap.whole_minutes() } });
    tell(change, Action::KeyRotated, id, details).await?;
    Ok(token)
}

/// Takes a key back. One that was is left as it is, but all processes hear of it once more: those who ask again
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

/// Notes that somebody is shown a secret of a key, and so may be who uses it.
async fn hold(change: &mut OrgChange, id: ApiKeyId, by: UserId) -> Result<()> {
    let hold = change.query(
        "INSERT INTO key_holders (org_id, key_id, user_id) VALUES ($1, $2, $3)
         ON CONFLICT (org_id, key_id, user_id) DO NOTHING",
    );
    hold.bind(id).bind(by).execute().await?;
    Ok(())
}

/// The person acting, whose own password it was.
fn maker(grant: &Grant<ManageApiKeys>, proof: &Proof) -> Result<UserId> {
    let acts = grant.person().map(|person| person.id);
    acts.filter(|id| *id == proof.user()).ok_or(Error::Forbidden)
}

async fn tell(mut change: OrgChange, action: Action, id: ApiKeyId, details: Value) -> Result<()> {
    change.audit(Entry::new(action, id.0).details(details)).await?;
    change.announce(Topic::Keys, id.0).await?;
    change.commit().await
}
