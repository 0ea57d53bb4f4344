//! Browsers on which somebody has signed in before. They are known again by a cookie that only we can
//! make, so that strangers who guess at a password keep nobody else waiting.

use crate::{
    id::UserId,
    server::{Server, clock::random, tokens::TokenHash},
    ui::{cookie, set_cookie},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

const DEVICE: &str = "device";
const YEAR: u32 = 365 * 24 * 3600;

/// The name of this browser's device, when the person has signed in on it before.
pub(super) fn known(server: &Server, user: Option<UserId>) -> Option<String> {
    let sealed = cookie(DEVICE)?;
    let opened = server.seal.open(&URL_SAFE_NO_PAD.decode(&sealed).ok()?, DEVICE.as_bytes())?;
    opened.starts_with(user?.0.as_bytes()).then(|| format!("{:?}", TokenHash::of(&sealed)))
}

/// Knows this browser again.
pub(super) fn remember(server: &Server, user: UserId) {
    if known(server, Some(user)).is_none() {
        let name = [&user.0.as_bytes()[..], &random::<16>()].concat();
        let sealed = server.seal.seal(&name, DEVICE.as_bytes());
        set_cookie(DEVICE, &URL_SAFE_NO_PAD.encode(sealed), YEAR);
    }
}
