//! How a sign-up ends: with an account, and signed in.

use super::sign_ups::{BROWSER, Waiting, of_token};
use crate::{
    accounts::{
        sign_in,
        store::{self, NewPerson, Wish},
    },
    error::{Error, Result},
    fields::{Email, Password, Slug},
    kernel::{passwords::Verdict, tokens::TokenHash},
    paths,
    tenancy::{
        Change,
        audit::{Action, Entry},
    },
    ui::set_cookie,
    web::{RequestContext, rate_limits::ThrottleKey},
};
/// Finishes a sign-up: makes the account, signs in, and tells where to go.
pub(super) async fn confirm(caller: &RequestContext, token: &str, password: &str) -> Result<String> {
    let gone = || Error::conflict("This link has expired or was already used. Sign in, or sign up again.");
    let waiting = of_token(&caller.server, token).await?.ok_or_else(gone)?;
    if !waiting.is_of_this_browser() {
        let wrong = || Error::invalid("password", "Enter the password you chose when you signed up.");
        let password = Password::typed(password).map_err(|_| wrong())?;
        let secret = ThrottleKey { kind: "sign-up", of: waiting.id.to_string(), device: None };
        let guess = caller.web.limits.attempt(&secret)?;
        let stored = Some(waiting.password_hash.clone());
        if caller.server.passwords.verify(password, stored).await? == Verdict::Wrong {
            return Err(wrong());
        }
        guess.succeeded();
    }
    let mut change = caller.server.change_outside_tenancy().await?;
    // Whoever removes the row has used the link; another try at the same moment finds nothing.
    if use_up(&mut change, token, &waiting.email).await? == 0 {
        return Err(gone());
    }
    let Waiting { name, email, password_hash, next, .. } = waiting;
    let new = NewPerson { name, email, password_hash: password_hash.clone(), is_verified: true };
    let (user, home) = store::create(&mut change, new).await?.ok_or_else(gone)?;
    caller.audit(&mut change, user, Entry::new(Action::AccountCreated, user.0)).await?;
    change.commit().await?;
    store::welcome(&caller.server, &home).await;
    set_cookie(BROWSER, "", 0);
    sign_in::let_in(caller, user, &password_hash, None).await?;
    Ok(next.unwrap_or_else(|| paths::organization(&home)))
}

/// Removes the sign-up of a token, and then the others of its address, which are void.
async fn use_up(change: &mut Change, token: &str, email: &Email) -> Result<u64> {
    let delete = change.query("DELETE FROM sign_ups WHERE token_hash = $1");
    let used = delete.bind(TokenHash::of(token)).execute().await?;
    if used > 0 {
        change.query("DELETE FROM sign_ups WHERE email = $1").bind(email.clone()).execute().await?;
    }
    Ok(used)
}

/// Signs somebody up where there is no mail to prove an address with.
///
/// # Errors
/// [`Error::Invalid`] at `email` when the address has an account.
pub(super) async fn sign_up_at_once(caller: &RequestContext, wish: Wish) -> Result<Slug> {
    let password_hash = caller.server.passwords.hash(wish.password).await?;
    let mut change = caller.server.change_outside_tenancy().await?;
    let new = NewPerson {
        name: wish.name,
        email: wish.email,
        password_hash: password_hash.clone(),
        is_verified: false,
    };
    let Some((user, home)) = store::create(&mut change, new).await? else {
        return Err(Error::invalid("email", "This email already has an account. Sign in instead."));
    };
    caller.audit(&mut change, user, Entry::new(Action::AccountCreated, user.0)).await?;
    change.commit().await?;
    store::welcome(&caller.server, &home).await;
    sign_in::let_in(caller, user, &password_hash, None).await?;
    Ok(home)
}
