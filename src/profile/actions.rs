//! The server functions: what forms post to. Each enters, requires, acts, announces.

#![expect(missing_docs, reason = "the macro makes a type of each function's arguments")]

use super::{address, closure, sessions, store};
use crate::{
    accounts::two_factor,
    error::Error,
    fields::{Email, Name, Password},
    id::SessionId,
    paths,
    ui::Notice,
    web::{RequestContext, response},
};
use leptos::prelude::*;

/// Changes one's name.
#[server(endpoint = "account/rename")]
pub async fn rename(name: String) -> Result<(), Error> {
    let caller = RequestContext::here()?;
    let person = caller.signed_in().await?;
    // One from before what is good now may stay.
    if name.trim() != person.name.as_str() {
        let name = Name::parse(&name).map_err(|message| Error::invalid("name", message))?;
        store::rename(&caller, &person, name).await?;
    }
    Notice::Saved.say();
    Ok(())
}

/// Changes one's password, and ends all other sessions.
#[server(endpoint = "account/change_password")]
pub async fn change_password(current_password: String, new_password: String) -> Result<(), Error> {
    let caller = RequestContext::here()?;
    let person = caller.signed_in().await?;
    let about = [person.name.as_str(), person.email.as_str()];
    let new = Password::parse(&new_password, &about);
    let new = new.map_err(|message| Error::invalid("new_password", message))?;
    let proof = caller.prove_now("current_password", &current_password).await?;
    if new_password == current_password {
        return Err(Error::invalid("new_password", "This is your current password. Choose another one."));
    }
    store::change_password(&caller, &proof, new).await?;
    Notice::PasswordChanged.say();
    Ok(())
}

/// Begins a change of address: the new one is to prove itself by a letter.
#[server(endpoint = "account/change_address")]
pub async fn change_address(email: String, #[server(default)] password: String) -> Result<(), Error> {
    let caller = RequestContext::here()?;
    let person = caller.signed_in().await?;
    let email = Email::parse(&email).map_err(|message| Error::invalid("email", message))?;
    if email == person.email {
        return Err(Error::invalid("email", "This is already your email."));
    }
    let proof = caller.prove(&password).await?;
    address::begin(&caller, &person, &email, &proof).await?.say();
    Ok(())
}

/// Finishes a change of address with the letter's link.
#[server(endpoint = "account/confirm_address")]
pub async fn confirm_address(token: String) -> Result<(), Error> {
    address::confirm(&RequestContext::here()?, &token).await?;
    Notice::AddressChanged.say();
    response::go(paths::ACCOUNT);
    Ok(())
}

/// Signs out on another of one's browsers.
#[server(endpoint = "account/end_session")]
pub async fn end_session(session: SessionId) -> Result<(), Error> {
    sessions::end(&RequestContext::here()?, session).await?;
    Notice::SessionEnded.say();
    Ok(())
}

/// Signs out on all of one's browsers but this.
#[server(endpoint = "account/end_other_sessions")]
pub async fn end_other_sessions() -> Result<(), Error> {
    sessions::end_others(&RequestContext::here()?).await?;
    Notice::SessionEnded.say();
    Ok(())
}

/// Begins to set a second factor up.
#[server(endpoint = "account/begin_two_factor")]
pub async fn begin_two_factor(#[server(default)] password: String) -> Result<(), Error> {
    let caller = RequestContext::here()?;
    let proof = caller.prove(&password).await?;
    two_factor::begin(&caller, &proof).await
}

/// Checks the first code of the second factor, and tells the recovery codes.
#[server(endpoint = "account/confirm_two_factor")]
pub async fn confirm_two_factor(code: String) -> Result<Vec<String>, Error> {
    two_factor::confirm(&RequestContext::here()?, &code).await
}

/// Turns the second factor on, once the recovery codes are kept.
#[server(endpoint = "account/finish_two_factor")]
pub async fn finish_two_factor() -> Result<(), Error> {
    two_factor::finish(&RequestContext::here()?).await?;
    Notice::TwoFactorOn.say();
    Ok(())
}

/// Makes new recovery codes and tells them.
#[server(endpoint = "account/renew_recovery_codes")]
pub async fn renew_recovery_codes(#[server(default)] password: String) -> Result<Vec<String>, Error> {
    let caller = RequestContext::here()?;
    let proof = caller.prove(&password).await?;
    two_factor::renew_codes(&caller, &proof).await
}

/// Turns the second factor off, or forgets one that was never confirmed.
#[server(endpoint = "account/end_two_factor")]
pub async fn end_two_factor(#[server(default)] password: String) -> Result<(), Error> {
    let caller = RequestContext::here()?;
    let person = caller.signed_in().await?;
    if !two_factor::is_on(&caller.server, person.id).await? {
        return two_factor::forget(&caller, person.id).await;
    }
    let proof = caller.prove(&password).await?;
    two_factor::end(&caller, &proof).await?;
    Notice::TwoFactorOff.say();
    Ok(())
}

/// Deletes one's account, by typing its address and the password.
#[server(endpoint = "account/close")]
pub async fn close_account(email: String, #[server(default)] password: String) -> Result<(), Error> {
    let caller = RequestContext::here()?;
    let person = caller.signed_in().await?;
    if Email::parse(&email).as_ref() != Ok(&person.email) {
        return Err(Error::invalid("email", "This doesn't match your email. Check the spelling."));
    }
    let proof = caller.prove(&password).await?;
    closure::close(&caller, &person, &proof).await?;
    Notice::AccountDeleted.say();
    response::go(paths::SIGN_IN);
    Ok(())
}
