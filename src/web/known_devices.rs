//! Browsers on which somebody has signed in before. They are known again by a cookie that only we can make, so that
//! strangers who guess at a password keep nobody else waiting, and what somebody typed while they were signed out is
//! theirs.

use super::cookies;
use crate::{
    id::UserId,
    kernel::{clock::random, tokens::TokenHash},
    tenancy::Server,
    web::response,
};
use axum::http::{HeaderMap, header, request::Parts};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use leptos::prelude::with_context;
use uuid::Uuid;

const DEVICE: &str = "device";
const YEAR: i64 = 365 * 24 * 3600;

/// The name of this browser's device, when the person has signed in on it before.
#[must_use]
pub fn known(server: &Server, user: Option<UserId>) -> Option<String> {
    let sealed = with_context::<Parts, _>(|parts| cookies::read(&server.config, &parts.headers, DEVICE))??;
    (opened(server, &sealed)? == user?).then(|| format!("{:?}", TokenHash::of(&sealed)))
}

/// Knows this browser again.
pub fn remember(server: &Server, user: UserId) {
    if known(server, Some(user)).is_none() {
        let name = [&user.0.as_bytes()[..], &random::<16>()].concat();
        let sealed = URL_SAFE_NO_PAD.encode(server.encryption.encrypt(&name, DEVICE.as_bytes()));
        let cookie = cookies::header(&server.config, DEVICE, &sealed, YEAR);
        response::set_header(header::SET_COOKIE, &cookie);
    }
}

/// Who signed in last on a browser that sends these headers, signed in still or not.
pub(super) fn last_person(server: &Server, headers: &HeaderMap) -> Option<UserId> {
    opened(server, &cookies::read(&server.config, headers, DEVICE)?)
}

fn opened(server: &Server, sealed: &str) -> Option<UserId> {
    let opened = server.encryption.decrypt(&URL_SAFE_NO_PAD.decode(sealed).ok()?, DEVICE.as_bytes())?;
    Uuid::from_slice(opened.get(..16)?).ok().map(UserId)
}
