//! Small cookies beside the session's.

use crate::kernel::Config;
use axum::http::{HeaderMap, HeaderValue, header};

/// The cookie with the code of what the next page says once, and what that is about.
pub const NOTICE: &str = "notice";
/// How many seconds it waits for that page.
pub const NOTICE_SECONDS: i64 = 60;
/// The code of what is said of a form that was sent twice.
pub const SENT_TWICE: &str = "sent-twice";
/// The code of what the sign-in page says when what was typed is kept.
pub const TYPED_IS_KEPT: &str = "typed-is-kept";

/// The full name of a cookie: bound to the host where TLS allows it.
#[must_use]
pub fn name(config: &Config, name: &str) -> String {
    if config.is_secure() { format!("__Host-studio-{name}") } else { format!("studio-{name}") }
}

/// The header that gives the browser a cookie for some seconds; none takes it away.
#[must_use]
pub fn header(config: &Config, of: &str, value: &str, seconds: i64) -> String {
    header_of(config, &name(config, of), value, seconds)
}

/// The same for a cookie of this full name.
pub(super) fn header_of(config: &Config, name: &str, value: &str, seconds: i64) -> String {
    let secure = if config.is_secure() { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

/// The header that has the next page say something once, by its code.
pub(super) fn notice(config: &Config, code: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&header(config, NOTICE, code, NOTICE_SECONDS)).ok()
}

/// A cookie that came with a request.
#[must_use]
pub fn read(config: &Config, headers: &HeaderMap, of: &str) -> Option<String> {
    value(headers, &name(config, of))
}

/// A cookie that a script of ours set for the pages of one organization, which `__Host-` would not allow. It is no
/// secret, and others may have set it.
#[must_use]
pub fn read_of_script(headers: &HeaderMap, of: &str) -> Option<String> {
    value(headers, &format!("studio-{of}"))
}

fn value(headers: &HeaderMap, name: &str) -> Option<String> {
    let headers = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = headers.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}
