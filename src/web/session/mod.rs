//! Sessions: tower-sessions with a store of our own on [`Db`](crate::kernel::db::Db).
//!
//! Of the id in the cookie only the SHA-256 is stored. A session belongs to a person from the
//! start; nobody who is signed out has one. It ends after a time without requests and after a
//! longer one in any case, whatever the cookie says. Its id changes when what it may do grows; requests
//! under way meanwhile still find it under the old one.

mod record;
mod store;

pub use store::Store;

use record::{NEW, OVERLAP, Place, SEEN, VISIT, hash};

use super::cookies;
use crate::{
    error::{Error, Result},
    id::{SessionId, UserId},
    kernel::Config,
    tenancy::{
        Server,
        client::Client,
        sessions::{Visit, is_live},
    },
    time::{Span, Timestamp},
    web::error_page,
};
use axum::{
    http::{HeaderValue, header},
    response::Response,
};
use tower_sessions::{
    Expiry, Session, SessionManagerLayer,
    cookie::{SameSite, time::Duration},
};

/// How often a session's last use is written down.
const TOUCH: Span = Span::minutes(1);
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
pub(crate) async fn settle(config: &Config, session: &Session, mut response: Response) -> Response {
    if !session.is_modified() || session.is_empty().await {
        return response;
    }
    if session.id().is_none() && session.save().await.is_err() {
        return error_page::plain_error(&Error::Unavailable { retry_after: 5 });
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
    let mut tx = server.outside_tenancy().begin().await?;
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

/// Notes that a session was used, and from where.
pub(crate) async fn touch(server: &Server, session: &Session, visit: Visit, client: &Client) {
    let Ok(Some(seen)) = session.get::<Timestamp>(SEEN).await else { return };
    let now = server.clock.now();
    if now - seen <= TOUCH {
        return;
    }
    let (ip, user_agent) = (client.ip.map(|ip| ip.to_string()), client.user_agent.clone());
    server.deferred_writes.put(("session", visit.session.0), move |tx| {
        let touch = "UPDATE sessions SET seen_at = $2, ip = $3, user_agent = $4 WHERE id = $1";
        let touch = tx.query(touch).bind(visit.session).bind(now);
        let touch = touch.bind(ip.clone()).bind(user_agent.clone());
        Box::pin(async move { Ok(touch.execute().await.map(drop)?) })
    });
}

fn store_failed(error: &tower_sessions::session::Error) -> Error {
    tracing::error!(%error, "the session store failed");
    Error::Unavailable { retry_after: 5 }
}
