//! No other site may act through somebody's browser.
//!
//! Every request that may change something, and every stream, must come from a page of ours. The
//! browser says so in `Sec-Fetch-Site` (which pages cannot forge), older ones in `Origin`. With
//! neither it is no browser, and carries nobody's cookie without their doing.

use crate::{error::Error, tenancy::Server, web::error_page};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use url::{Origin, Url};

/// The middleware: refuses unsafe methods that come from another site.
pub async fn refuse_cross_site(State(server): State<Server>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || is_same_origin(&server, request.headers()) {
        next.run(request).await
    } else {
        refuse(&server, request.headers())
    }
}

/// Says which page sent the form, and what to set where that is one of ours by another name.
fn refuse(server: &Server, headers: &HeaderMap) -> Response {
    // As a URL has it, it holds nothing but a scheme, a host and a port.
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()?.parse::<Url>().ok());
    let origin = origin.map(|origin| origin.origin()).filter(Origin::is_tuple);
    let Some(origin) = origin else { return error_page::plain_error(&Error::Forbidden) };
    let (origin, own) = (origin.ascii_serialization(), server.config.base_url.origin().ascii_serialization());
    tracing::warn!(%origin, base_url = %own, "a form of another origin was refused; if people use Prompt Studio there, set --base-url to it");
    let says = format!(
        "This form was sent from {origin}, but Prompt Studio is at {own}. Open {own} and try again. \
         If you run this server and people use it at {origin}, set --base-url (STUDIO_BASE_URL) to {origin}."
    );
    error_page::plain_page(StatusCode::FORBIDDEN, &says)
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
