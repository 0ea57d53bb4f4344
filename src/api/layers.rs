//! What stands around every route: a request has a name and an end, and a refusal its form.

use super::{door, problem::Refusal, repeat};
use crate::{
    error::Error,
    server::{Server, caller::internal, hot::Allowance, serve},
};
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

/// How long a request may take, its body included.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Routes of the API with what stands around them; a request may take as long as `patience`.
pub fn around(server: &Server, routes: Router<Server>, patience: Duration) -> Router {
    routes
        // What is carried out to its end has one, too.
        .layer(middleware::from_fn_with_state(patience, in_time))
        .layer(middleware::from_fn_with_state(server.clone(), repeat::once))
        .layer(middleware::from_fn_with_state(server.clone(), door::let_in))
        .layer(middleware::from_fn_with_state(patience, in_time))
        .layer(middleware::from_fn_with_state(server.clone(), answer))
        .with_state(server.clone())
}

/// Ends what takes too long. Of a stream this is its beginning.
async fn in_time(State(patience): State<Duration>, request: Request, next: Next) -> Response {
    let late = || Refusal::from(Error::Unavailable { retry_after: 5 }).into_response();
    tokio::time::timeout(patience, next.run(request)).await.unwrap_or_else(|_| late())
}

/// Gives the request its name, and a refusal its form.
pub(super) async fn answer(State(server): State<Server>, mut request: Request, next: Next) -> Response {
    let client = Arc::new(serve::client(&server, &request));
    let act = format!("{} {}", request.method(), request.uri().path());
    request.extensions_mut().insert(client.clone());
    let run = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response = run.unwrap_or_else(|_| Refusal::from(internal(&"a request panicked")).into_response());
    let allowance = response.extensions_mut().remove::<Allowance>();
    // The layer that limits bodies answers in words of its own.
    let too_large = (response.status() == StatusCode::PAYLOAD_TOO_LARGE).then(Refusal::too_large);
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>().or(too_large) {
        if let Some(scope) = refusal.denied()
            && let Err(error) = scope.note_refusal(&act).await
        {
            tracing::error!(%error, "a refusal was not written down");
        }
        let allowed = response.headers_mut().remove(header::ALLOW);
        response = refusal.answer(&client.request_id);
        response.headers_mut().extend(allowed.map(|allowed| (header::ALLOW, allowed)));
    }
    if let Some(allowance) = allowance {
        allowance.tell(response.headers_mut());
    }
    if let Ok(id) = HeaderValue::from_str(&client.request_id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), id);
    }
    response
}
