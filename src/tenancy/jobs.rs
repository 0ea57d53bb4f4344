//! What the server does on its own: sends letters, follows other processes, sweeps up.

use super::{Server, rows};
use crate::{
    error::{Error, Result},
    id::OrgId,
    time::Span,
};
use std::{pin::Pin, time::Duration};

/// How often it sweeps.
const SWEEP: Duration = Duration::from_mins(10);

/// How often it does what should not wait for that.
const SOON: Duration = Duration::from_secs(20);

/// What a feature sweeps up: safe to repeat and to run on several processes.
pub type Chore = fn(Server) -> Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// Starts what is done every few minutes, with the chores of features, and those of them that are done every few
/// seconds. It ends with the runtime.
pub fn start_chores(server: &Server, chores: &'static [Chore], soon: &'static [Chore]) {
    let sweeper = server.clone();
    tokio::spawn(async move {
        loop {
            if let Err(error) = sweep(&sweeper).await {
                tracing::warn!(%error, "cleaning up failed");
            }
            run(&sweeper, chores).await;
            tokio::time::sleep(SWEEP).await;
        }
    });
    if soon.is_empty() {
        return;
    }
    let server = server.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(SOON).await;
            run(&server, soon).await;
        }
    });
}

/// Does chores one after the other. Each is a task: one that fails, or panics, keeps no other from its turn.
pub(crate) async fn run(server: &Server, chores: &[Chore]) {
    for chore in chores {
        match tokio::spawn(chore(server.clone())).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "a background job failed"),
            Err(error) => tracing::error!(%error, "a background job panicked"),
        }
    }
}

/// What comes of a chore that goes from one organization to the next. What fails in one keeps no other from its turn.
#[derive(Debug)]
#[must_use]
pub struct Round(Result<()>);

impl Default for Round {
    fn default() -> Self {
        Self(Ok(()))
    }
}

impl Round {
    /// Notes what came of it in an organization; in one that is no more there is nothing to do.
    pub fn note(&mut self, org: OrgId, done: Result<()>) {
        match done {
            Ok(()) | Err(Error::NotFound) => {}
            Err(error) => {
                tracing::warn!(%org, %error, "a background job failed in an organization");
                if self.0.is_ok() {
                    self.0 = Err(error);
                }
            }
        }
    }

    /// Ends it.
    ///
    /// # Errors
    /// The first that came up.
    pub fn end(self) -> Result<()> {
        self.0
    }
}

/// Removes what has run out: sessions, sign-ups, reset links, events and sent letters that nobody
/// will ask for again. It is safe to repeat and to run on several processes.
///
/// # Errors
/// The first that comes up, once all tables had their turn.
pub async fn sweep(server: &Server) -> Result<()> {
    let (now, config) = (server.clock.now(), &server.config);
    let before = [
        (rows!(delete "sessions" where "seen_at < $1"), Span::days(config.session_idle_days)),
        (rows!(delete "sessions" where "created_at < $1"), Span::days(config.session_max_days)),
        (rows!(delete "sign_ups" where "expires_at < $1"), Span::days(1)),
        (rows!(delete "password_resets" where "expires_at < $1"), Span::days(1)),
        (rows!(delete "second_steps" where "expires_at < $1"), Span::days(1)),
        (rows!(delete "address_changes" where "expires_at < $1"), Span::days(1)),
        (rows!(delete "posted_forms" where "expires_at < $1"), Span::seconds(0)),
        (rows!(delete "sent_forms" where "created_at < $1"), Span::hours(1)),
        // An organization's newest stays: its number says how old what was read of it is.
        (
            rows!(delete "events" where "created_at < $1 AND (org_id IS NULL OR seq < (
               SELECT max(newest.seq) FROM events newest WHERE newest.org_id = events.org_id)
               OR NOT EXISTS (SELECT 1 FROM organizations o WHERE o.id = events.org_id))"),
            Span::hours(1),
        ),
        (rows!(delete "letters" where "done_at < $1"), Span::days(2)),
        (rows!(delete "letters" where "failed_at < $1"), Span::days(30)),
    ];
    let mut result = Ok(());
    for (rows, age) in before {
        // What fails in one table keeps no other from its turn.
        if let Err(error) = rows.write_in_parts(server, now - age).await {
            tracing::warn!(%error, "a table could not be cleaned up");
            result = result.and(Err(error));
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn the_first_failure_is_told_at_the_end() {
        let (mut round, org) = (Round::default(), OrgId(Uuid::nil()));
        round.note(org, Ok(()));
        round.note(org, Err(Error::NotFound));
        assert_eq!(Round::default().end(), Ok(()));
        round.note(org, Err(Error::Unavailable { retry_after: 1 }));
        round.note(org, Err(Error::Forbidden));
        round.note(org, Ok(()));
        assert_eq!(round.end(), Err(Error::Unavailable { retry_after: 1 }));
    }
}
