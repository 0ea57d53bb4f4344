//! `Idempotency-Key`: a service that does not know whether its request arrived sends it again, and it is done
//! once.
//!
//! The name is the key's own for a day. The first request under it is carried out and its answer kept; the same
//! request again is given that answer, another one under that name is refused. What was refused or failed is
//! forgotten, so that it can be tried again: unless the change that it asked for has noted that it was made, when
//! only its answer is lost. What changes nothing needs no name.

use super::{input::MAX_BODY, problem::ApiError};
use crate::{
    delivery::Delivery,
    error::{Error, Result},
    id::{ApiKeyId, OrgId},
    kernel::{JobOwner, db::Query, long_work},
    tenancy::{Change, Server, api_key::Key, change::to_its_end, client::Client, rows},
    time::{Span, Timestamp},
    web::uploads,
};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, Uri, response::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt, LengthLimitError};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, error::Error as _, sync::Arc};

const NAME: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// How long an answer is kept.
const KEPT: Span = Span::hours(24);
/// How long a request may take; one that has been longer was cut off, and may be sent again.
const TAKES: Span = Span::minutes(1);

/// How many requests of a key are kept at once.
const MOST: i64 = 10_000;

/// What is kept of a request.
#[derive(Debug, sqlx::FromRow)]
struct Kept {
    request_hash: Vec<u8>,
    status: Option<i64>,
    /// What the answer says of itself: a JSON object of names and values.
    headers: Option<String>,
    body: Option<String>,
    carried_out: i64,
    created_at: Timestamp,
}

/// A request being carried out under a name.
struct Attempt {
    server: Server,
    org: OrgId,
    key: ApiKeyId,
    name: String,
    begun_at: Timestamp,
}

/// Carries a named request out once.
pub(super) async fn once(State(delivery): State<Delivery>, request: Request, next: Next) -> Response {
    let is_named = *request.method() == Method::POST && request.headers().contains_key(NAME);
    if !is_named || changes_nothing(request.uri()) {
        return next.run(request).await;
    }
    match named(delivery.server.clone(), request, next).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

/// Whether a request only reads: then it may be sent again and again, and nothing is kept of it.
fn changes_nothing(uri: &Uri) -> bool {
    let is_tried = || uri.query().unwrap_or_default().split('&').any(|pair| pair == "dry_run=true");
    uri.path().ends_with("/render") || uri.path().ends_with("/import") && is_tried()
}

async fn named(server: Server, request: Request, next: Next) -> Result<Response, ApiError> {
    let (mut parts, body) = request.into_parts();
    let name = parts.headers.get(NAME).and_then(|name| name.to_str().ok()).unwrap_or_default().to_owned();
    if name.is_empty() || name.len() > 255 {
        return Err(ApiError::malformed("Idempotency-Key", "Send 1 to 255 printable characters."));
    }
    let client = parts.extensions.get::<Arc<Client>>().cloned().unwrap_or_default();
    let key = parts.extensions.get::<Arc<Key>>().cloned().ok_or(Error::SignedOut)?;
    let most = if parts.uri.path().ends_with("/import") { uploads::MAX_FILE } else { MAX_BODY };
    let body = to_bytes(body, most).await.map_err(|error| match error.source() {
        Some(cause) if cause.is::<LengthLimitError>() => ApiError::too_large(),
        _ => ApiError::malformed("", "The request body couldn't be read."),
    })?;
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let (behalf, same) = (JobOwner { org: key.org, person: Some(key.created_by) }, body.clone());
    let hash = server.long_work.run_on(behalf, body.len(), move || hash(&path, &same)).await?;
    let begun_at = server.clock.now();
    // What is changed on its behalf knows of its name.
    let named = Some((name.clone(), begun_at));
    parts.extensions.insert(Arc::new(Client { named, ..Client::clone(&client) }));
    let attempt = Attempt { server, org: key.org, key: key.id, name, begun_at };
    // To its end, though the client that asked goes away: that is when it is asked for again.
    to_its_end(async move {
        if let Some(kept) = attempt.begin(&hash).await? {
            return answer_again(kept, &hash, attempt.begun_at);
        }
        let response = next.run(Request::from_parts(parts, Body::from(body))).await;
        attempt.keep(response).await
    })
    .await
}

/// The hash of a request: of where it goes, and what it says.
fn hash(path: &str, body: &[u8]) -> Vec<u8> {
    long_work::note(body.len());
    Sha256::new().chain_update(path).chain_update([0]).chain_update(body).finalize().to_vec()
}

impl Attempt {
    async fn change(&self) -> Result<Change> {
        let mut change = self.server.change_outside_tenancy().await?;
        change.fence(self.org).await?;
        Ok(change)
    }

    /// A statement about the request: `$1` to `$4` are its organization, key, name and beginning.
    fn query<'c>(&self, change: &'c mut Change, sql: &'static str) -> Query<'c> {
        let query = change.query(sql).bind(self.org).bind(self.key);
        query.bind(self.name.clone()).bind(self.begun_at)
    }

    /// Notes that it begins, or tells what is kept of the one before it.
    async fn begin(&self, hash: &[u8]) -> Result<Option<Kept>> {
        let (mut change, now) = (self.change().await?, self.begun_at);
        // What was cut off before it had done anything, or is too old, was not there.
        let old = self.query(
            &mut change,
            "DELETE FROM idempotent_requests WHERE org_id = $1 AND key_id = $2 AND name = $3 AND created_at <= $4
             AND (created_at <= $5 OR (status IS NULL AND carried_out = 0 AND created_at <= $6))",
        );
        old.bind(now - KEPT).bind(now - TAKES).execute().await?;
        let begun = self.query(
            &mut change,
            "INSERT INTO idempotent_requests (org_id, key_id, name, created_at, request_hash) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (org_id, key_id, name) DO NOTHING",
        );
        if begun.bind(hash.to_vec()).execute().await? == 1 {
            self.refuse_too_many(&mut change).await?;
            change.commit().await?;
            return Ok(None);
        }
        let kept = change.query(
            "SELECT request_hash, status, headers, body, carried_out, created_at FROM idempotent_requests
             WHERE org_id = $1 AND key_id = $2 AND name = $3",
        );
        let kept = kept.bind(self.org).bind(self.key).bind(self.name.clone());
        let kept: Option<Kept> = kept.optional().await?;
        change.commit().await?;
        kept.map(Some).ok_or(Error::Unavailable { retry_after: 1 })
    }

    async fn refuse_too_many(&self, change: &mut Change) -> Result<()> {
        let now = self.begun_at;
        let kept = change.query(
            "SELECT count(*), min(created_at) FROM idempotent_requests
             WHERE org_id = $1 AND key_id = $2 AND created_at > $3",
        );
        let (count, oldest): (i64, Timestamp) =
            kept.bind(self.org).bind(self.key).bind(now - KEPT).one().await?;
        if count <= MOST {
            return Ok(());
        }
        let message = format!(
            "A key can use at most {MOST} idempotency keys per day. Send this request without an Idempotency-Key, or later."
        );
        let retry_after = u32::try_from((oldest + KEPT - now).0 / 1000 + 1).unwrap_or(1);
        Err(Error::TooMany { retry_after, message: message.into() })
    }

    /// Keeps the answer. When the request was refused or failed it is forgotten, unless it was carried out: then
    /// it is kept that it was.
    async fn keep(&self, response: Response) -> Result<Response, ApiError> {
        let (parts, body) = response.into_parts();
        let body: Bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let mut change = self.change().await?;
        // A refusal has no body yet, and the same request would be refused again or be right by then.
        let answer = parts.status.is_success().then(|| (headers(&parts), String::from_utf8_lossy(&body)));
        if answer.is_none() {
            let forget = self.query(
                &mut change,
                "DELETE FROM idempotent_requests
                 WHERE org_id = $1 AND key_id = $2 AND name = $3 AND created_at = $4 AND carried_out = 0",
            );
            forget.execute().await.map_err(Error::from)?;
        }
        let keep = self.query(
            &mut change,
            "UPDATE idempotent_requests SET status = $5, headers = $6, body = $7
             WHERE org_id = $1 AND key_id = $2 AND name = $3 AND created_at = $4",
        );
        let (headers, text) = answer.map(|(headers, text)| (headers, text.into_owned())).unzip();
        let keep = keep.bind(i64::from(parts.status.as_u16())).bind(headers).bind(text);
        keep.execute().await.map_err(Error::from)?;
        change.commit().await?;
        Ok(Response::from_parts(parts, Body::from(body)))
    }
}

/// The headers of an answer: a JSON object of names and values.
fn headers(parts: &Parts) -> String {
    let headers =
        parts.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    json!(headers.collect::<BTreeMap<_, _>>()).to_string()
}

fn answer_again(kept: Kept, hash: &[u8], now: Timestamp) -> Result<Response, ApiError> {
    if kept.request_hash != hash {
        return Err(ApiError::named_twice());
    }
    let (Some(status), Some(body)) = (kept.status, kept.body) else {
        let is_over = kept.status.is_some() || kept.created_at <= now - TAKES;
        let says = if kept.carried_out == 1 && is_over {
            "This request was carried out, but its response was lost. Check the current state."
        } else {
            "The same request is still in progress."
        };
        return Err(Error::conflict(says).into());
    };
    let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status.unwrap_or_default();
    let headers: BTreeMap<String, String> =
        kept.headers.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

/// Forgets what is older than a day.
///
/// # Errors
/// When the database fails.
pub async fn forget_old(server: &Server) -> Result<()> {
    let old = rows!(delete "idempotent_requests" where "created_at <= $1");
    old.write_in_parts(server, server.clock.now() - KEPT).await
}
