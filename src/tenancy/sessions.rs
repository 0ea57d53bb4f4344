//! Sessions as a change sees them: who is signed in where, and that they end.

use super::{Change, Server, events::Topic};
use crate::{
    error::Result,
    id::{SessionId, UserId},
    time::{Span, Timestamp},
};
use serde::{Deserialize, Serialize};

/// A signed-in browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// The session, by a name that is no secret.
    pub session: SessionId,
    /// The person.
    pub user: UserId,
    /// When they signed in.
    pub since: Timestamp,
    /// When they last entered their password.
    #[serde(default = "never")]
    pub proved_at: Timestamp,
}

/// What sessions say that are older than the question.
pub(crate) const fn never() -> Timestamp {
    Timestamp(0)
}

/// Makes what changes an account, or begins or ends its sessions, come one after the other. False when the account is
/// gone.
///
/// # Errors
/// When the database fails.
pub async fn lock(change: &mut Change, user: UserId) -> Result<bool> {
    // SQLite has one writer anyway. What only refers to the person does not wait.
    let lock = if change.is_concurrent() {
        "SELECT id FROM users WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE"
    } else {
        "SELECT id FROM users WHERE id = $1 AND deleted_at IS NULL"
    };
    let there: Option<(UserId,)> = change.query(lock).bind(user).optional().await?;
    Ok(there.is_some())
}

/// Ends one session of a person within a change, and says so to whatever it has open.
///
/// # Errors
/// When the database fails.
pub async fn end(change: &mut Change, user: UserId, session: SessionId) -> Result<()> {
    lock(change, user).await?;
    let end = change.query("DELETE FROM sessions WHERE id = $1 AND user_id = $2");
    end.bind(session).bind(user).execute().await?;
    change.announce(None, Topic::Session, session.0).await
}

/// Ends all sessions of a person within a change.
///
/// # Errors
/// When the database fails.
pub async fn end_all(change: &mut Change, user: UserId) -> Result<()> {
    lock(change, user).await?;
    let sessions: Vec<(SessionId,)> =
        change.query("DELETE FROM sessions WHERE user_id = $1 RETURNING id").bind(user).all().await?;
    for (session,) in sessions {
        change.announce(None, Topic::Session, session.0).await?;
    }
    Ok(())
}

/// Ends all sessions of a person but one within a change.
///
/// # Errors
/// When the database fails.
pub async fn end_others(change: &mut Change, visit: Visit) -> Result<u64> {
    lock(change, visit.user).await?;
    let ended = change.query("DELETE FROM sessions WHERE user_id = $1 AND id <> $2 RETURNING id");
    let ended: Vec<(SessionId,)> = ended.bind(visit.user).bind(visit.session).all().await?;
    for (session,) in &ended {
        change.announce(None, Topic::Session, session.0).await?;
    }
    Ok(ended.len() as u64)
}

/// Whether a session is still good.
///
/// # Errors
/// When the database fails.
pub async fn is_live(server: &Server, session: SessionId) -> Result<bool> {
    let row: Option<(Timestamp, Timestamp)> = server
        .db
        .query("SELECT created_at, seen_at FROM sessions WHERE id = $1")
        .bind(session)
        .optional()
        .await?;
    Ok(row.is_some_and(|(created, seen)| is_current(server, created, seen)))
}

pub(crate) fn is_current(server: &Server, created: Timestamp, seen: Timestamp) -> bool {
    let now = server.clock.now();
    now < seen + Span::days(server.config.session_idle_days)
        && now < created + Span::days(server.config.session_max_days)
}
