//! What the server does on its own: sends letters, follows other processes, sweeps up.

use super::{Server, hot::usage, notes};
use crate::{error::Result, time::Span};
use std::{pin::Pin, time::Duration};

/// How often it sweeps.
const SWEEP: Duration = Duration::from_mins(10);

/// How often it does what should not wait for that.
const SOON: Duration = Duration::from_secs(20);

/// What a feature sweeps up: safe to repeat and to run on several processes.
pub type Chore = fn(Server) -> Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// Starts the background work of this process, with the chores of features, and those of them that are done every few
/// seconds; it ends with the runtime.
pub fn start(server: &Server, chores: &'static [Chore], soon: &'static [Chore]) {
    tokio::spawn(server.mail.clone().run(server.clone()));
    tokio::spawn(server.bus.clone().run(server.clone()));
    tokio::spawn(usage::run(server.clone()));
    tokio::spawn(notes::run(server.clone()));
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

async fn run(server: &Server, chores: &'static [Chore]) {
    for chore in chores {
        if let Err(error) = chore(server.clone()).await {
            tracing::warn!(%error, "a background job failed");
        }
    }
}

/// Removes what has run out: sessions, sign-ups, reset links, events and sent letters that nobody
/// will ask for again. Each statement is safe to repeat and to run on several processes.
///
/// # Errors
/// When the database fails.
pub async fn sweep(server: &Server) -> Result<()> {
    let now = server.clock.now();
    let config = &server.config;
    let before = [
        ("DELETE FROM sessions WHERE seen_at < $1", Span::days(config.session_idle_days)),
        ("DELETE FROM sessions WHERE created_at < $1", Span::days(config.session_max_days)),
        ("DELETE FROM sign_ups WHERE expires_at < $1", Span::days(1)),
        ("DELETE FROM password_resets WHERE expires_at < $1", Span::days(1)),
        ("DELETE FROM second_steps WHERE expires_at < $1", Span::days(1)),
        ("DELETE FROM address_changes WHERE expires_at < $1", Span::days(1)),
        ("DELETE FROM posted_forms WHERE expires_at < $1", Span::seconds(0)),
        ("DELETE FROM sent_forms WHERE created_at < $1", Span::hours(1)),
        // An organization's newest stays: its number says how old what was read of it is.
        (
            "DELETE FROM events WHERE created_at < $1 AND (org_id IS NULL OR seq < (
               SELECT max(newest.seq) FROM events newest WHERE newest.org_id = events.org_id)
               OR NOT EXISTS (SELECT 1 FROM organizations o WHERE o.id = events.org_id))",
            Span::hours(1),
        ),
        ("DELETE FROM letters WHERE done_at < $1", Span::days(2)),
        ("DELETE FROM letters WHERE failed_at < $1", Span::days(30)),
    ];
    for (sql, age) in before {
        let mut tx = server.db.begin().await?;
        tx.query(sql).bind(now - age).execute().await?;
        tx.commit().await?;
    }
    Ok(())
}
