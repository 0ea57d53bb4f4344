//! What a service sends: the query, and a body of JSON.

use super::problem::Refusal;
use axum::{
    extract::{FromRequest, FromRequestParts, Query, Request, rejection::JsonRejection},
    http::{StatusCode, request::Parts},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::error::Error;
use utoipa::{IntoParams, ToSchema};

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
        body.map(|axum::Json(body)| Self(body)).map_err(|error| malformed(&error))
    }
}

/// What is wrong with a body, at its field.
fn malformed(error: &JsonRejection) -> Refusal {
    let mut causes = std::iter::successors(Some(error as &(dyn Error + 'static)), |&error| error.source());
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Refusal::too_large();
    }
    match causes.find_map(|error| error.downcast_ref::<AtField>()) {
        Some(at_field) => Refusal::malformed(&at_field.path().to_string(), at_field.inner().to_string()),
        None => Refusal::malformed("", error.body_text()),
    }
}

type AtField = serde_path_to_error::Error<serde_json::Error>;

/// A page of things.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    data: Vec<T>,
    /// Where the next page begins; null for the last one.
    next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// The first `size` of what was found, which is one more than that where there is another page.
    pub(super) fn new<R>(
        mut rows: Vec<R>,
        size: usize,
        at: impl Fn(&R) -> String,
        show: impl Fn(R) -> T,
    ) -> Self {
        let has_more = rows.len() > size;
        rows.truncate(size);
        let next = rows.last().filter(|_| has_more).map(at);
        Self::of(rows.into_iter().map(show).collect(), next)
    }

    /// These things, and where the next page begins.
    pub(super) fn of(data: Vec<T>, next: Option<String>) -> Self {
        Self { data, next_cursor: next.map(|next| cursor(&next)) }
    }
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Paged {
    /// At most so many.
    #[param(minimum = 1, maximum = 100, default = 50)]
    pub(super) limit: Option<usize>,
    /// Where the page begins: `next_cursor` of the page before.
    pub(super) cursor: Option<String>,
}

/// The most things of one page.
pub(super) const MOST: usize = 100;

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
fn cursor(of: &str) -> String {
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
