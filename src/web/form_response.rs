//! The answer to a posted form: the page that the browser is led to, or the one that it is shown.

use super::{
    RequestContext, cookies,
    form_once::{self, Once, Turn},
    form_result, known_devices,
    posted::Posted,
    response::CLEAR_SITE_DATA,
    server_function::{PAGE_FIELD, as_program, refusal, run},
};
use crate::{error::Error, paths, tenancy::Server, web::error_page};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use http_body_util::BodyExt;
use tower::ServiceExt;
use tracing::Instrument;

/// Fields whose value is never given back.
const SECRET: &[&str] = &["password", "new_password", "current_password", "token"];
/// One that is not kept while its person is signed out.
const CODE: &str = "code";
/// What a form says that was posted after the session had ended, once its page is shown again.
const WAS_SIGNED_OUT: &str =
    "You were signed out, so nothing was saved. Check what you entered and send it again.";
/// The same where the organization asks for a second factor.
const LACKED_SECOND_FACTOR: &str =
    "Two-factor authentication was missing, so nothing was saved. Check what you entered and send it again.";

/// Where forms are posted: the server and the pages to answer with.
#[derive(Debug, Clone)]
pub struct Forms {
    /// The server.
    pub server: Server,
    /// The pages.
    pub pages: Router,
}

/// A form that was posted.
pub(super) struct Post {
    pub(super) forms: Forms,
    pub(super) parts: Parts,
    pub(super) page: String,
    pub(super) input: Vec<(String, String)>,
    /// Whether it was not carried out, since it was sent too often or is no form of ours: nothing is kept of it.
    pub(super) is_refused: bool,
}

impl Post {
    /// Carries it out once, whether or not the person who sent it still waits.
    pub(super) async fn once(self, once: Once, body: Bytes) -> Response {
        let task = tokio::spawn(self.in_turn(once, body).instrument(tracing::Span::current()));
        task.await.unwrap_or_else(|_| error_page::plain_error(&Error::Unavailable { retry_after: 5 }))
    }

    async fn in_turn(self, once: Once, body: Bytes) -> Response {
        let to = match once.turn().await {
            Ok(Turn::Again(to)) => to,
            Ok(Turn::First) => return self.first(&once, body).await,
            Err(error) => return self.respond(refusal(&error)).await,
        };
        let mut response = to_page(&HeaderValue::from_str(&to).unwrap_or(HeaderValue::from_static("/")));
        if let Some(cookie) = once.notice() {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }

    async fn first(self, once: &Once, body: Bytes) -> Response {
        let answer = run(as_program(&self.parts, body)).await;
        let (is_done, page) = (answer.status().is_success(), self.page.clone());
        let response = self.respond(answer).await;
        let location = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
        once.settle(is_done.then(|| location.unwrap_or(&page))).await;
        response
    }

    /// Turns the function's answer into what a browser is shown.
    pub(super) async fn respond(mut self, answer: Response) -> Response {
        let (head, body) = answer.into_parts();
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let location = head.headers.get(header::LOCATION).cloned();
        let go_on = head.status.is_success() && (location.is_some() || body.as_ref() == b"null");
        let mut response = if go_on {
            let page = || HeaderValue::from_str(&self.page).unwrap_or(HeaderValue::from_static("/"));
            to_page(&location.unwrap_or_else(page))
        } else {
            self.input.retain(|(name, _)| {
                !SECRET.contains(&name.as_str()) && name != PAGE_FIELD && name != form_once::FIELD
            });
            let result = if head.status.is_success() {
                Ok(String::from_utf8_lossy(&body).into_owned())
            } else {
                Err(serde_json::from_slice(&body).unwrap_or(Error::Unavailable { retry_after: 5 }))
            };
            let action = self.parts.uri.path().to_owned();
            let input = std::mem::take(&mut self.input);
            self.back(Posted { action, input, result }).await
        };
        for cookie in head.headers.get_all(header::SET_COOKIE) {
            response.headers_mut().append(header::SET_COOKIE, cookie.clone());
        }
        if let Some(what) = head.headers.get(CLEAR_SITE_DATA) {
            response.headers_mut().insert(CLEAR_SITE_DATA, what.clone());
        }
        response
    }

    /// Leads the browser back to the page, which shows what came of the form; an island is answered with that
    /// page at once.
    async fn back(&self, posted: Posted) -> Response {
        let Some(caller) = self.parts.extensions.get::<RequestContext>() else {
            return error_page::plain_error(&Error::Unavailable { retry_after: 5 });
        };
        if let Some(response) = self.lead(caller, &posted).await {
            return response;
        }
        show(&self.forms, &self.parts, &self.page, posted).await
    }

    /// The way to the page, where what came of the form is kept; a person who was signed out is led there by signing
    /// in, and one who lacks a second factor by the page where it is set up.
    async fn lead(&self, caller: &RequestContext, posted: &Posted) -> Option<Response> {
        let (headers, config) = (&self.parts.headers, &caller.server.config);
        // Who has to do something else first, and what is said afterwards.
        let (later, says) = match posted.error() {
            Some(Error::SignedOut) => (known_devices::last_person(&caller.server, headers), WAS_SIGNED_OUT),
            Some(Error::SecondFactorMissing) => {
                (caller.visit().map(|visit| visit.user), LACKED_SECOND_FACTOR)
            }
            _ => (None, ""),
        };
        let is_signed_out = posted.error() == Some(&Error::SignedOut);
        let is_shown = headers.contains_key(IN_PLACE)
            || posted.error().is_some_and(leads_on)
            || !form_result::has_room(caller, posted);
        // The first page leads on, and would show nothing of it.
        let is_nowhere = later.is_some() && self.page == paths::HOME;
        if self.is_refused || is_nowhere || is_shown && later.is_none() {
            return None;
        }
        // The page that follows has another status.
        if posted.error() == Some(&Error::Forbidden) {
            caller.note_refusal(&format!("POST {}", posted.action));
        }
        let mut posted = posted.clone();
        if later.is_some() {
            posted.result = Err(Error::invalid("", says));
            posted.input.retain(|(name, _)| name != CODE);
        }
        let led = match form_result::keep(caller, headers, &self.page, posted, later).await {
            Ok(led) => led?,
            // Without room or a database, it is shown here.
            Err(error) => {
                tracing::warn!(%error, "the result of a form was not saved");
                return None;
            }
        };
        let (to, notice) = match later {
            Some(_) if !is_signed_out => (paths::with_next(paths::ACCOUNT_SECURITY, Some(&led.to)), None),
            Some(_) => {
                let to = paths::with_next(paths::SIGN_IN, Some(&led.to));
                (to, cookies::notice(config, cookies::TYPED_IS_KEPT))
            }
            None => (led.to, None),
        };
        let mut response = to_page(&HeaderValue::from_str(&to).unwrap_or(HeaderValue::from_static("/")));
        for cookie in HeaderValue::from_str(&led.cookie).into_iter().chain(notice) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        Some(response)
    }
}

/// The header of islands, which bring their page up to date themselves.
const IN_PLACE: header::HeaderName = header::HeaderName::from_static("x-in-place");

fn to_page(to: &HeaderValue) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, to.clone())]).into_response()
}

/// Whether an error is a reason to be led to another page.
const fn leads_on(error: &Error) -> bool {
    matches!(error, Error::SignedOut | Error::SecondFactorMissing)
}

/// Renders the page the form stands on, with what came of it.
async fn show(forms: &Forms, parts: &Parts, page: &str, posted: Posted) -> Response {
    let error = posted.error().cloned();
    let Some(caller) = parts.extensions.get::<RequestContext>() else {
        return error_page::plain_error(&Error::Unavailable { retry_after: 5 });
    };
    let Ok(request) = page_request(parts, page, caller.with_posted(page, posted)) else {
        return error_page::plain_error(&Error::NotFound);
    };
    let Ok(response) = forms.pages.clone().oneshot(request).await;
    match error {
        Some(error) => with_error(response, &error),
        None => response,
    }
}

/// A page that shows what was wrong with a form, with its status.
pub(super) fn with_error(mut response: Response, error: &Error) -> Response {
    // A page that leads elsewhere tells nothing of what went wrong, unless that is why it does.
    if response.status().is_redirection() && !leads_on(error) {
        return error_page::plain_error(error);
    }
    if response.status().is_success() {
        *response.status_mut() = StatusCode::from_u16(error.status()).unwrap_or_default();
    }
    error_page::add_retry_after(error, response.headers_mut());
    response
}

fn page_request(parts: &Parts, page: &str, caller: RequestContext) -> axum::http::Result<Request> {
    let mut request = Request::builder().uri(page).body(Body::empty())?;
    *request.headers_mut() = parts.headers.clone();
    for name in [header::CONTENT_LENGTH, header::CONTENT_TYPE, header::TRANSFER_ENCODING] {
        request.headers_mut().remove(name);
    }
    *request.extensions_mut() = parts.extensions.clone();
    request.extensions_mut().insert(caller);
    Ok(request)
}
