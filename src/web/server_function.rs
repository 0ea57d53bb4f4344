//! Server functions as programs call them: with JSON, and without a page.

use super::error_page;
use crate::error::Error;
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use http_body_util::BodyExt;

/// The hidden field that says which page the form stands on.
pub const PAGE_FIELD: &str = "page";

/// The answer of a function that was not run.
pub(super) fn refusal(error: &Error) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or_default();
    let mut response = (status, serde_json::to_string(error).unwrap_or_default()).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    error_page::add_retry_after(error, response.headers_mut());
    response
}

/// Runs the server function, and says in the header too when it is worth trying again.
pub(super) async fn run(request: Request) -> Response {
    let answer = leptos_axum::handle_server_fns(request).await.into_response();
    if !matches!(answer.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        return answer;
    }
    let (mut head, body) = answer.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    if let Ok(error) = serde_json::from_slice(&body) {
        error_page::add_retry_after(&error, &mut head.headers);
    }
    Response::from_parts(head, body.into())
}

/// The request as a program would make it, so that the answer is a program's.
pub(super) fn as_program(parts: &Parts, body: impl Into<Body>) -> Request {
    let mut parts = parts.clone();
    parts.headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    Request::from_parts(parts, body.into())
}

/// Whether a request asks for a page.
pub(super) fn accepts_html(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}
