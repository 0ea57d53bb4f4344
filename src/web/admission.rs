//! Whose requests are answered when, and that there is room for their bodies and answers.

use super::{
    RequestContext, Web,
    body_memory::{NO_ROOM, Whose, counted::Counted, sent},
    error_page,
    request_progress::Coming,
    server_function,
};
use crate::{id::UserId, tenancy::Client};
use axum::{
    body::{Body, HttpBody},
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use std::time::Duration;
use tokio::time::timeout;

/// How long a request waits for others of the same person.
const PATIENCE: Duration = Duration::from_secs(10);

/// Answers a request, with room for its body and for the answer; none where there is none. Of a person only so many are
/// answered at once, and the others wait.
pub async fn within(
    web: &Web,
    (person, client): (Option<UserId>, &Client),
    request: Request,
    next: Next,
) -> Option<Response> {
    let _turn = match person {
        Some(person) => Some(timeout(PATIENCE, web.requests.wait(person.0)).await.ok()?),
        None => None,
    };
    let whose = Whose::of(person, client);
    let hang_up = request.extensions().get::<Coming>().map(Coming::hang_up);
    let response = answered(web, whose, request, next).await?;
    sent::with_room(&web.answers, whose, hang_up, response)
}

/// Answers a request, with room for its body.
async fn answered(web: &Web, whose: Whose, mut request: Request, next: Next) -> Option<Response> {
    if request.body().is_end_stream() {
        return Some(next.run(request).await);
    }
    let held = web.bodies.hold(whose);
    // What is carried out though nobody waits for it holds the place as well.
    request.extensions_mut().insert(held.clone());
    let counted = held.clone();
    let request = request.map(|body| Body::new(Counted::new(body, counted)));
    let response = next.run(request).await;
    (!held.is_refused()).then_some(response)
}

/// The middleware of pages and forms.
pub(super) async fn make_room(State(web): State<Web>, request: Request, next: Next) -> Response {
    let Some(caller) = request.extensions().get::<RequestContext>().cloned() else {
        return next.run(request).await;
    };
    let is_form = server_function::accepts_html(request.headers());
    let person = caller.visit().map(|visit| visit.user);
    let refused =
        || if is_form { error_page::plain_error(&NO_ROOM) } else { server_function::refusal(&NO_ROOM) };
    within(&web, (person, &caller.client), request, next).await.unwrap_or_else(refused)
}
