//! From a request to a page: the layers every request passes, and the routes that are no page.

use super::{
    RequestContext, assets, chunked_body, csrf, form_response, form_result, forms, page_person, role_change,
    session, uploads,
};
use crate::{
    error::Error,
    kernel::writer,
    paths,
    tenancy::Server,
    web::{Web, admission, client::client, error_page::plain_error, secure_headers::add_secure_headers},
};
use axum::{
    Extension, Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use std::time::Duration;
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
pub fn router((server, web): (&Server, &Web), pages: Router, streams: Router, api: Router) -> Router {
    let forms = form_response::Forms { server: server.clone(), pages: pages.clone() };
    let posts = Router::new().route("/api/{*function}", any(forms::dispatch)).with_state(forms);
    let timeout = TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(20));
    let app = pages.merge(posts).layer(timeout).merge(streams);
    let app = app
        .layer(middleware::from_fn_with_state(web.clone(), admission::make_room))
        .layer(middleware::from_fn_with_state((server.clone(), web.clone()), identify))
        .layer(session::layer(server))
        .layer(middleware::from_fn_with_state(server.clone(), csrf::refuse_cross_site))
        .layer(RequestBodyLimitLayer::new(uploads::MAX_BODY))
        .layer(middleware::map_response(say_too_large))
        .layer(middleware::map_response(chunked_body::in_pieces))
        .layer(compression());
    let bare = Router::new()
        .route(paths::HEALTHZ, get(|| async { "ok\n" }))
        .route(paths::READYZ, get(readyz))
        .with_state((server.clone(), web.clone()))
        .merge(assets::routes(&web.assets))
        .merge(api);
    bare.merge(app).layer(middleware::from_fn_with_state(server.clone(), secure_headers)).layer(
        CatchPanicLayer::custom(|_| {
            plain_error(&crate::kernel::internal_error::internal(&"a request panicked"))
        }),
    )
}

/// Answers `/readyz`.
async fn readyz(State((server, web)): State<(Server, Web)>) -> Response {
    let no = |why| (StatusCode::SERVICE_UNAVAILABLE, why).into_response();
    if server.shutdown.has_begun() {
        return no("the server is stopping\n");
    }
    // Apart from the request, which only looks, and may go away.
    let found = tokio::spawn(async move { web.ready.works(&server).await }).await;
    if matches!(found, Ok(true)) { "ready\n".into_response() } else { no("the database does not answer\n") }
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
    State((server, web)): State<(Server, Web)>,
    Extension(session): Extension<tower_sessions::Session>,
    mut request: Request,
    next: Next,
) -> Response {
    let client = client(&server, &request);
    let id = client.request_id.clone();
    let page = request.uri().path_and_query().map_or("/", |page| page.as_str());
    let (page, kept) = form_result::parted(page);
    match RequestContext::new((server.clone(), web), session.clone(), client, &page).await {
        Ok(caller) => {
            if let Some(refusal) = page_person::refusal(&caller, request.headers()).await {
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
            if response.status() == StatusCode::FORBIDDEN && !role_change::explains(&caller).await {
                caller.note_refusal(&act);
            }
            if let Some(error) = shows.filter(|_| !asks_for_second_factor(&response)) {
                response = form_response::with_error(response, &error);
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
async fn recalled(
    caller: RequestContext,
    kept: Option<(String, HeaderMap)>,
) -> (RequestContext, Option<Error>) {
    let Some((name, headers)) = kept else { return (caller, None) };
    let page = caller.page.clone();
    match form_result::find(&caller, &headers, &page, &name).await {
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
