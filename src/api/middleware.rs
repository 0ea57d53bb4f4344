//! What stands around every route: a request has a name and an end, and a refusal its form.

use super::{auth, idempotency, openapi, problem::ApiError, service::Service};
use crate::{
    delivery::{Delivery, RateLimit},
    error::Error,
    kernel::internal_error::internal,
    tenancy::{api_key::Key, client::Client},
    web::{admission::within, body_memory::NO_ROOM, client},
};
use axum::{
    Router,
    extract::{FromRequestParts, MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

/// How long a request may take, its body included.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Routes of the API with what stands around them; a request may take as long as `patience`.
pub fn around(delivery: &Delivery, routes: Router<Delivery>, patience: Duration) -> Router {
    routes
        .layer(middleware::from_fn(refuse_unknown))
        // What is carried out to its end has one, too.
        .layer(middleware::from_fn_with_state(patience, in_time))
        .layer(middleware::from_fn_with_state(delivery.clone(), idempotency::once))
        .layer(middleware::from_fn_with_state(delivery.clone(), make_room))
        .layer(middleware::from_fn_with_state(delivery.clone(), refuse_unscoped))
        .layer(middleware::from_fn_with_state(delivery.clone(), auth::let_in))
        .layer(middleware::from_fn_with_state(patience, in_time))
        .layer(middleware::from_fn_with_state(delivery.clone(), answer))
        .with_state(delivery.clone())
}

/// Refuses a query where there is none. Where there is one, it is read to the letter.
async fn refuse_unknown(path: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let query = request.uri().query().filter(|query| !query.is_empty());
    let path = path.as_ref().and_then(|path| path.as_str().strip_prefix("/api/v1"));
    let asked = query.zip(path).filter(|(_, path)| openapi::has_no_query(request.method(), path));
    match asked {
        Some((query, _)) => {
            let name = query.split(['&', '=']).next().unwrap_or_default();
            ApiError::malformed(name, "Unknown parameter.").into_response()
        }
        None => next.run(request).await,
    }
}

/// Refuses what a key may not do before anything of it is read.
async fn refuse_unscoped(
    State(delivery): State<Delivery>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let key = request.extensions().get::<Arc<Key>>();
    let path = path.as_ref().and_then(|path| path.as_str().strip_prefix("/api/v1"));
    let path = path.filter(|_| !request.method().is_safe());
    let needs = path.and_then(|path| openapi::scope(request.method(), path));
    let lacks = needs.filter(|needs| key.is_some_and(|key| !key.scopes.has(*needs)));
    if lacks.is_none() {
        return next.run(request).await;
    }
    let (mut parts, _) = request.into_parts();
    let service = Service::from_request_parts(&mut parts, &delivery).await;
    service.map_or_else(|refusal| refusal, |service| ApiError::lacks(service.scope(), lacks)).into_response()
}

/// Makes room for the body of a request.
async fn make_room(State(delivery): State<Delivery>, request: Request, next: Next) -> Response {
    let person = request.extensions().get::<Arc<Key>>().map(|key| key.created_by);
    let client = request.extensions().get::<Arc<Client>>().cloned().unwrap_or_default();
    let response = within(&delivery.web, (person, &client), request, next).await;
    response.unwrap_or_else(|| ApiError::from(NO_ROOM).into_response())
}

/// Ends what takes too long. Of a stream this is its beginning.
async fn in_time(State(patience): State<Duration>, request: Request, next: Next) -> Response {
    let late = || ApiError::from(Error::Unavailable { retry_after: 5 }).into_response();
    tokio::time::timeout(patience, next.run(request)).await.unwrap_or_else(|_| late())
}

/// Gives the request its name, and a refusal its form.
pub(super) async fn answer(State(delivery): State<Delivery>, mut request: Request, next: Next) -> Response {
    let client = Arc::new(client::client(&delivery.server, &request));
    let act = format!("{} {}", request.method(), request.uri().path());
    request.extensions_mut().insert(client.clone());
    let run = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response =
        run.unwrap_or_else(|_| ApiError::from(internal(&"a request panicked")).into_response());
    let allowance = response.extensions_mut().remove::<RateLimit>();
    // The layer that limits bodies answers in words of its own.
    let too_large = (response.status() == StatusCode::PAYLOAD_TOO_LARGE).then(ApiError::too_large);
    if let Some(refusal) = response.extensions_mut().remove::<ApiError>().or(too_large) {
        if let Some(scope) = refusal.denied() {
            delivery.web.note_refusal(scope, &act);
        }
        let allowed = response.headers_mut().remove(header::ALLOW);
        response = refusal.answer(&delivery.server.config, &client.request_id);
        response.headers_mut().extend(allowed.map(|allowed| (header::ALLOW, allowed)));
    }
    if let Some(allowance) = allowance {
        allowance.write_headers(response.headers_mut());
    }
    if let Ok(id) = HeaderValue::from_str(&client.request_id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), id);
    }
    response
}
