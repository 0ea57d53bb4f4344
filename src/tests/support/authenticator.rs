//! Somebody's authenticator app.

use super::{Person, TestApp};
use crate::{kernel::Clock, time::Span};
use totp_rs::{Builder, Totp};

/// An app that shows codes, by the clock of the server.
#[derive(Debug)]
pub(in crate::tests) struct Authenticator {
    totp: Totp,
    clock: Clock,
}

impl Authenticator {
    /// One with the secret that the page of somebody's account shows.
    pub(in crate::tests) fn typed(app: &TestApp, secret: &str) -> Self {
        let secret = totp_rs::Secret::try_from_base32(secret.replace(' ', "")).unwrap();
        Self { totp: Builder::new().with_secret(secret).build().unwrap(), clock: app.clock.clone() }
    }

    /// One whose first code the server waits for.
    pub(in crate::tests) async fn waiting(app: &TestApp, of: &Person) -> Self {
        let secret = crate::kernel::clock::random::<20>();
        let mut change = app.change_outside_tenancy().await.unwrap();
        let insert = change.query(
            "INSERT INTO two_factors (user_id, sealed, last_step, created_at) VALUES ($1, $2, 0, $3)
             ON CONFLICT (user_id) DO UPDATE SET sealed = excluded.sealed, confirmed_at = NULL, last_step = 0,
               created_at = excluded.created_at",
        );
        let sealed = app.encryption.encrypt(&secret, of.id.0.as_bytes());
        insert.bind(of.id).bind(sealed).bind(app.clock.now()).execute().await.unwrap();
        change.commit().await.unwrap();
        let totp = Builder::new().with_secret(secret.to_vec()).build().unwrap();
        Self { totp, clock: app.clock.clone() }
    }

    /// One that somebody uses for some time.
    pub(in crate::tests) async fn on(app: &TestApp, of: &Person) -> Self {
        let waiting = Self::waiting(app, of).await;
        let mut change = app.change_outside_tenancy().await.unwrap();
        let confirm = change.query("UPDATE two_factors SET confirmed_at = 1 WHERE user_id = $1");
        confirm.bind(of.id).execute().await.unwrap();
        change.commit().await.unwrap();
        waiting
    }

    /// The code it shows now.
    pub(in crate::tests) fn code(&self) -> String {
        self.code_in(Span(0))
    }

    /// The code it will show.
    pub(in crate::tests) fn code_in(&self, span: Span) -> String {
        let seconds = u64::try_from((self.clock.now() + span).0 / 1000).unwrap();
        self.totp.generate(seconds).to_string()
    }
}
