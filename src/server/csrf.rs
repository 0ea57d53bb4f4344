//! No other site may act through somebody's browser.
//!
//! Every request that may change something, and every stream, must come from a page of ours. The
//! browser says so in `Sec-Fetch-Site` (which pages cannot forge), older ones in `Origin`. With
//! neither it is no browser, and carries nobody's cookie without their doing.

use super::Server;
use crate::error::Error;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// The middleware: refuses unsafe methods that come from another site.
pub async fn refuse_cross_site(State(server): State<Server>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || is_same_origin(&server, request.headers()) {
        next.run(request).await
    } else {
        super::serve::plain_error(&Error::Forbidden).into_response()
    }
}

/// Whether a request was made by a page of ours, or by no page at all.
#[must_use]
pub fn is_same_origin(server: &Server, headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value: &header::HeaderValue| value.to_str().unwrap_or("?"));
    match (text(header::HeaderName::from_static("sec-fetch-site")), text(header::ORIGIN)) {
        // "none" is a person's own doing: a reload, or a page restored.
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => origin == server.config.base_url.origin().ascii_serialization(),
        (None, None) => true,
    }
}
