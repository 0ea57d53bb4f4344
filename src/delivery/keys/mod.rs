//! API keys as principals: from what a service sends to who it is.

mod token;

pub use token::KeyToken;

use super::Principal;
use crate::{
    delivery::Delivery,
    error::{Error, Result},
    kernel::tokens::TokenHash,
    tenancy::{
        Key, Server,
        api_key::{NOTED, StoredKey, by_public_id, note_use},
        client::Client,
        events::epochs::EpochKind,
    },
    time::Timestamp,
};
use std::sync::Arc;

/// The key that a service shows, noting that it is used.
///
/// # Errors
/// [`Error::SignedOut`] when it is none, is not known, was revoked or has run out, or when its organization
/// is gone: nobody outside can tell them apart. [`Error::TooMany`] when too many such were shown from there; a
/// key that was good lately is read again all the same, as when something happens to others beside it.
pub async fn authenticate(delivery: &Delivery, client: &Client, shown: &str) -> Result<Arc<Key>> {
    let server = &delivery.server;
    let token = KeyToken::parse(shown).ok_or(Error::SignedOut)?;
    let (hash, now) = (token.hash(), server.clock.now());
    if let Some(principal) = delivery.principal(&hash, now) {
        if principal.is_to_be_noted(now) {
            note_use(server, client, &principal.key, now);
        }
        return Ok(principal.key.clone());
    }
    if !delivery.knew(&hash) {
        delivery.web.limits.may_try_key(client)?;
    }
    let (row, heard) = match read(server, &token, &hash, now).await {
        Err(Error::SignedOut) if !delivery.forget(&hash) => {
            delivery.web.limits.note_bad_key(client);
            return Err(Error::SignedOut);
        }
        read => read?,
    };
    let key = Arc::new(row.key(hash.clone()));
    let is_due = row.last_used_at.is_none_or(|last| now - last >= NOTED);
    if is_due {
        note_use(server, client, &key, now);
    }
    let noted = row.last_used_at.filter(|_| !is_due).unwrap_or(now);
    delivery.remember(hash.clone(), Principal::new(key.clone(), row.until(&hash), heard, noted), now);
    Ok(key)
}

/// A key that is good, and how often keys of its organization had changed before it was read.
async fn read(
    server: &Server,
    token: &KeyToken,
    hash: &TokenHash,
    now: Timestamp,
) -> Result<(StoredKey, u64)> {
    let good = async || -> Result<StoredKey> {
        let row = by_public_id(server, token.public_id()).await?;
        row.filter(|row| row.admits(hash, now)).ok_or(Error::SignedOut)
    };
    // What is kept must be read after what has happened was counted, which the first reading tells of whom.
    let org = good().await?.org_id;
    let heard = server.events.epochs.count(org, EpochKind::Keys);
    Ok((good().await?, heard))
}
