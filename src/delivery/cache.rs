//! The hot path: what services fetch on every call, answered from memory.
//!
//! It comes before all routes and layers. Keys and answers that were used recently are
//! kept with a count of what had happened in the organization when they were read. A change raises the count as it
//! commits, before its request is answered, so what is served is never older than that. Reading takes no
//! lock (the maps are lock-free) and no database; a miss takes the normal way and is kept then.
//!
//! With PostgreSQL other processes change things too. [`leases`](crate::tenancy::events::leases) tell when this one may answer from memory. A change of
//! keys, the organization itself, environments or what is live in them is answered when all processes
//! have heard of it. Of all else (texts, names, moves, variables) the others hear at once, or, where they
//! are cut off, serve the old state no longer than two seconds.
//!
//! Without its database, a server with SQLite goes on answering what it has in memory; with PostgreSQL it does so
//! for two seconds, since a key may be revoked elsewhere, and then answers 503 with `Retry-After`.

use super::{Answer, AnswerHeaders, Principal, RateLimit};
use crate::{
    delivery::{
        answer_cache::Answers,
        key_cache::Principals,
        key_quota::KeyQuota,
        usage::{self, Usage},
    },
    id::{ApiKeyId, PromptId},
    kernel::{clock::random, tokens::TokenHash},
    role::{Permission, ViewContent},
    tenancy::{
        Server,
        api_key::{self, Key},
    },
    time::Timestamp,
    web::{Web, client},
};
use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, header},
    response::Response,
};
use futures_util::future::{Either, Ready, ready};
use papaya::HashMap;
use std::{
    convert::Infallible,
    num::NonZeroU32,
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};
use tower::{Service, ServiceExt, util::Oneshot};

/// What services are answered with. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Delivery(Arc<Shared>);

/// The parts of [`Delivery`].
#[derive(Debug)]
pub struct Shared {
    /// The server.
    pub server: Server,
    /// What all requests share.
    pub web: Web,
    /// The headers of all answers.
    pub heads: AnswerHeaders,
    principals: Principals,
    answers: Answers,
    names: Names,
    pub(super) usage: Usage,
    /// How often keys ask, and how often they may in a minute.
    meters: HashMap<ApiKeyId, KeyQuota>,
    limit: Option<NonZeroU32>,
}

impl Deref for Delivery {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Delivery {
    /// Nothing is kept yet.
    #[must_use]
    pub fn new(server: &Server, web: &Web) -> Self {
        let config = &server.config;
        Self(Arc::new(Shared {
            server: server.clone(),
            web: web.clone(),
            heads: AnswerHeaders::new(config),
            principals: Principals::default(),
            answers: Answers::new(usize::from(config.fetch_mib) * 1024 * 1024),
            names: Names::default(),
            usage: Usage::default(),
            meters: HashMap::new(),
            limit: NonZeroU32::new(config.api_requests_a_minute),
        }))
    }

    /// Keeps a key that was shown.
    pub(super) fn remember(&self, hash: TokenHash, principal: Principal, now: Timestamp) {
        self.principals.keep(hash, principal, &self.server.events.epochs, now);
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
        let found = self.principals.find(hash, &self.server.events.epochs, now);
        found.filter(|_| self.server.events.may_serve_from_memory())
    }

    /// Counts a request of a key against what it may ask for; none where it may ask as often as it likes.
    pub fn spend(&self, key: ApiKeyId, now: Timestamp) -> Option<RateLimit> {
        let limit = self.limit?.get();
        Some(self.meters.pin().get_or_insert_with(key, KeyQuota::default).spend(limit, now))
    }

    /// Counts that a key fetched a prompt.
    pub fn count(&self, key: &Key, prompt: PromptId) {
        self.usage.count((key.org, key.id, prompt));
    }

    /// Keeps an answer to a key that was read when the content of its organization had changed `heard` times.
    pub fn keep(&self, key: &Key, uri: &str, answer: Arc<Answer>, heard: u64, now: Timestamp) {
        self.answers.keep((key.org, key.created_by), uri, answer, heard, second(now));
    }

    /// Writes down how often prompts were fetched, once a second; never returns.
    pub async fn run(self) {
        loop {
            tokio::time::sleep(usage::FOLDED).await;
            self.flush().await;
        }
    }

    /// Writes down how often prompts were fetched.
    pub async fn flush(&self) {
        if let Err(error) = usage::fold(&self.usage, &self.server).await {
            tracing::warn!(%error, "usage is not saved yet");
        }
    }

    /// How many answers are kept, and about how many bytes they take.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        self.answers.size()
    }

    /// The answer to a request, if all of it is in memory.
    fn answer(&self, request: &Request) -> Option<Response> {
        let (server, epochs) = (&self.server, &self.server.events.epochs);
        if !server.events.may_serve_from_memory()
            || *request.method() != Method::GET
            || !request.uri().path().starts_with("/api/v1/")
        {
            return None;
        }
        let now = server.clock.now();
        let hash = TokenHash::of(bearer(request.headers())?);
        let principal = self.principals.find(&hash, epochs, now)?;
        let key = &principal.key;
        let uri = request.uri().path_and_query()?.as_str();
        let answer = self.answers.find(key.org, uri, epochs, second(now))?;
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
            api_key::note_use(server, &client::client(server, request), key, now);
        }
        let mut response = answer.to(request.headers(), self.names.next(now));
        if let Some(allowance) = allowance {
            allowance.write_headers(response.headers_mut());
        }
        Some(response)
    }
}

/// Names for requests, as [`Clock::id`](crate::kernel::Clock::id) makes them but without asking the system for randomness each time: they
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
pub struct CachedFetch {
    delivery: Delivery,
    routes: Router,
}

impl CachedFetch {
    /// The hot path before these routes.
    #[must_use]
    pub const fn new(delivery: Delivery, routes: Router) -> Self {
        Self { delivery, routes }
    }
}

impl Service<Request> for CachedFetch {
    type Response = Response;
    type Error = Infallible;
    type Future = Either<Ready<std::result::Result<Response, Infallible>>, Oneshot<Router, Request>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::result::Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if self.delivery.server.config.bench && request.uri().path() == "/ping" {
            return Either::Left(ready(Ok(Response::new("pong\n".into()))));
        }
        match self.delivery.answer(&request) {
            Some(response) => Either::Left(ready(Ok(response))),
            None => Either::Right(self.routes.clone().oneshot(request)),
        }
    }
}
