//! The one error: what can go wrong, as people and programs are told it.
//!
//! Causes never travel: they are logged where they happen, and what remains is a reference.

use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The result of nearly everything.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "error", rename_all = "snake_case")]
pub enum Error {
    /// There is no such thing, or it is not for the caller to know of (404).
    #[error("Not found.")]
    NotFound,
    /// The caller is known and may not do this (403).
    #[error("Your role doesn't allow this.")]
    Forbidden,
    /// The organization asks its members for a second factor, which the caller has not set up (403).
    #[error("This organization requires two-factor authentication. Set it up in your account.")]
    SecondFactorMissing,
    /// The caller has to sign in first (401).
    #[error("Sign in to continue.")]
    SignedOut,
    /// Input that cannot be accepted, field by field (422).
    #[error("{}", flaws.first().map_or("Check what you entered.", |flaw| flaw.message.as_ref()))]
    Invalid {
        /// What is wrong, at least one.
        flaws: Vec<Flaw>,
    },
    /// The thing is not, or no longer, in a state that allows this (409).
    #[error("{message}")]
    Conflict {
        /// What to do about it, for people.
        message: Cow<'static, str>,
    },
    /// What was sent is larger than it may be (413).
    #[error("{message}")]
    TooLarge {
        /// How large it may be, for people.
        message: Cow<'static, str>,
    },
    /// A limit was reached (429).
    #[error("{message}")]
    TooMany {
        /// Seconds until it is worth trying again.
        retry_after: u32,
        /// What to do about it, for people.
        message: Cow<'static, str>,
    },
    /// The server or something it needs is too busy or away (503).
    #[error("The server is busy or under maintenance. Try again in a moment.")]
    Unavailable {
        /// Seconds until it is worth trying again.
        retry_after: u32,
    },
    /// A fault of ours (500).
    #[error("Something went wrong on our side. Quote {reference} if you report it.")]
    Internal {
        /// What the log calls the cause.
        reference: String,
    },
}

/// One thing wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flaw {
    /// The field's name in the form.
    pub field: Cow<'static, str>,
    /// What to do about it, for people.
    pub message: Cow<'static, str>,
}

impl Error {
    /// Input that cannot be accepted because of one field.
    pub fn invalid(field: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::Invalid { flaws: vec![Flaw { field: field.into(), message: message.into() }] }
    }

    /// Something is not in a state that allows this.
    pub fn conflict(message: impl Into<Cow<'static, str>>) -> Self {
        Self::Conflict { message: message.into() }
    }

    /// The HTTP status that says the same.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::SignedOut => 401,
            Self::Forbidden | Self::SecondFactorMissing => 403,
            Self::NotFound => 404,
            Self::Conflict { .. } => 409,
            Self::TooLarge { .. } => 413,
            Self::Invalid { .. } => 422,
            Self::TooMany { .. } => 429,
            Self::Internal { .. } => 500,
            Self::Unavailable { .. } => 503,
        }
    }

    /// Seconds until it is worth trying again, where that is known.
    #[must_use]
    pub const fn retry_after(&self) -> Option<u32> {
        match self {
            Self::TooMany { retry_after, .. } | Self::Unavailable { retry_after } => Some(*retry_after),
            _ => None,
        }
    }

    /// What is wrong with `field`, if that is what this error is about.
    #[must_use]
    pub fn flaw(&self, field: &str) -> Option<&str> {
        match self {
            Self::Invalid { flaws } => {
                flaws.iter().find(|flaw| flaw.field == field).map(|flaw| flaw.message.as_ref())
            }
            _ => None,
        }
    }
}

/// Collects what is wrong with a form, so that people are told everything at once.
#[derive(Debug, Default)]
pub struct Flaws(Vec<Flaw>);

impl Flaws {
    /// Keeps the value of a parsed field, or notes what is wrong with it.
    pub fn check<T, M: Into<Cow<'static, str>>>(
        &mut self,
        field: &'static str,
        parsed: Result<T, M>,
    ) -> Option<T> {
        parsed.map_err(|message| self.add(field, message)).ok()
    }

    /// Notes that something is wrong with a field.
    pub fn add(&mut self, field: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) {
        self.0.push(Flaw { field: field.into(), message: message.into() });
    }

    /// The error, once every field was checked.
    #[must_use]
    pub fn into_error(self) -> Error {
        Error::Invalid { flaws: self.0 }
    }

    /// Nothing, or the error.
    ///
    /// # Errors
    /// [`Error::Invalid`] when anything was noted.
    pub fn finish(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(self.into_error()) }
    }
}

impl FromServerFnError for Error {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Deserialization(_) => {
                Self::invalid("", "The form couldn't be read. Reload the page and try again.")
            }
            _ => Self::Unavailable { retry_after: 5 },
        }
    }

    fn status_code(&self) -> http::StatusCode {
        http::StatusCode::from_u16(self.status()).unwrap_or_default()
    }
}
