//! The HTTP API that services read from, `/api/v1`.
//!
//! A key opens it, never a cookie; no page's layers stand around it. Management paths are there twice: of the
//! key's organization, and under `/organizations/{organization}`.

mod deployments;
mod fetch;
mod input;
mod problem;
mod prompts;
mod render;
mod service;
mod whoami;

use crate::{
    error::Error,
    server::{Server, serve},
};
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderName, HeaderValue},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use problem::Refusal;
use std::sync::Arc;
use tower_http::limit::RequestBodyLimitLayer;

/// The most bytes of a request's body.
const MAX_BODY: usize = 1024 * 1024;

/// All routes.
pub fn routes(server: &Server) -> Router {
    let managed = Router::new()
        .route("/prompts", get(prompts::list))
        .route("/prompts/{prompt}", get(fetch::fetch))
        .route("/prompts/{prompt}/render", post(render::render))
        .route("/prompts/{prompt}/versions", get(prompts::versions))
        .route("/prompts/{prompt}/versions/{number}", get(prompts::version))
        .route("/environments", get(deployments::environments))
        .route("/deployments", get(deployments::list).post(deployments::create))
        .route("/deployments/{deployment}/rollback", post(deployments::rollback));
    let v1 = Router::new()
        .nest("/organizations/{organization}", managed.clone())
        .merge(managed)
        .route("/whoami", get(whoami::whoami))
        // Not as a fallback: the functions of forms are at `/api/…`, and would come first.
        .route("/", any(nothing))
        .route("/{*nothing}", any(nothing))
        .method_not_allowed_fallback(|| async { Refusal::wrong_method() })
        .layer(RequestBodyLimitLayer::new(MAX_BODY))
        .layer(middleware::from_fn_with_state(server.clone(), answer))
        .with_state(server.clone());
    // What is nested does not answer to its own path with a slash behind it.
    let bare = any(nothing).layer(middleware::from_fn_with_state(server.clone(), answer));
    Router::new().nest("/api/v1", v1).route("/api/v1/", bare)
}

async fn nothing() -> Refusal {
    Error::NotFound.into()
}

/// Gives the request its name, and a refusal its form.
async fn answer(State(server): State<Server>, mut request: Request, next: Next) -> Response {
    let client = Arc::new(serve::client(&server, &request));
    let act = format!("{} {}", request.method(), request.uri().path());
    request.extensions_mut().insert(client.clone());
    let mut response = next.run(request).await;
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        if let Some(scope) = refusal.denied()
            && let Err(error) = scope.note_refusal(&act).await
        {
            tracing::error!(%error, "a refusal was not written down");
        }
        response = refusal.answer(&client.request_id);
    }
    if let Ok(id) = HeaderValue::from_str(&client.request_id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), id);
    }
    response
}

/// An answer as JSON.
fn json<T: serde::Serialize>(value: &T) -> Response {
    axum::Json(value).into_response()
}
