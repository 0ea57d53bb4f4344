//! API keys as principals: what a key is, what it reaches, and whether it is good.

use super::Server;
use crate::{
    error::Result,
    fields::Name,
    id::{ApiKeyId, EnvironmentId, FolderId, OrgId, UserId},
    kernel::tokens::TokenHash,
    key_scope::KeyScopes,
    tenancy::Client,
    time::{Span, Timestamp},
};
use serde::{Serialize, de::DeserializeOwned};

/// How old the last noted use is before another one is noted.
pub(crate) const NOTED: Span = Span::minutes(1);

/// A key that is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its id.
    pub id: ApiKeyId,
    /// The organization it belongs to.
    pub org: OrgId,
    /// What it is called.
    pub name: Name,
    /// What it may do.
    pub scopes: KeyScopes,
    /// Which environments it reaches.
    pub environments: Limit<EnvironmentId>,
    /// Which folders it reaches, each with all that is in it.
    pub folders: Limit<FolderId>,
    /// Who made it.
    pub created_by: UserId,
    /// When it runs out.
    pub expires_at: Option<Timestamp>,
    /// The hash of the secret that was shown: after a rotation two are good for a while.
    pub shown: TokenHash,
}

/// Which things a key reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Limit<Id> {
    /// All there are.
    All,
    /// These; what is no more is none of them.
    Only(Vec<Id>),
}

impl<Id: Serialize> Limit<Id> {
    /// The limit as the database has it.
    #[must_use]
    pub fn stored(&self) -> Option<String> {
        match self {
            Self::All => None,
            // What cannot be written reaches nothing, either.
            Self::Only(ids) => Some(serde_json::to_string(ids).unwrap_or_else(|_| "[]".to_owned())),
        }
    }
}

impl<Id: PartialEq + DeserializeOwned> Limit<Id> {
    /// Whether it reaches a thing.
    #[must_use]
    pub fn reaches(&self, id: &Id) -> bool {
        match self {
            Self::All => true,
            Self::Only(ids) => ids.contains(id),
        }
    }

    /// Whether it reaches any of some things.
    #[must_use]
    pub fn reaches_any(&self, ids: &[Id]) -> bool {
        match self {
            Self::All => true,
            Self::Only(_) => ids.iter().any(|id| self.reaches(id)),
        }
    }

    /// A limit as the database has it: a JSON list, or nothing for all. What cannot be read reaches nothing.
    #[must_use]
    pub fn parse(stored: Option<&str>) -> Self {
        stored.map_or(Self::All, |json| Self::Only(serde_json::from_str(json).unwrap_or_default()))
    }
}

/// A key as it is stored.
#[derive(sqlx::FromRow)]
pub(crate) struct StoredKey {
    id: ApiKeyId,
    pub(crate) org_id: OrgId,
    name: Name,
    scopes: String,
    environments: Option<String>,
    folders: Option<String>,
    secret_hash: TokenHash,
    previous_hash: Option<TokenHash>,
    previous_until: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    created_by: UserId,
    pub(crate) last_used_at: Option<Timestamp>,
}

impl StoredKey {
    /// Whether the secret is the one there is, or the one before in its last minutes, and is good now.
    pub(crate) fn admits(&self, shown: &TokenHash, now: Timestamp) -> bool {
        let is_current = self.secret_hash.is(shown);
        let is_previous = self.previous_hash.as_ref().is_some_and(|previous| previous.is(shown))
            && self.previous_until.is_some_and(|until| now < until);
        let is_alive = self.revoked_at.is_none() && self.expires_at.is_none_or(|at| now < at);
        is_alive && (is_current || is_previous)
    }

    /// Until when a secret that is good now is good at most.
    pub(crate) fn until(&self, shown: &TokenHash) -> Option<Timestamp> {
        let previous = self.previous_until.filter(|_| !self.secret_hash.is(shown));
        [previous, self.expires_at].into_iter().flatten().min()
    }

    pub(crate) fn key(&self, shown: TokenHash) -> Key {
        Key {
            id: self.id,
            org: self.org_id,
            name: self.name.clone(),
            scopes: KeyScopes::parse(&self.scopes),
            environments: Limit::parse(self.environments.as_deref()),
            folders: Limit::parse(self.folders.as_deref()),
            created_by: self.created_by,
            expires_at: self.expires_at,
            shown,
        }
    }
}

macro_rules! row {
    ($which:literal) => {
        concat!(
            "SELECT k.id, k.org_id, k.name, k.scopes, k.environments, k.folders, k.secret_hash, k.previous_hash,
               k.previous_until, k.expires_at, k.revoked_at, k.created_by, k.last_used_at
             FROM api_keys k JOIN organizations o ON o.id = k.org_id AND o.deleted_at IS NULL
             WHERE ",
            $which
        )
    };
}

/// Whether a key is still good, with the secret that was shown.
///
/// # Errors
/// When the database fails.
pub async fn is_good(server: &Server, key: &Key) -> Result<bool> {
    let row = server.db.query(row!("k.org_id = $1 AND k.id = $2")).bind(key.org).bind(key.id);
    let row: Option<StoredKey> = row.optional().await?;
    Ok(row.is_some_and(|row| row.admits(&key.shown, server.clock.now())))
}

/// The key of a public id, good or not.
pub(crate) async fn by_public_id(server: &Server, id: &str) -> Result<Option<StoredKey>> {
    Ok(server.db.query(row!("k.public_id = $1")).bind(id.to_owned()).optional().await?)
}

/// Notes when and from where a key was used, unless another process did within the minute.
pub(crate) fn note_use(server: &Server, client: &Client, key: &Key, now: Timestamp) {
    let (org, id, ip) = (key.org, key.id, client.ip.map(|ip| ip.to_string()));
    server.deferred_writes.put(("key", id.0), move |tx| {
        let note = tx.query(
            "UPDATE api_keys SET last_used_at = $3, last_used_ip = $4
             WHERE org_id = $1 AND id = $2 AND (last_used_at IS NULL OR last_used_at <= $5)",
        );
        let note = note.bind(org).bind(id).bind(now).bind(ip.clone()).bind(now - NOTED);
        Box::pin(async move { Ok(note.execute().await.map(drop)?) })
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::{Deserialize, Serializer, ser::Error as _};

    #[derive(PartialEq, Deserialize)]
    struct Unwritable;

    impl Serialize for Unwritable {
        fn serialize<S: Serializer>(&self, _: S) -> std::result::Result<S::Ok, S::Error> {
            Err(S::Error::custom("unwritable"))
        }
    }

    #[test]
    fn a_limit_that_cannot_be_written_reaches_nothing() {
        let stored = Limit::Only(vec![Unwritable]).stored();
        assert!(!Limit::parse(stored.as_deref()).reaches(&Unwritable));
        assert!(Limit::<u8>::parse(Limit::<u8>::All.stored().as_deref()).reaches(&1));
        let some = Limit::<u8>::parse(Limit::Only(vec![1]).stored().as_deref());
        assert!(some.reaches(&1) && !some.reaches(&2));
    }
}
