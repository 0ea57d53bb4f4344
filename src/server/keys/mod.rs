//! API keys as principals: from what a service sends to who it is.

mod token;

pub use token::KeyToken;

use super::{Change, Server, caller::Client, tokens::TokenHash};
use crate::{
    error::{Error, Result},
    fields::Name,
    id::{ApiKeyId, EnvironmentId, FolderId, OrgId, UserId},
    key_scope::KeyScopes,
    time::{Span, Timestamp},
};
use serde::{Serialize, de::DeserializeOwned};

/// How old the last use is before another one is noted.
const NOTED: Span = Span::minutes(1);

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
            Self::Only(ids) => serde_json::to_string(ids).ok(),
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

    /// A limit as the database has it: a JSON list, or nothing for all. What cannot be read reaches nothing.
    #[must_use]
    pub fn parse(stored: Option<&str>) -> Self {
        stored.map_or(Self::All, |json| Self::Only(serde_json::from_str(json).unwrap_or_default()))
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: ApiKeyId,
    org_id: OrgId,
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
    last_used_at: Option<Timestamp>,
}

impl Row {
    /// Whether the secret is the one there is, or the one before in its last minutes, and is good now.
    fn admits(&self, shown: &TokenHash, now: Timestamp) -> bool {
        let is_current = self.secret_hash.is(shown);
        let is_previous = self.previous_hash.as_ref().is_some_and(|previous| previous.is(shown))
            && self.previous_until.is_some_and(|until| now < until);
        let is_alive = self.revoked_at.is_none() && self.expires_at.is_none_or(|at| now < at);
        is_alive && (is_current || is_previous)
    }
}

/// The key that a service shows, noting that it is used.
///
/// # Errors
/// [`Error::SignedOut`] when it is none, is not known, was revoked or has run out, or when its organization
/// is gone: nobody outside can tell them apart.
pub async fn authenticate(server: &Server, client: &Client, shown: &str) -> Result<Key> {
    let token = KeyToken::parse(shown).ok_or(Error::SignedOut)?;
    let row = server.db.query(
        "SELECT k.id, k.org_id, k.name, k.scopes, k.environments, k.folders, k.secret_hash, k.previous_hash,
           k.previous_until, k.expires_at, k.revoked_at, k.created_by, k.last_used_at
         FROM api_keys k JOIN organizations o ON o.id = k.org_id
         WHERE k.public_id = $1 AND o.deleted_at IS NULL",
    );
    let row: Option<Row> = row.bind(token.public_id().to_owned()).optional().await?;
    let now = server.clock.now();
    let row = row.filter(|row| row.admits(&token.hash(), now)).ok_or(Error::SignedOut)?;
    if row.last_used_at.is_none_or(|last| now - last >= NOTED) {
        note_use(server, client, &row, now).await;
    }
    Ok(Key {
        id: row.id,
        org: row.org_id,
        name: row.name,
        scopes: KeyScopes::parse(&row.scopes),
        environments: Limit::parse(row.environments.as_deref()),
        folders: Limit::parse(row.folders.as_deref()),
        created_by: row.created_by,
        expires_at: row.expires_at,
    })
}

/// Notes when and from where a key was used. That it cannot be noted is no reason to refuse it.
async fn note_use(server: &Server, client: &Client, row: &Row, now: Timestamp) {
    let noted = async {
        let mut change = Change::begin(server).await?;
        let note = change.query(
            "UPDATE api_keys SET last_used_at = $3, last_used_ip = $4
             WHERE org_id = $1 AND id = $2 AND (last_used_at IS NULL OR last_used_at < $3)",
        );
        let ip = client.ip.map(|ip| ip.to_string());
        note.bind(row.org_id).bind(row.id).bind(now).bind(ip).execute().await?;
        change.commit().await
    };
    if let Err(error) = noted.await {
        tracing::warn!(%error, "the use of a key was not noted");
    }
}
