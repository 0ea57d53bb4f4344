//! Small cookies beside the session's: a notice, the theme, the browser of a sign-up.

use crate::server::{Caller, forms};
use axum::http::{header, request::Parts};
use leptos::prelude::with_context;

/// The full name: bound to the host where TLS allows it.
fn full_name(name: &str) -> Option<String> {
    let secure = Caller::here().ok()?.server.config.is_secure();
    Some(if secure { format!("__Host-studio-{name}") } else { format!("studio-{name}") })
}

/// Gives the browser a cookie for some seconds; none takes it away.
pub fn set_cookie(name: &str, value: &str, seconds: u32) {
    let Some(name) = full_name(name) else { return };
    let secure = if name.starts_with("__Host-") { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    forms::set_header(header::SET_COOKIE, &cookie);
}

/// A cookie of the request being answered.
#[must_use]
pub fn cookie(name: &str) -> Option<String> {
    let name = full_name(name)?;
    with_context::<Parts, _>(|parts| {
        let headers = parts.headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            headers.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
    })
    .flatten()
}
