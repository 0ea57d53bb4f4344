//! From a request to a page: the layers every request passes, and the routes that are no page.

use super::{
    Caller, Server, answering, assets, bodies, caller::Client, config::Config, csrf, demotion, forms,
    made_for, pieces, ready, recall, session, uploads, writer,
};
use crate::{error::Error, paths};
use axum::{
    Extension, Router,
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{Html, IntoResponse, Response},
    routing::{any, get},
};
use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer,
        predicate::{DefaultPredicate, NotForContentType, Predicate},
    },
    limit::RequestBodyLimitLayer,
    timeout::TimeoutLayer,
};
use tracing::Instrument;

/// All routes with their layers; `pages` are those of the app, `streams` those that stay open, `api` what
/// services read from, which has layers of its own.
pub fn router(server: &Server, pages: Router, streams: Router, api: Router) -> Router {
    let forms = forms::Forms { server: server.clone(), pages: pages.clone() };
    let posts = Router::new().route("/api/{*function}", any(forms::dispatch)).with_state(forms);
    let timeout = TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(20));
    let app = pages.merge(posts).layer(timeout).merge(streams);
    let app = app
        .layer(middleware::from_fn_with_state(server.clone(), bodies::make_room))
        .layer(middleware::from_fn_with_state(server.clone(), identify))
        .layer(session::layer(server))
        .layer(middleware::from_fn_with_state(server.clone(), csrf::refuse_cross_site))
        .layer(RequestBodyLimitLayer::new(uploads::MAX_BODY))
        .layer(middleware::map_response(say_too_large))
        .layer(middleware::map_response(pieces::in_pieces))
        .layer(compression());
    let bare = Router::new()
        .route(paths::HEALTHZ, get(|| async { "ok\n" }))
        .route(paths::READYZ, get(ready::readyz))
        .with_state(server.clone())
        .merge(assets::routes(server))
        .merge(api);
    bare.merge(app)
        .layer(middleware::from_fn_with_state(server.clone(), secure_headers))
        .layer(CatchPanicLayer::custom(|_| plain_error(&super::caller::internal(&"a request panicked"))))
}

/// Says in plain words that a body was too large to be let in: the layer that limits it has no page.
async fn say_too_large(response: Response) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_of_layer = kind.is_some_and(|kind| kind.starts_with("text/plain"));
    if response.status() == StatusCode::PAYLOAD_TOO_LARGE && is_of_layer {
        return plain_error(&uploads::TOO_LARGE);
    }
    response
}

/// Compresses what is not compressed already.
fn compression() -> CompressionLayer<impl Predicate> {
    let fits = DefaultPredicate::new().and(NotForContentType::const_new("application/zip"));
    CompressionLayer::new().quality(tower_http::CompressionLevel::Fastest).compress_when(fits)
}

/// Finds out who calls, and gives the request its name in the log.
async fn identify(
    State(server): State<Server>,
    Extension(session): Extension<tower_sessions::Session>,
    mut request: Request,
    next: Next,
) -> Response {
    let client = client(&server, &request);
    let id = client.request_id.clone();
    let page = request.uri().path_and_query().map_or("/", |page| page.as_str());
    let (page, kept) = recall::parted(page);
    match Caller::new(server.clone(), session.clone(), client, &page).await {
        Ok(caller) => {
            if let Some(refusal) = made_for::refusal(&caller, request.headers()).await {
                return refusal;
            }
            let kept = kept.filter(|_| *request.method() == Method::GET);
            let kept = kept.map(|name| (name, request.headers().clone()));
            let (caller, shows) = recalled(caller, kept).await;
            let act = format!("{} {}", request.method(), request.uri().path());
            request.extensions_mut().insert(caller.clone());
            // What is logged while it is answered carries its name.
            let span = tracing::info_span!("request", id);
            let mut response = next.run(request).instrument(span).await;
            if response.status() == StatusCode::FORBIDDEN && !demotion::explains(&caller).await {
                caller.note_refusal(&act);
            }
            if let Some(error) = shows.filter(|_| !asks_for_second_factor(&response)) {
                response = answering::with_error(response, &error);
            }
            if let Ok(id) = HeaderValue::from_str(&id) {
                response.headers_mut().insert(HeaderName::from_static("x-request-id"), id);
            }
            session::settle(&server.config, &session, response).await
        }
        Err(error) => plain_error(&error),
    }
}

/// Whether a page leads to where a second factor is set up: what is kept of a form waits until then.
fn asks_for_second_factor(response: &Response) -> bool {
    response.headers().get(header::LOCATION).is_some_and(|to| to == paths::ACCOUNT_SECURITY)
}

/// The caller, shown what is kept of a form that they posted; and what was wrong with it, if anything.
async fn recalled(caller: Caller, kept: Option<(String, HeaderMap)>) -> (Caller, Option<Error>) {
    let Some((name, headers)) = kept else { return (caller, None) };
    let page = caller.page.clone();
    match recall::find(&caller, &headers, &page, &name).await {
        Ok(Some(posted)) => {
            let error = posted.error().cloned();
            (caller.with_posted(&page, posted), error)
        }
        Ok(None) => (caller, None),
        Err(error) => {
            tracing::warn!(%error, "the result of a form cannot be shown");
            (caller, None)
        }
    }
}

/// Where a request comes from.
pub fn client(server: &Server, request: &Request) -> Client {
    let headers = request.headers();
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let connected = || request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let ip = if let Some(name) = &server.config.client_ip_header {
        // The last value of the last line is the one that the trusted proxy itself wrote.
        let last = headers.get_all(name).iter().next_back().and_then(|line| line.to_str().ok());
        last.and_then(|line| line.rsplit(',').next()).and_then(address)
    } else {
        if headers.contains_key("x-forwarded-for") {
            warn_of_proxy();
        }
        connected()
    };
    Client {
        ip,
        user_agent: text("user-agent").chars().filter(|c| !c.is_control()).take(300).collect(),
        request_id: server.clock.id().to_string(),
        is_prefetch: text("sec-purpose").contains("prefetch"),
        is_reread: request.method().is_safe() && headers.contains_key("x-reread"),
        ..Client::default()
    }
}

/// The address that a proxy tells, in any of the ways that proxies write it: with a port, in brackets, in quotes.
fn address(told: &str) -> Option<IpAddr> {
    let told = told.trim().trim_matches('"');
    let alone = || told.strip_prefix('[').and_then(|told| told.strip_suffix(']')).unwrap_or(told).parse();
    told.parse::<SocketAddr>().map(|socket| socket.ip()).or_else(|_| alone()).ok()
}

/// Says once that a proxy seems to stand in front, and that nobody said which header to believe.
fn warn_of_proxy() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        tracing::warn!(
            "requests come through a proxy: set --client-ip-header, or rate limits treat everyone as one client"
        );
    });
}

/// Headers of every answer, errors included. Pages have set a policy of their own, with a nonce.
async fn secure_headers(State(server): State<Server>, request: Request, next: Next) -> Response {
    let only_looks = request.method().is_safe();
    let is_asset = request.uri().path().starts_with("/pkg/");
    let answer = next.run(request);
    let mut response = if only_looks { writer::looking(answer).await } else { answer.await };
    add_secure_headers(&server.config, response.headers_mut());
    if !is_asset {
        let none = HeaderValue::from_static("no-store");
        response.headers_mut().entry(header::CACHE_CONTROL).or_insert(none);
    }
    response
}

/// The same headers, where an answer has none of its own.
pub(super) fn add_secure_headers(config: &Config, headers: &mut HeaderMap) {
    let defaults = [
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
    ];
    for (name, value) in defaults {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if config.is_secure() {
        let value = HeaderValue::from_static("max-age=63072000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
}

/// An error as a page that needs nothing: no database, no style sheet.
#[must_use]
pub fn plain_error(error: &Error) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or_default();
    let message = match error {
        // What these say is about a form that this page does not show.
        Error::Invalid { .. } | Error::Conflict { .. } => "Go back and check what you entered.".to_owned(),
        // A form that stays on its page shows the first sentence alone.
        Error::TooLarge { message } => format!("{message}</p><p>Go back to make it smaller."),
        _ => html_escape::encode_text(&error.to_string()).into_owned(),
    };
    let mut response = plain_page(status, &message);
    add_retry_after(error, response.headers_mut());
    response
}

/// A page of one sentence, which must hold nothing to be escaped.
pub(super) fn plain_page(status: StatusCode, message: &str) -> Response {
    let title = status.canonical_reason().unwrap_or("Error");
    let page = format!(
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title><h1>{title}</h1><p>{message}</p>\
         <p><a href=\"/\">Prompt Studio</a></p></html>"
    );
    (status, Html(page)).into_response()
}

/// Says when it is worth trying again, where that is known.
pub fn add_retry_after(error: &Error, headers: &mut HeaderMap) {
    if let Some(seconds) = error.retry_after() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    #[tokio::test]
    async fn a_plain_page_says_which_limit_was_reached() {
        let message = "At most 2 of <b> & so on. Wait for one.".into();
        let answer = plain_error(&Error::TooMany { retry_after: 7, message });
        let retry_after = answer.headers()["retry-after"].to_str().unwrap();
        assert_eq!((answer.status().as_u16(), retry_after), (429, "7"));
        let page = answer.into_body().collect().await.unwrap().to_bytes();
        let page = String::from_utf8_lossy(&page);
        assert!(page.contains("<p>At most 2 of &lt;b&gt; &amp; so on. Wait for one.</p>"), "{page}");
    }

    #[test]
    fn an_address_is_read_as_proxies_write_it() {
        for (told, ip) in [
            ("192.0.2.1", "192.0.2.1"),
            (" 192.0.2.1:567 ", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[::1]:80", "::1"),
            ("\"[2001:db8::1]:4711\"", "2001:db8::1"),
        ] {
            assert_eq!(address(told), Some(ip.parse().unwrap()), "{told}");
        }
        for told in ["", "unknown", "_hidden", "192.0.2.1:x", "[::1", "192.0.2.1, 192.0.2.2"] {
            assert_eq!(address(told), None, "{told}");
        }
    }
}
