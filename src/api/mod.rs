//! The HTTP API that services read from, `/api/v1`.
//!
//! A key opens it, never a cookie; no page's layers stand around it. Management paths are there twice: of the
//! key's organization, and under `/organizations/{organization}`.

mod audit;
mod auth;
mod deployed;
mod deployments;
mod difference;
pub mod docs;
mod environments;
mod events;
mod exchange;
mod fetch;
mod field_errors;
mod folders;
mod idempotency;
mod input;
mod middleware;
mod openapi;
mod paging;
mod people;
mod preconditions;
mod problem;
mod prompt_content;
mod prompts;
mod render;
mod service;
mod usage;
mod version_selector;
mod whoami;
mod writing;

use crate::{
    delivery::Delivery,
    error::Error,
    kernel::long_work,
    tenancy::api_key::{Key, Limit},
    web::uploads,
};
use axum::{
    Router,
    body::{Bytes, HttpBody},
    extract::{DefaultBodyLimit, Request},
    http::header,
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{any, get},
};
use input::MAX_BODY;
use middleware::{PATIENCE, answer};
use problem::ApiError;
use serde_json::Value;
use service::Service;
use std::sync::{Arc, LazyLock};
use tower_http::limit::RequestBodyLimitLayer;
use utoipa::{OpenApi as _, openapi::OpenApi};
use utoipa_axum::{router::OpenApiRouter, routes};

pub use idempotency::forget_old;
pub use middleware::around;

/// The most bytes of a list's page: a hundred prompts with the longest paths and descriptions.
const AT_ONCE: usize = 1024 * 1024;

/// All routes, and the document that describes them.
pub fn routes(delivery: &Delivery) -> Router {
    let Parts { managed, import, own, .. } = Parts::new();
    let managed = managed
        .layer(RequestBodyLimitLayer::new(MAX_BODY))
        .merge(import.layer(RequestBodyLimitLayer::new(uploads::MAX_FILE)));
    let v1 = Router::new()
        .nest("/organizations/{organization}", managed.clone())
        .merge(managed)
        .merge(own)
        // Not as a fallback: the functions of forms are at `/api/…`, and would come first.
        .route("/", any(nothing))
        .route("/{*nothing}", any(nothing))
        .method_not_allowed_fallback(|| async { ApiError::wrong_method() })
        // Axum's own limit is lower than that of a file.
        .layer(DefaultBodyLimit::disable());
    let v1 = around(delivery, v1, PATIENCE);
    // What is nested does not answer to its own path with a slash behind it.
    let bare = any(nothing).layer(from_fn_with_state(delivery.clone(), answer));
    let text = Bytes::from(document().to_string());
    let described = get(move || async move { ([(header::CONTENT_TYPE, "application/json")], text) });
    Router::new().nest("/api/v1", v1).route("/api/v1/", bare).route("/api/openapi.json", described)
}

/// The document that describes the API: `OpenAPI` 3.1.
pub fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| openapi::complete(&Parts::new().document));
    &DOCUMENT
}

/// The routes, and what is said of them.
struct Parts {
    /// Those that are there twice.
    managed: Router<Delivery>,
    /// The one of them that takes a file.
    import: Router<Delivery>,
    /// Those of the key itself.
    own: Router<Delivery>,
    document: OpenApi,
}

impl Parts {
    fn new() -> Self {
        let (managed, managed_document) = OpenApiRouter::new()
            .routes(routes!(prompts::list, writing::create))
            .routes(routes!(writing::order))
            .routes(routes!(fetch::fetch, writing::describe, writing::delete))
            .routes(routes!(writing::put))
            .routes(routes!(render::render))
            .routes(routes!(prompts::versions, writing::save))
            .routes(routes!(prompts::version))
            .routes(routes!(difference::compare))
            .routes(routes!(folders::list, folders::create))
            .routes(routes!(folders::read, folders::change, folders::delete))
            .routes(routes!(exchange::export))
            .routes(routes!(environments::environments))
            .routes(routes!(deployments::list, deployments::create))
            .routes(routes!(deployments::rollback))
            .routes(routes!(people::members))
            .routes(routes!(people::invited))
            .routes(routes!(audit::audit_log))
            .routes(routes!(usage::usage))
            .split_for_parts();
        let (import, import_document) =
            OpenApiRouter::new().routes(routes!(exchange::import)).split_for_parts();
        let (own, document) = OpenApiRouter::with_openapi(openapi::Described::openapi())
            .routes(routes!(whoami::whoami))
            .routes(routes!(events::events))
            .split_for_parts();
        let document = document.merge_from(managed_document).merge_from(import_document);
        Self { managed, import, own, document }
    }
}

/// Nothing is here. Most often a path was sent as it is written; a key that reaches all folders is told so.
async fn nothing(request: Request) -> ApiError {
    let key = request.extensions().get::<Arc<Key>>();
    let is_told = key.is_some_and(|key| key.folders == Limit::All);
    let mut segments =
        request.uri().path().split('/').skip_while(|segment| !matches!(*segment, "prompts" | "folders"));
    match segments.next() {
        Some(kind) if is_told && segments.filter(|segment| !segment.is_empty()).nth(1).is_some() => {
            ApiError::missing(format!("Encode slashes in a path as %2F, as in /{kind}/Support%2FTriage."))
        }
        _ => Error::NotFound.into(),
    }
}

/// An answer as JSON of about so many bytes.
async fn json_of<T: serde::Serialize>(
    service: &Service,
    bytes: usize,
    value: impl FnOnce() -> T + Send + 'static,
) -> Result<Response, ApiError> {
    let scope = service.scope();
    Ok(scope.server().long_work.run_on(scope.behalf(), bytes, move || json(&value())).await?)
}

/// An answer as JSON, which is no more than a page of a list where it is written at once.
fn json<T: serde::Serialize>(value: &T) -> Response {
    let response = axum::Json(value).into_response();
    let bytes = usize::try_from(response.body().size_hint().lower()).unwrap_or(usize::MAX);
    if bytes > AT_ONCE {
        long_work::note(bytes);
    }
    response
}
