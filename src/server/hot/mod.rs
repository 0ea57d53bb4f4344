//! The hot path: what services fetch on every call, answered from memory.
//!
//! It comes before all routes and layers. Keys and answers that were used recently are
//! kept with a count of what had happened in the organization when they were read. A change raises the count as it
//! commits, before its request is answered, so what is served is never older than that. Reading takes no
//! lock (the maps are lock-free) and no database; a miss takes the normal way and is kept then.
//!
//! With PostgreSQL other processes change things too. `nodes` tells when this one may answer from memory. A change of
//! keys, the organization itself, environments or what is live in them is answered when all processes
//! have heard of it. Of all else (texts, names, moves, variables) the others hear at once, or, where they
//! are cut off, serve the old state no longer than two seconds.
//!
//! Without its database, a server with SQLite goes on answering what it has in memory; with PostgreSQL it does so
//! for two seconds, since a key may be revoked elsewhere, and then answers 503 with `Retry-After`.

mod answer;
mod answers;
mod heard;
mod meter;
pub(super) mod nodes;
pub(crate) mod principals;
pub(crate) mod usage;

pub use answer::{About, Answer, Heads, Lasting, VERSION};
pub use heard::{Change, Heard};
pub use meter::Allowance;
pub use principals::Principal;

use super::{
    Server,
    bus::Event,
    clock::{Clock, random},
    config::Config,
    db::{self, Db},
    keys::{self, Key},
    serve,
    tokens::TokenHash,
};
use crate::{
    error::Result,
    id::{ApiKeyId, PromptId},
    role::{Permission, ViewContent},
    time::Timestamp,
};
use answers::Answers;
use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    response::Response,
};
use futures_util::future::{Either, Ready, ready};
use meter::Meter;
use papaya::HashMap;
use principals::Principals;
use std::{
    convert::Infallible,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Instant,
};
use tower::{Service, ServiceExt, util::Oneshot};
use usage::Usage;

/// What is kept for services.
#[derive(Debug)]
pub struct Hot {
    /// What happened.
    pub heard: Heard,
    /// The headers of all answers.
    pub heads: Heads,
    principals: Principals,
    answers: Answers,
    lease: nodes::Lease,
    names: Names,
    usage: Usage,
    /// How often keys ask, and how often they may in a minute.
    meters: HashMap<ApiKeyId, Meter>,
    limit: Option<NonZeroU32>,
}

impl Hot {
    pub(super) fn new(config: &Config, db: &Db, clock: &Clock) -> Self {
        Self {
            heard: Heard::default(),
            heads: Heads::new(config),
            principals: Principals::default(),
            answers: Answers::new(usize::from(config.fetch_mib) * 1024 * 1024),
            lease: nodes::Lease::new(db, clock),
            names: Names::default(),
            usage: Usage::default(),
            meters: HashMap::new(),
            limit: NonZeroU32::new(config.api_requests_a_minute),
        }
    }

    /// Says that all events up to `seen` were heard, which began to be read when it was `asked`.
    pub(super) async fn renew(&self, db: &Db, seen: i64, asked: Instant) -> db::Result<()> {
        if !self.lease.renew(db, seen, asked).await? {
            // Nobody waited for it meanwhile, and of what it missed the events may be gone.
            self.heard.note_anything();
        }
        Ok(())
    }

    /// Whether other processes may serve from memory, too.
    pub(super) async fn has_others(&self, db: &Db) -> Result<bool> {
        self.lease.has_others(db).await
    }

    /// Waits until all of them have heard the event `seq`, or may not serve from memory any more.
    pub(super) async fn heard_by_others(&self, db: &Db, seq: i64) -> Result<()> {
        self.lease.heard_by_others(db, seq).await
    }

    /// Notes what happened, as it commits.
    pub(super) fn hear(&self, events: &[Event]) {
        for event in events {
            self.heard.note(event);
        }
    }

    /// Keeps a key that was shown.
    pub(super) fn remember(&self, hash: TokenHash, principal: Principal, now: Timestamp) {
        self.principals.keep(hash, principal, &self.heard, now);
    }

    /// Whether the key of a hash was good lately.
    pub(super) fn knew(&self, hash: &TokenHash) -> bool {
        self.principals.knows(hash)
    }

    /// Forgets a key that is no good, and tells whether it was good lately.
    pub(super) fn forget(&self, hash: &TokenHash) -> bool {
        self.principals.forget(hash)
    }

    /// The key of a hash, if it is kept and good.
    pub(super) fn principal(&self, hash: &TokenHash, now: Timestamp) -> Option<Arc<Principal>> {
        self.principals.find(hash, &self.heard, now).filter(|_| self.lease.lasts())
    }

    /// Counts a request of a key against what it may ask for; none where it may ask as often as it likes.
    pub fn spend(&self, key: ApiKeyId, now: Timestamp) -> Option<Allowance> {
        let limit = self.limit?.get();
        Some(self.meters.pin().get_or_insert_with(key, Meter::default).spend(limit, now))
    }

    /// Counts that a key fetched a prompt.
    pub fn count(&self, key: &Key, prompt: PromptId) {
        self.usage.count((key.org, key.id, prompt));
    }

    /// Keeps an answer to a key that was read when the content of its organization had changed `heard` times.
    pub fn keep(&self, key: &Key, uri: &str, answer: Arc<Answer>, heard: u64, now: Timestamp) {
        self.answers.keep((key.org, key.created_by), uri, answer, heard, second(now));
    }

    /// How many answers are kept, and about how many bytes they take.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        self.answers.size()
    }

    /// The answer to a request, if all of it is in memory.
    fn answer(&self, server: &Server, request: &Request) -> Option<Response> {
        if !self.lease.lasts()
            || *request.method() != Method::GET
            || !request.uri().path().starts_with("/api/v1/")
        {
            return None;
        }
        let now = server.clock.now();
        let hash = TokenHash::of(bearer(request.headers())?);
        let principal = self.principals.find(&hash, &self.heard, now)?;
        let key = &principal.key;
        let uri = request.uri().path_and_query()?.as_str();
        let answer = self.answers.find(key.org, uri, &self.heard, second(now))?;
        let is_reached = ViewContent::KEY.is_some_and(|scope| key.scopes.has(scope))
            && answer.about.environment.is_none_or(|environment| key.environments.reaches(&environment))
            && key.folders.reaches_any(&answer.about.around);
        if !is_reached {
            return None;
        }
        let allowance = self.spend(key.id, now);
        if allowance.is_some_and(|allowance| allowance.is_spent) {
            // It is refused where all refusals are written; the request is counted twice then, and too often
            // either way.
            return None;
        }
        self.count(key, answer.about.prompt);
        if principal.is_to_be_noted(now) {
            keys::note_use(server, &serve::client(server, request), key, now);
        }
        let mut response = answer.to(request.headers(), self.names.next(now));
        if let Some(allowance) = allowance {
            allowance.tell(response.headers_mut());
        }
        Some(response)
    }
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names for requests, as [`Clock::id`] makes them but without asking the system for randomness each time: they
/// only have to differ.
#[derive(Debug)]
struct Names {
    process: [u8; 2],
    next: AtomicU64,
}

impl Default for Names {
    fn default() -> Self {
        Self { process: random(), next: AtomicU64::new(u64::from_ne_bytes(random())) }
    }
}

impl Names {
    fn next(&self, now: Timestamp) -> HeaderValue {
        let mut bytes = [0; 10];
        bytes[..2].copy_from_slice(&self.process);
        bytes[2..].copy_from_slice(&self.next.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        let millis = u64::try_from(now.0).unwrap_or_default();
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid();
        let mut text = uuid::Uuid::encode_buffer();
        HeaderValue::from_str(id.hyphenated().encode_lower(&mut text)).unwrap_or(HeaderValue::from_static(""))
    }
}

/// The token of an `Authorization` header; RFC 6750, RFC 9110 §11.1: the scheme is read in any case.
#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start_matches(' '))
}

fn second(now: Timestamp) -> u32 {
    u32::try_from(now.0 / 1000).unwrap_or(u32::MAX)
}

/// Everything the server answers: from memory where it can, or else by its routes.
#[derive(Debug, Clone)]
pub struct Front {
    server: Server,
    routes: Router,
}

impl Front {
    /// The hot path before these routes.
    #[must_use]
    pub const fn new(server: Server, routes: Router) -> Self {
        Self { server, routes }
    }
}

impl Service<Request> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = Either<Ready<std::result::Result<Response, Infallible>>, Oneshot<Router, Request>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::result::Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if self.server.config.bench && request.uri().path() == "/ping" {
            return Either::Left(ready(Ok(Response::new("pong\n".into()))));
        }
        match self.server.hot.answer(&self.server, &request) {
            Some(response) => Either::Left(ready(Ok(response))),
            None => Either::Right(self.routes.clone().oneshot(request)),
        }
    }
}
