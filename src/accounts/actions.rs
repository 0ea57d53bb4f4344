//! The server functions: what forms post to. Each enters, requires, acts, announces.

#![expect(missing_docs, reason = "the macro makes a type of each function's arguments")]

use super::{resets, sign_in, sign_ups, store};
use crate::{
    accounts::confirmation,
    error::Error,
    fields::Email,
    paths,
    ui::{Notice, Theme, set_cookie},
    web::{RequestContext, response},
};
use leptos::prelude::*;

/// Signs up: with mail, a letter proves the address first.
#[server(endpoint = "accounts/sign_up")]
pub async fn sign_up(
    name: String,
    email: String,
    password: String,
    #[server(default)] next: String,
) -> Result<(), Error> {
    let caller = RequestContext::here()?;
    let wish = store::Wish::parse(&name, &email, &password)?;
    let next = Some(next).filter(|next| paths::is_local(next));
    if caller.server.mail.is_on() {
        sign_ups::begin(&caller, wish, next).await?;
        response::go(paths::SIGN_UP_SENT);
    } else {
        let home = confirmation::sign_up_at_once(&caller, wish).await?;
        response::go(&next.unwrap_or_else(|| paths::organization(&home)));
    }
    Ok(())
}

/// Sends the letter of a sign-up again: to the same address, or to another one when that was wrong.
#[server(endpoint = "accounts/resend")]
pub async fn resend_sign_up(email: String) -> Result<(), Error> {
    let email = Email::parse(&email).map_err(|message| Error::invalid("email", message))?;
    if sign_ups::send_to(&RequestContext::here()?, &email).await? {
        Notice::EmailSent.say();
        response::go(paths::SIGN_UP_SENT);
    } else {
        response::go(paths::SIGN_UP);
    }
    Ok(())
}

/// Proves the address of a sign-up: makes the account and signs in.
#[server(endpoint = "accounts/confirm")]
pub async fn confirm_sign_up(token: String, #[server(default)] password: String) -> Result<(), Error> {
    let next = confirmation::confirm(&RequestContext::here()?, &token, &password).await?;
    response::go(&next);
    Ok(())
}

/// Signs in.
#[server(endpoint = "accounts/sign_in")]
pub async fn sign_in(email: String, password: String, #[server(default)] next: String) -> Result<(), Error> {
    let next = Some(next).filter(|next| paths::is_local(next));
    let welcome = sign_in::sign_in(&RequestContext::here()?, &email, &password, next.as_deref()).await?;
    response::go(&welcome.leads_to(next.as_deref()));
    Ok(())
}

/// Goes on signing in, with a code of the authenticator or a recovery code.
#[server(endpoint = "accounts/prove_second_factor")]
pub async fn prove_second_factor(code: String) -> Result<(), Error> {
    let next = sign_in::prove_second_factor(&RequestContext::here()?, &code).await?;
    response::go(next.as_deref().unwrap_or(paths::HOME));
    Ok(())
}

/// Signs out of this browser, to go on to a page as somebody else perhaps.
#[server(endpoint = "accounts/sign_out")]
pub async fn sign_out(#[server(default)] next: String) -> Result<(), Error> {
    RequestContext::here()?.sign_out().await?;
    response::forget_storage();
    Notice::SignedOut.say();
    response::go(&paths::with_next(paths::SIGN_IN, Some(&next)));
    Ok(())
}

/// Sends a letter with which to set a new password.
#[server(endpoint = "accounts/forgot_password")]
pub async fn forgot_password(email: String) -> Result<(), Error> {
    let email = Email::parse(&email).map_err(|message| Error::invalid("email", message))?;
    let caller = RequestContext::here()?;
    resets::begin(&caller, &email).await?;
    resets::remember(&caller.server, &email);
    response::go(paths::FORGOT_PASSWORD_SENT);
    Ok(())
}

/// Sets a new password with the link of that letter, ends all sessions, and signs in.
#[server(endpoint = "accounts/reset_password")]
pub async fn reset_password(token: String, password: String) -> Result<(), Error> {
    let welcome = resets::finish(&RequestContext::here()?, &token, &password).await?;
    Notice::PasswordChanged.say();
    response::go(&welcome.leads_to(None));
    Ok(())
}

/// Chooses light, dark, or what the system says, for this browser.
#[server(endpoint = "accounts/set_theme")]
pub async fn set_theme(theme: String) -> Result<(), Error> {
    match Theme::parse(&theme) {
        Some(theme) => set_cookie(Theme::COOKIE, theme.as_str(), 365 * 24 * 3600),
        None => set_cookie(Theme::COOKIE, "", 0),
    }
    Ok(())
}
