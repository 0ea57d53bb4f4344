//! Small cookies beside the session's: a notice, the theme, the browser of a sign-up.

use crate::web::{RequestContext, cookies, response};
use axum::http::{header, request::Parts};
use leptos::prelude::with_context;

/// Gives the browser a cookie for some seconds; none takes it away.
pub fn set_cookie(name: &str, value: &str, seconds: i64) {
    let Ok(caller) = RequestContext::here() else { return };
    let cookie = cookies::header(&caller.server.config, name, value, seconds);
    response::set_header(header::SET_COOKIE, &cookie);
}

/// A cookie of the request being answered that a script of ours set: anything may be in it.
#[must_use]
pub fn script_cookie(name: &str) -> Option<String> {
    with_context::<Parts, _>(|parts| cookies::read_of_script(&parts.headers, name)).flatten()
}

/// A cookie of the request being answered.
#[must_use]
pub fn cookie(name: &str) -> Option<String> {
    let caller = RequestContext::here().ok()?;
    with_context::<Parts, _>(|parts| cookies::read(&caller.server.config, &parts.headers, name)).flatten()
}
