//! Letters, and their way to the mail server, or to the mailbox of development. What waits is in the `outbox`.

use crate::{
    id::LetterId,
    kernel::{Config, encryption::Encryption},
    time::Timestamp,
};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, MultiPart, header},
};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

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
    Smtp(Arc<AsyncSmtpTransport<Tokio1Executor>>),
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

/// Why a letter was not sent.
#[derive(Debug)]
pub(super) struct NotSent {
    /// What the log tells.
    pub(super) reason: String,
    /// Whether the mail server will never take it.
    pub(super) is_permanent: bool,
}

impl NotSent {
    /// One that may be sent later.
    pub(super) fn for_now(reason: &str) -> Self {
        Self { reason: reason.to_owned(), is_permanent: false }
    }
}

impl From<lettre::transport::smtp::Error> for NotSent {
    fn from(error: lettre::transport::smtp::Error) -> Self {
        // 530 to 538 are of signing in to the mail server (RFC 4954): they say nothing of the letter.
        let code = error.status().map_or(0, u16::from);
        let is_permanent = error.is_permanent() && !(530..=538).contains(&code);
        Self { reason: error.to_string(), is_permanent }
    }
}

impl Letter {
    pub(super) fn encrypt(&self, encryption: &Encryption, id: LetterId) -> Vec<u8> {
        let body = serde_json::to_vec(self).unwrap_or_default();
        encryption.encrypt(&body, id.0.as_bytes())
    }
}

impl Mail {
    /// Mail as configured.
    ///
    /// # Errors
    /// When the sender or the URL is wrong.
    pub fn new(config: &Config) -> Result<Self, MailError> {
        let transport = match &config.smtp_url {
            Some(url) => {
                Transport::Smtp(Arc::new(AsyncSmtpTransport::<Tokio1Executor>::from_url(url)?.build()))
            }
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

    /// Waits until somebody tells that a letter is due.
    pub(super) async fn due(&self) {
        self.due.notified().await;
    }

    /// Sends a letter. Dropped before it is done, it hangs up: the next letter has a connection of its own.
    pub(super) async fn send(
        &self,
        id: LetterId,
        to: &str,
        letter: Letter,
        now: Timestamp,
    ) -> Result<(), NotSent> {
        match &self.transport {
            Transport::Smtp(smtp) => {
                let never = |error: Box<dyn std::error::Error>| NotSent {
                    reason: error.to_string(),
                    is_permanent: true,
                };
                let message = self.message(id, to, letter).map_err(never)?;
                smtp.send(message).await.map(drop).map_err(NotSent::from)
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
            Transport::Off => Err(NotSent::for_now("mail is not configured")),
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
