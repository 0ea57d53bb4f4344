//! Sessions: tower-sessions with a store of our own on [`Db`](super::db::Db).
//!
//! Of the id in the cookie only the SHA-256 is stored. A session belongs to a person from the
//! start; nobody who is signed out has one. It ends after a time without requests and after a
//! longer one in any case, whatever the cookie says. Its id changes when what it may do grows; requests
//! under way meanwhile still find it under the old one.

mod store;

pub use store::Store;

use super::{Change, Config, Server, bus::Topic, caller::Client, cookies, serve, tokens::TokenHash};
use crate::{
    error::{Error, Result},
    id::{SessionId, UserId},
    time::{Span, Timestamp},
};
use axum::{
    http::{HeaderValue, header},
    response::Response,
};
use serde::{Deserialize, Serialize};
use tower_sessions::{
    Expiry, Session, SessionManagerLayer,
    cookie::{SameSite, time::Duration},
    session::Id,
};

/// How often a session's last use is written down.
const TOUCH: Span = Span::minutes(1);
/// How long requests that were sent under a session's id before still find it.
const OVERLAP: Span = Span::seconds(10);
const VISIT: &str = "visit";
/// Marks the record of somebody who just signed in: the only one that makes a session.
const NEW: &str = "new";
/// When the session was used last, in a record that was loaded. Neither mark is stored.
const SEEN: &str = "seen";

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
const fn never() -> Timestamp {
    Timestamp(0)
}

/// Where a session begins, and the hash of the password that was shown for it.
#[derive(Default, Serialize, Deserialize)]
struct Place {
    ip: Option<String>,
    user_agent: String,
    password_hash: String,
}

/// The layer that gives each request its session.
#[must_use]
pub fn layer(server: &Server) -> SessionManagerLayer<Store> {
    let config = &server.config;
    SessionManagerLayer::new(Store { server: server.clone() })
        .with_name(cookie_name(config.is_secure()))
        .with_secure(config.is_secure())
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(lifetime(config)))
}

/// How long a browser keeps the cookie.
const fn lifetime(config: &Config) -> Duration {
    Duration::days(config.session_max_days)
}

/// The name of the cookie: bound to the host where TLS allows it.
#[must_use]
pub const fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-studio" } else { "studio" }
}

/// Whose session it is, if anybody's.
///
/// # Errors
/// When the store fails.
pub async fn visit(session: &Session) -> Result<Option<Visit>> {
    session.get(VISIT).await.map_err(|error| store_failed(&error))
}

/// Signs a person in, under a fresh id. False when the account is gone, or its password is not the one of this hash
/// any more.
///
/// # Errors
/// When the store fails.
pub async fn sign_in(
    server: &Server,
    session: &Session,
    user: UserId,
    password_hash: &str,
    client: &Client,
) -> Result<bool> {
    session.cycle_id().await.map_err(|error| store_failed(&error))?;
    let now = server.clock.now();
    let visit = Visit { session: SessionId(server.clock.id()), user, since: now, proved_at: now };
    session.insert(VISIT, visit).await.map_err(|error| store_failed(&error))?;
    let place = Place {
        ip: client.ip.map(|ip| ip.to_string()),
        user_agent: client.user_agent.clone(),
        password_hash: password_hash.to_owned(),
    };
    session.insert(NEW, place).await.map_err(|error| store_failed(&error))?;
    session.save().await.map_err(|error| store_failed(&error))?;
    session.remove_value(NEW).await.map_err(|error| store_failed(&error))?;
    if is_live(server, visit.session).await? {
        return Ok(true);
    }
    forget(session).await?;
    Ok(false)
}

/// Notes that the person of a session has entered their password just now, under a fresh id.
///
/// # Errors
/// When the store fails.
pub async fn note_proof(server: &Server, session: &Session, visit: Visit) -> Result<()> {
    if !leave_id(server, session).await? {
        return Ok(());
    }
    let visit = Visit { proved_at: server.clock.now(), ..visit };
    session.insert(VISIT, visit).await.map_err(|error| store_failed(&error))?;
    save_fresh(session).await
}

/// Gives the session a fresh id, when what it may do is about to grow: before the change, which is not to fail after it
/// was made.
///
/// # Errors
/// When the store fails.
pub async fn rotate(server: &Server, session: &Session) -> Result<()> {
    if leave_id(server, session).await? { save_fresh(session).await } else { Ok(()) }
}

/// Writes the session under a fresh id.
async fn save_fresh(session: &Session) -> Result<()> {
    session.cycle_id().await.map_err(|error| store_failed(&error))?;
    session.save().await.map_err(|error| store_failed(&error))
}

/// Gives the browser the fresh id of its session with an answer that failed, too: the layer leaves it out there. A
/// session that could not be written is tried once more.
pub(super) async fn settle(config: &Config, session: &Session, mut response: Response) -> Response {
    if !session.is_modified() || session.is_empty().await {
        return response;
    }
    if session.id().is_none() && session.save().await.is_err() {
        return serve::plain_error(&Error::Unavailable { retry_after: 5 });
    }
    if let (Some(id), true) = (session.id(), response.status().is_server_error()) {
        let name = cookie_name(config.is_secure());
        let cookie = cookies::header_of(config, name, &id.to_string(), lifetime(config).whole_seconds());
        response
            .headers_mut()
            .extend(HeaderValue::from_str(&cookie).map(|cookie| (header::SET_COOKIE, cookie)));
    }
    response
}

/// Whether it is this request that gives the session a fresh id. Of several at once it is one: the
/// browser keeps the cookie of whichever is answered last, so there must not be two.
async fn leave_id(server: &Server, session: &Session) -> Result<bool> {
    // What was changed already in this request goes on under a fresh id in any case.
    let Some(id) = session.id().filter(|_| !session.is_modified()) else { return Ok(true) };
    let now = server.clock.now();
    let mut tx = server.db.begin().await?;
    let leave = "UPDATE sessions SET previous_hash = token_hash, rotated_at = $2
                 WHERE token_hash = $1
                   AND (previous_hash IS NULL OR previous_hash <> token_hash OR rotated_at < $3)";
    let left = tx.query(leave).bind(hash(id)).bind(now).bind(now - OVERLAP).execute().await?;
    tx.commit().await?;
    Ok(left == 1)
}

/// Forgets the session, here and in the browser.
///
/// # Errors
/// When the store fails.
pub async fn forget(session: &Session) -> Result<()> {
    session.flush().await.map_err(|error| store_failed(&error))
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

/// Notes that a session was used, and from where.
pub(super) async fn touch(server: &Server, session: &Session, visit: Visit, client: &Client) {
    let Ok(Some(seen)) = session.get::<Timestamp>(SEEN).await else { return };
    let now = server.clock.now();
    if now - seen <= TOUCH {
        return;
    }
    let (ip, user_agent) = (client.ip.map(|ip| ip.to_string()), client.user_agent.clone());
    server.notes.leave(("session", visit.session.0), move |change| {
        let touch = "UPDATE sessions SET seen_at = $2, ip = $3, user_agent = $4 WHERE id = $1";
        let touch = change.query(touch).bind(visit.session).bind(now);
        let touch = touch.bind(ip.clone()).bind(user_agent.clone());
        Box::pin(async move { Ok(touch.execute().await.map(drop)?) })
    });
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

fn is_current(server: &Server, created: Timestamp, seen: Timestamp) -> bool {
    let now = server.clock.now();
    now < seen + Span::days(server.config.session_idle_days)
        && now < created + Span::days(server.config.session_max_days)
}

fn store_failed(error: &tower_sessions::session::Error) -> Error {
    tracing::error!(%error, "the session store failed");
    Error::Unavailable { retry_after: 5 }
}

/// What is stored of a session's id.
fn hash(id: Id) -> TokenHash {
    TokenHash::of(&id.0.to_string())
}
