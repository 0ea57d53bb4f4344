//! Passwords entered once more, before what cannot be taken back.
//!
//! To delete or transfer something, or to change how they sign in, people must have entered their password within
//! the last quarter of an hour: to sign in, or in the form itself, which asks for it when it was longer ago. A
//! [`Proof`] says so, and functions that need one demand it in their signature.

use super::{RequestContext, rate_limits::ThrottleKey};
use crate::{
    error::{Error, Result},
    fields::Password,
    id::UserId,
    kernel::passwords::Verdict,
    tenancy::Server,
    time::Span,
};

/// How long a password that was entered counts.
const FRESH: Span = Span::minutes(15);

/// The proof that the person has entered their password recently. Only [`RequestContext::prove`] makes one.
#[derive(Debug)]
pub struct Proof {
    user: UserId,
}

impl Proof {
    /// Whose it is.
    #[must_use]
    pub const fn user(&self) -> UserId {
        self.user
    }
}

impl RequestContext {
    /// Whether the password was entered lately, so that forms need not ask for it.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        let now = self.server.clock.now();
        self.visit().is_some_and(|visit| now - visit.proved_at <= FRESH)
    }

    /// The proof, by a password entered lately or the one typed now. To be asked for last, when
    /// nothing else is wrong with a form.
    ///
    /// # Errors
    /// [`Error::SignedOut`]; [`Error::Invalid`] at `password`; [`Error::TooMany`].
    pub async fn prove(&self, password: &str) -> Result<Proof> {
        let visit = self.visit().ok_or(Error::SignedOut)?;
        if self.is_fresh() {
            return Ok(Proof { user: visit.user });
        }
        if password.is_empty() {
            return Err(Error::invalid("password", "Enter your password to continue."));
        }
        self.prove_now("password", password).await
    }

    /// The proof, by the password typed now, whatever was entered before.
    ///
    /// # Errors
    /// [`Error::SignedOut`]; [`Error::Invalid`] at `field`; [`Error::TooMany`].
    pub async fn prove_now(&self, field: &'static str, password: &str) -> Result<Proof> {
        let visit = self.visit().ok_or(Error::SignedOut)?;
        let wrong = || Error::invalid(field, "Wrong password.");
        let typed = Password::typed(password).map_err(|_| wrong())?;
        let secret = ThrottleKey { kind: "password", of: visit.user.to_string(), device: None };
        let guess = self.web.limits.attempt(&secret)?;
        let stored = stored_hash(&self.server, visit.user).await?;
        if self.server.passwords.verify(typed, stored).await? == Verdict::Wrong {
            return Err(wrong());
        }
        guess.succeeded();
        self.note_proof(visit).await?;
        Ok(Proof { user: visit.user })
    }
}

async fn stored_hash(server: &Server, user: UserId) -> Result<Option<String>> {
    let stored: Option<(String,)> = server
        .outside_tenancy()
        .query("SELECT password_hash FROM users WHERE id = $1")
        .bind(user)
        .optional()
        .await?;
    Ok(stored.map(|(hash,)| hash))
}
