//! What a service sends: the path, the query, and a body of JSON.
//!
//! No text holds a NUL, which a database does not take: what comes with one is refused here.

use super::problem::ApiError;
use crate::{delivery::Delivery, error::Error as StudioError, kernel::JobOwner, tenancy::api_key::Key};
use axum::{
    body::Bytes,
    extract::{
        FromRequest, FromRequestParts, Path, Query, Request,
        rejection::{JsonRejection, QueryRejection},
    },
    http::{StatusCode, header, request::Parts},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use std::{error::Error, sync::Arc};

/// The most bytes of a request's body.
pub(super) const MAX_BODY: usize = 1024 * 1024;

/// What the path names. What can be the name of nothing is not there.
#[derive(Debug)]
pub(super) struct InPath<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for InPath<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let nothing = || ApiError::from(StudioError::NotFound);
        if parts.uri.path().contains(NUL) {
            return Err(nothing());
        }
        let named = Path::from_request_parts(parts, state).await;
        named.map(|Path(named)| Self(named)).map_err(|_| nothing())
    }
}

/// A NUL as it stands in a URL.
const NUL: &str = "%00";

/// The query. What it does not know, it refuses: a mistyped name is not passed over in silence.
#[derive(Debug)]
pub(super) struct Params<T>(pub(super) T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        if let Some(pair) = query.split('&').find(|pair| pair.contains(NUL)) {
            return Err(ApiError::malformed(pair.split('=').next().unwrap_or_default(), NO_NUL));
        }
        Query::try_from_uri(&parts.uri).map(|Query(query)| Self(query)).map_err(|error| unreadable(&error))
    }
}

/// What is wrong with a query, at its parameter.
fn unreadable(error: &QueryRejection) -> ApiError {
    let Some(at_field) = cause::<serde_path_to_error::Error<serde_urlencoded::de::Error>>(error) else {
        return ApiError::malformed("", error.body_text());
    };
    let (at, says) = (at_field.path().to_string(), at_field.inner().to_string());
    // Of a name that is not known, missing or there twice, only the words tell.
    let named = says.split('`').nth(1).filter(|_| at == "." || at == "?");
    ApiError::malformed(named.unwrap_or(&at), says.clone())
}

const NO_NUL: &str = "Send text without NUL characters.";

/// A body of JSON.
#[derive(Debug)]
pub(super) struct Json<T>(pub(super) T);

impl<T: DeserializeOwned + Send + 'static> FromRequest<Delivery> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, delivery: &Delivery) -> Result<Self, ApiError> {
        if !is_json(&request) {
            return Err(ApiError::wrong_type());
        }
        let behalf = behalf(&request)?;
        let body = read(request, delivery).await?;
        delivery.server.long_work.run_on(behalf, body.len(), move || parse(&body)).await?.map(Self)
    }
}

/// A body of JSON, or none.
#[derive(Debug)]
pub(super) struct PerhapsJson<T>(pub(super) T);

impl<T: DeserializeOwned + Default + Send + 'static> FromRequest<Delivery> for PerhapsJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, delivery: &Delivery) -> Result<Self, ApiError> {
        let (is_json, behalf) = (is_json(&request), behalf(&request)?);
        let body = read(request, delivery).await?;
        match (body.is_empty(), is_json) {
            (true, _) => Ok(Self(T::default())),
            (false, true) => {
                delivery.server.long_work.run_on(behalf, body.len(), move || parse(&body)).await?.map(Self)
            }
            (false, false) => Err(ApiError::wrong_type()),
        }
    }
}

/// On whose behalf a body is read.
fn behalf(request: &Request) -> Result<JobOwner, ApiError> {
    let key = request.extensions().get::<Arc<Key>>().ok_or(StudioError::SignedOut)?;
    Ok(JobOwner { org: key.org, person: Some(key.created_by) })
}

fn is_json(request: &Request) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.starts_with("application/") && kind.ends_with("+json")
}

async fn read(request: Request, delivery: &Delivery) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, delivery).await.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::too_large(),
        _ => ApiError::malformed("", "The request body couldn't be read."),
    })
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    // A list would be taken for the fields in their order.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(ApiError::malformed("", "Send a JSON object."));
    }
    // Seldom there, and then perhaps not as a NUL, but as what is said of one.
    if body.windows(6).any(|text| text == b"\\u0000")
        && let Some(field) = serde_json::from_slice(body).ok().as_ref().and_then(nul_in)
    {
        return Err(ApiError::malformed(&field, NO_NUL));
    }
    axum::Json::from_bytes(body).map(|axum::Json(body)| body).map_err(|error| malformed(&error))
}

/// Where in a value a NUL is: in a text, or in the name of a field.
fn nul_in(value: &Value) -> Option<String> {
    let below = |at: String, value| {
        let rest = nul_in(value)?;
        Some(if rest.is_empty() || rest.starts_with('[') { at + &rest } else { format!("{at}.{rest}") })
    };
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(all) => all.iter().enumerate().find_map(|(n, one)| below(format!("[{n}]"), one)),
        Value::Object(fields) => fields.iter().find_map(|(name, one)| {
            if name.contains('\0') { Some(String::new()) } else { below(name.clone(), one) }
        }),
        _ => None,
    }
}

/// What is wrong with a body, at its field.
fn malformed(error: &JsonRejection) -> ApiError {
    match cause::<serde_path_to_error::Error<serde_json::Error>>(error) {
        Some(at_field) => ApiError::malformed(&at_field.path().to_string(), at_field.inner().to_string()),
        None => ApiError::malformed("", error.body_text()),
    }
}

/// What of this kind lies behind an error.
fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    std::iter::successors(Some(error), |&error| error.source()).find_map(|error| error.downcast_ref())
}

/// The folder that something is to be in.
#[derive(Debug, Default, Deserialize)]
#[serde(from = "Option<String>")]
pub(super) enum Home {
    /// The one it is in: nothing was said.
    #[default]
    Same,
    /// This one, or the top.
    Named(Option<String>),
}

impl From<Option<String>> for Home {
    fn from(named: Option<String>) -> Self {
        Self::Named(named)
    }
}
