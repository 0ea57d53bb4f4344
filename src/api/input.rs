//! What a service sends: the query, and a body of JSON.

use super::problem::Refusal;
use axum::{
    extract::{FromRequest, FromRequestParts, Query, Request},
    http::request::Parts,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::de::DeserializeOwned;

/// The query. What it does not know, it refuses: a mistyped name is not passed over in silence.
#[derive(Debug)]
pub(super) struct Params<T>(pub(super) T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let query = Query::try_from_uri(&parts.uri);
        query.map(|Query(query)| Self(query)).map_err(|error| Refusal::malformed("", error.body_text()))
    }
}

/// A body of JSON.
#[derive(Debug)]
pub(super) struct Json<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let body = axum::Json::from_request(request, state).await;
        body.map(|axum::Json(body)| Self(body)).map_err(|error| Refusal::malformed("", error.body_text()))
    }
}

/// The most things of one page.
const MOST: usize = 100;

/// How many things a page is to hold.
///
/// # Errors
/// 400 at `limit`, unless it is from 1 to 100.
pub(super) fn page_size(limit: Option<usize>) -> Result<usize, Refusal> {
    match limit.unwrap_or(50) {
        limit @ 1..=MOST => Ok(limit),
        _ => Err(Refusal::malformed("limit", "Ask for 1 to 100.")),
    }
}

/// Where the next page begins, as services pass it on without looking into it.
pub(super) fn cursor(of: &str) -> String {
    URL_SAFE_NO_PAD.encode(of)
}

/// What a cursor says.
///
/// # Errors
/// 400 at `cursor`, when it is none.
pub(super) fn after(cursor: Option<&str>) -> Result<Option<String>, Refusal> {
    let Some(cursor) = cursor else { return Ok(None) };
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.map(Some).ok_or_else(|| Refusal::malformed("cursor", "Send what next_cursor said, or nothing."))
}
