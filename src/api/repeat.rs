//! `Idempotency-Key`: a service that does not know whether its request arrived sends it again, and it is done
//! once.
//!
//! The name is the key's own for a day. The first request under it is carried out and its answer kept; the same
//! request again is given that answer, another one under that name is refused. What was refused or failed is
//! forgotten, so that it can be tried again.

use super::{exchange, problem::Refusal};
use crate::{
    error::{Error, Result},
    server::{Key, Scope, Server, caller::Client, change::to_its_end},
    time::Span,
};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode},
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

/// What is kept of a request.
#[derive(Debug, sqlx::FromRow)]
struct Kept {
    request_hash: Vec<u8>,
    status: Option<i64>,
    /// What the answer says of itself: a JSON object of names and values.
    headers: Option<String>,
    body: Option<String>,
}

/// Carries a named request out once.
pub(super) async fn once(State(server): State<Server>, request: Request, next: Next) -> Response {
    if *request.method() != Method::POST || !request.headers().contains_key(NAME) {
        return next.run(request).await;
    }
    match named(&server, request, next).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

async fn named(server: &Server, request: Request, next: Next) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let name = parts.headers.get(NAME).and_then(|name| name.to_str().ok()).unwrap_or_default().to_owned();
    if name.is_empty() || name.len() > 255 {
        return Err(Refusal::malformed("Idempotency-Key", "Send 1 to 255 printable characters."));
    }
    let client = parts.extensions.get::<Arc<Client>>().cloned().unwrap_or_default();
    let key = parts.extensions.get::<Arc<Key>>().cloned().ok_or(Error::SignedOut)?;
    let scope = Scope::of_key(server, client, key.clone()).await?;
    // As much as any route reads; those that read less look at it again.
    let body = to_bytes(body, exchange::MAX_FILE).await.map_err(|error| match error.source() {
        Some(cause) if cause.is::<LengthLimitError>() => Refusal::too_large(),
        _ => Refusal::malformed("", "The body could not be read."),
    })?;
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let hash = Sha256::new().chain_update(path).chain_update([0]).chain_update(&body).finalize().to_vec();
    let server = server.clone();
    // To its end, though whoever asked goes away: that is when it is asked for again.
    to_its_end(async move {
        if let Some(kept) = begin(&server, &scope, &key, &name, &hash).await? {
            return answer_again(kept, &hash);
        }
        let response = next.run(Request::from_parts(parts, Body::from(body))).await;
        keep(&server, &scope, &key, &name, response).await
    })
    .await
}

/// Notes that a request begins, or tells what is kept of the one before it.
async fn begin(server: &Server, scope: &Scope, key: &Key, name: &str, hash: &[u8]) -> Result<Option<Kept>> {
    let (org, now) = (scope.organization().id, server.clock.now());
    let mut change = server.change_outside_tenancy().await?;
    change.fence(org).await?;
    // What was cut off, or is too old, was not there.
    let old = change.query(
        "DELETE FROM idempotent_requests WHERE org_id = $1 AND key_id = $2 AND name = $3
         AND (created_at <= $4 OR (status IS NULL AND created_at <= $5))",
    );
    let old = old.bind(org).bind(key.id).bind(name.to_owned());
    old.bind(now - KEPT).bind(now - TAKES).execute().await?;
    let begun = change.query(
        "INSERT INTO idempotent_requests (org_id, key_id, name, request_hash, created_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (org_id, key_id, name) DO NOTHING",
    );
    let begun = begun.bind(org).bind(key.id).bind(name.to_owned()).bind(hash.to_vec()).bind(now);
    if begun.execute().await? == 1 {
        change.commit().await?;
        return Ok(None);
    }
    let kept = change.query(
        "SELECT request_hash, status, headers, body FROM idempotent_requests
         WHERE org_id = $1 AND key_id = $2 AND name = $3",
    );
    let kept: Option<Kept> = kept.bind(org).bind(key.id).bind(name.to_owned()).optional().await?;
    change.commit().await?;
    kept.map(Some).ok_or(Error::Unavailable { retry_after: 1 })
}

fn answer_again(kept: Kept, hash: &[u8]) -> Result<Response, Refusal> {
    if kept.request_hash != hash {
        return Err(Refusal::named_twice());
    }
    let (Some(status), Some(body)) = (kept.status, kept.body) else {
        return Err(Error::conflict("The same request is being carried out.").into());
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

/// Keeps an answer, or forgets the request when it was refused or failed.
async fn keep(
    server: &Server,
    scope: &Scope,
    key: &Key,
    name: &str,
    response: Response,
) -> Result<Response, Refusal> {
    let (parts, body) = response.into_parts();
    let body: Bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let status = parts.status;
    let mut change = server.change_outside_tenancy().await?;
    change.fence(scope.organization().id).await?;
    // A refusal has no body yet, and the same request would be refused again or be right by then.
    let (org, key, name) = (scope.organization().id, key.id, name.to_owned());
    let done = if status.is_success() {
        let keep = change.query(
            "UPDATE idempotent_requests SET status = $4, headers = $5, body = $6
             WHERE org_id = $1 AND key_id = $2 AND name = $3",
        );
        let headers =
            parts.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let headers = json!(headers.collect::<BTreeMap<_, _>>()).to_string();
        let text = String::from_utf8_lossy(&body).into_owned();
        let keep = keep.bind(org).bind(key).bind(name).bind(i64::from(status.as_u16()));
        keep.bind(headers).bind(text).execute().await
    } else {
        let forget =
            change.query("DELETE FROM idempotent_requests WHERE org_id = $1 AND key_id = $2 AND name = $3");
        forget.bind(org).bind(key).bind(name).execute().await
    };
    done.map_err(Error::from)?;
    change.commit().await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// Forgets what is older than a day.
///
/// # Errors
/// When the database fails.
pub async fn forget_old(server: &Server) -> Result<()> {
    let mut change = server.change_outside_tenancy().await?;
    let old = change.query("DELETE FROM idempotent_requests WHERE created_at <= $1");
    old.bind(server.clock.now() - KEPT).execute().await?;
    change.commit().await
}
