//! Letters: from the outbox to the mail server, or to the mailbox of development.
//!
//! A letter is a row, sealed because its links are secrets, written in the transaction that causes
//! it and emptied once it is sent. Whether the mail server is up makes no difference to a request.

use super::{Config, Server, seal::Seal};
use crate::{
    fields::Email,
    id::LetterId,
    time::{Span, Timestamp},
};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, MultiPart, header},
};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// How often a letter is tried before it counts as failed.
const TRIES: i64 = 10;
/// How long a process may take to send a letter before another tries.
const CLAIM: Span = Span::minutes(2);

/// A letter to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// What kind it is; limits are counted by it.
    #[serde(skip)]
    pub kind: &'static str,
    /// To whom.
    #[serde(skip)]
    pub to: String,
    /// The subject line.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
}

/// A letter in the mailbox of development.
#[derive(Debug, Clone)]
pub struct Delivered {
    /// Its id in the outbox.
    pub id: LetterId,
    /// To whom it went.
    pub to: String,
    /// When.
    pub at: Timestamp,
    /// What it says.
    pub letter: Letter,
}

/// The way letters leave.
#[derive(Debug, Clone)]
pub struct Mail {
    transport: Transport,
    from: Mailbox,
    due: Arc<Notify>,
}

#[derive(Debug, Clone)]
enum Transport {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Mailbox(Arc<Mutex<Vec<Delivered>>>),
    Off,
}

/// Why mail cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The sender's address is wrong.
    #[error("--mail-from is not an email: {0}")]
    From(#[from] lettre::address::AddressError),
    /// The URL of the mail server is wrong.
    #[error("--smtp-url is not the URL of a mail server: {0}")]
    Url(#[from] lettre::transport::smtp::Error),
}

impl Letter {
    pub(super) fn seal(&self, seal: &Seal, id: LetterId) -> Vec<u8> {
        let body = serde_json::to_vec(self).unwrap_or_default();
        seal.seal(&body, id.0.as_bytes())
    }
}

impl Mail {
    /// Mail as configured.
    ///
    /// # Errors
    /// When the sender or the URL is wrong.
    pub fn new(config: &Config) -> Result<Self, MailError> {
        let transport = match &config.smtp_url {
            Some(url) => Transport::Smtp(AsyncSmtpTransport::<Tokio1Executor>::from_url(url)?.build()),
            None if config.dev_mailbox => Transport::Mailbox(Arc::default()),
            None => Transport::Off,
        };
        Ok(Self { transport, from: config.mail_from.parse()?, due: Arc::default() })
    }

    /// Whether letters reach people, so that addresses can be proven.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        !matches!(self.transport, Transport::Off)
    }

    /// The letters in the mailbox of development, the newest first; none without it.
    #[must_use]
    pub fn mailbox(&self) -> Option<Vec<Delivered>> {
        let Transport::Mailbox(letters) = &self.transport else { return None };
        let letters = letters.lock().unwrap_or_else(PoisonError::into_inner);
        Some(letters.iter().rev().cloned().collect())
    }

    pub(super) fn wake(&self) {
        self.due.notify_one();
    }

    /// Sends letters as they come due; never returns.
    pub async fn run(self, server: Server) {
        let mut idle = std::time::Duration::ZERO;
        loop {
            let _ = tokio::time::timeout(idle, self.due.notified()).await;
            idle = std::time::Duration::from_secs(1);
            match deliver_due(&server).await {
                // A full batch: there may be more.
                Ok(BATCH) => idle = std::time::Duration::ZERO,
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "the outbox could not be read"),
            }
        }
    }

    async fn send(&self, id: LetterId, to: &str, letter: Letter, now: Timestamp) -> Result<(), String> {
        match &self.transport {
            Transport::Smtp(smtp) => {
                let message = self.message(id, to, letter).map_err(|error| error.to_string())?;
                smtp.send(message).await.map(drop).map_err(|error| error.to_string())
            }
            Transport::Mailbox(letters) => {
                let mut letters = letters.lock().unwrap_or_else(PoisonError::into_inner);
                // The mailbox is a convenience and must not grow for ever.
                if letters.len() >= 200 {
                    letters.remove(0);
                }
                letters.push(Delivered { id, to: to.to_owned(), at: now, letter });
                Ok(())
            }
            Transport::Off => Err("mail is not configured".into()),
        }
    }

    /// The message; its id is the letter's, so that a second copy after a crash is recognised.
    fn message(&self, id: LetterId, to: &str, letter: Letter) -> Result<Message, Box<dyn std::error::Error>> {
        let host = self.from.email.domain();
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to.parse()?))
            .subject(letter.subject)
            .message_id(Some(format!("<{id}@{host}>")))
            .header(AutoSubmitted)
            .multipart(MultiPart::alternative_plain_html(letter.text, letter.html))?;
        Ok(message)
    }
}

/// `Auto-Submitted: auto-generated` (RFC 3834): no out-of-office replies, please.
#[derive(Debug, Clone)]
struct AutoSubmitted;

impl header::Header for AutoSubmitted {
    fn name() -> header::HeaderName {
        header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> header::HeaderValue {
        header::HeaderValue::new(Self::name(), "auto-generated".into())
    }
}

const BATCH: usize = 20;

#[derive(sqlx::FromRow)]
struct Due {
    id: LetterId,
    recipient: Email,
    sealed: Vec<u8>,
    attempts: i64,
}

/// Sends what is due, up to a batch, and tells how many letters were tried.
async fn deliver_due(server: &Server) -> crate::error::Result<usize> {
    if !server.mail.is_on() {
        return Ok(0);
    }
    let letters = claim(server).await?;
    let n = letters.len();
    futures_util::future::join_all(letters.into_iter().map(|due| deliver(server, due))).await;
    Ok(n)
}

/// Takes due letters for this process. Another that gets in between waits for the row, finds it
/// claimed, and passes over it.
async fn claim(server: &Server) -> crate::error::Result<Vec<Due>> {
    let now = server.clock.now();
    let (waiting,): (i64,) = server
        .db
        .query("SELECT count(*) FROM letters WHERE done_at IS NULL AND failed_at IS NULL AND due_at <= $1")
        .bind(now)
        .one()
        .await?;
    if waiting == 0 {
        return Ok(Vec::new());
    }
    let mut tx = server.db.begin().await?;
    let mut letters: Vec<Due> = tx
        .query(
            "UPDATE letters SET due_at = $2 WHERE due_at <= $1 AND id IN (
                 SELECT id FROM letters WHERE done_at IS NULL AND failed_at IS NULL AND due_at <= $1 ORDER BY due_at, id LIMIT 20)
             RETURNING id, recipient, sealed, attempts",
        )
        .bind(now)
        .bind(now + CLAIM)
        .all()
        .await?;
    tx.commit().await?;
    // What an update returns has no order; letters leave in the order they were written in.
    letters.sort_by_key(|due| due.id.0);
    Ok(letters)
}

/// Sends one letter and notes how it went.
async fn deliver(server: &Server, due: Due) {
    let now = server.clock.now();
    let opened = server.seal.open(&due.sealed, due.id.0.as_bytes());
    let letter = opened.and_then(|body| serde_json::from_slice(&body).ok());
    let sent = match letter {
        Some(letter) => server.mail.send(due.id, due.recipient.as_str(), letter, now).await,
        None => Err("the email cannot be decrypted".into()),
    };
    let noted = match sent {
        Ok(()) => note_sent(server, due.id, now).await,
        Err(reason) => {
            // Mail servers repeat the address.
            let reason = reason.replace(due.recipient.as_str(), &due.recipient.masked());
            tracing::warn!(letter = %due.id, attempt = due.attempts + 1, reason, "an email was not sent");
            note_failure(server, &due, &reason, now).await
        }
    };
    if let Err(error) = noted {
        tracing::error!(letter = %due.id, %error, "the result of sending an email could not be saved");
    }
}

async fn note_sent(server: &Server, id: LetterId, now: Timestamp) -> super::db::Result<()> {
    let mut tx = server.db.begin().await?;
    let sql = "UPDATE letters SET done_at = $2, attempts = attempts + 1, sealed = NULL, last_error = NULL WHERE id = $1";
    tx.query(sql).bind(id).bind(now).execute().await?;
    tx.commit().await
}

/// Backs off: 5 s, 10 s, 20 s … and gives up after the tenth try.
async fn note_failure(server: &Server, due: &Due, reason: &str, now: Timestamp) -> super::db::Result<()> {
    let tries = due.attempts + 1;
    let next = now + Span::seconds(5 << due.attempts.clamp(0, 20));
    let failed = (tries >= TRIES).then_some(now);
    let reason: String = reason.chars().take(500).collect();
    let mut tx = server.db.begin().await?;
    tx.query("UPDATE letters SET attempts = $2, due_at = $3, failed_at = $4, last_error = $5 WHERE id = $1")
        .bind(due.id)
        .bind(tries)
        .bind(next)
        .bind(failed)
        .bind(reason)
        .execute()
        .await?;
    tx.commit().await
}
