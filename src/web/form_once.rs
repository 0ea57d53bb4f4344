//! A form that creates something runs once, however often it is sent: it carries a number of its own (`once`). Sending
//! it again leads to the result of the first time, and says so.

use super::{RequestContext, cookies};
use crate::{
    error::{Error, Result},
    kernel::{internal_error::internal, tokens::TokenHash},
    tenancy::Server,
    time::Span,
};
use axum::http::HeaderValue;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// The hidden field that makes a form one of its own.
pub const FIELD: &str = "once";
/// How long it is known that a form was sent.
const KEPT: Span = Span::minutes(10);
/// How often it is looked whether the first is done, and how many times.
const LOOK: Duration = Duration::from_millis(100);
const LOOKS: u32 = 100;

/// A form that is carried out once.
#[derive(Clone)]
pub(super) struct Once {
    server: Server,
    hash: TokenHash,
    name: String,
}

/// Whether it is the first of its kind.
pub(super) enum Turn {
    /// It is to be carried out.
    First,
    /// It was, and led there.
    Again(String),
}

impl Once {
    /// The form that somebody sent, if it is one of these: told by all that it says.
    pub(super) fn of(caller: &RequestContext, action: &str, input: &[(String, String)]) -> Option<Self> {
        let visit = caller.visit()?;
        input.iter().find(|(name, value)| name == FIELD && !value.is_empty())?;
        let mut hasher = Sha256::new();
        hasher.update(visit.session.0.as_bytes());
        let parts = input.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
        let files = caller.files().iter().filter_map(|file| file.bytes.as_deref());
        for part in [action.as_bytes()].into_iter().chain(parts).chain(files) {
            hasher.update(part.len().to_be_bytes());
            hasher.update(part);
        }
        let name = URL_SAFE_NO_PAD.encode(hasher.finalize());
        Some(Self { server: caller.server.clone(), hash: TokenHash::of(&name), name })
    }

    /// Whether it is the first; of those that are sent while it is carried out, this waits for it.
    ///
    /// # Errors
    /// [`Error::Conflict`] when what became of the first is not known.
    pub(super) async fn turn(&self) -> Result<Turn> {
        for _ in 0..LOOKS {
            if self.claim().await? {
                return Ok(Turn::First);
            }
            let row =
                self.server.outside_tenancy().query("SELECT sealed FROM sent_forms WHERE form_hash = $1");
            let row: Option<(Option<Vec<u8>>,)> = row.bind(self.hash.clone()).optional().await?;
            if let Some((Some(sealed),)) = row {
                let to = self.server.encryption.decrypt(&sealed, self.name.as_bytes());
                let to = to.and_then(|to| String::from_utf8(to).ok());
                return to
                    .map(Turn::Again)
                    .ok_or_else(|| internal(&"the saved result of a form cannot be read"));
            }
            tokio::time::sleep(LOOK).await;
        }
        Err(Error::conflict("This form was already sent. Check whether it worked before you send it again."))
    }

    async fn claim(&self) -> Result<bool> {
        let now = self.server.clock.now();
        let mut tx = self.server.outside_tenancy().begin().await?;
        // This one may be sent again by now; the others are swept up.
        let old = tx.query("DELETE FROM sent_forms WHERE form_hash = $1 AND created_at <= $2");
        old.bind(self.hash.clone()).bind(now - KEPT).execute().await?;
        let claim = tx.query(
            "INSERT INTO sent_forms (form_hash, created_at) VALUES ($1, $2) ON CONFLICT (form_hash) DO NOTHING",
        );
        let claimed = claim.bind(self.hash.clone()).bind(now).execute().await?;
        tx.commit().await?;
        Ok(claimed == 1)
    }

    /// Notes where it led; or that it failed, so that it may be sent again.
    pub(super) async fn settle(&self, led: Option<&str>) {
        let settled = async {
            let mut tx = self.server.outside_tenancy().begin().await?;
            let row = match led {
                Some(to) => {
                    let sealed = self.server.encryption.encrypt(to.as_bytes(), self.name.as_bytes());
                    tx.query("UPDATE sent_forms SET sealed = $2 WHERE form_hash = $1")
                        .bind(self.hash.clone())
                        .bind(sealed)
                }
                None => tx.query("DELETE FROM sent_forms WHERE form_hash = $1").bind(self.hash.clone()),
            };
            row.execute().await?;
            tx.commit().await
        };
        if let Err(error) = settled.await {
            tracing::warn!(%error, "the result of a form was not saved");
        }
    }

    /// The cookie that says on the next page that it was sent twice.
    pub(super) fn notice(&self) -> Option<HeaderValue> {
        cookies::notice(&self.server.config, cookies::SENT_TWICE)
    }
}
