//! Sign-ups that wait for their address to be proven.
//!
//! The letter's link finishes the sign-up in the browser that began it. In another one it asks for
//! the password chosen then, so that nobody confirms, by opening a letter, an account of which
//! somebody else knows the password.

use super::{
    emails,
    store::{self, Wish, may_write_to},
};
use crate::{
    error::Result,
    fields::{Email, Name},
    id::SignUpId,
    kernel::tokens::{Token, TokenHash},
    paths,
    tenancy::{Server, change::Sender, mail::Letter},
    time::Span,
    ui::{cookie, set_cookie},
    web::RequestContext,
};

/// How long the letter's link is good for.
const GOOD_FOR: Span = Span::days(1);
/// The cookie by which a browser is known again.
pub(super) const BROWSER: &str = "sign-up";

/// A sign-up that waits.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Waiting {
    pub(super) id: SignUpId,
    pub(super) name: Name,
    pub(super) email: Email,
    pub(super) password_hash: String,
    browser_hash: TokenHash,
    pub(super) next: Option<String>,
}

/// Begins a sign-up. What is done, and so the time it takes, is the same whether or not the
/// address has an account; only the letter differs.
pub(super) async fn begin(caller: &RequestContext, wish: Wish, next: Option<String>) -> Result<()> {
    let password_hash = caller.server.passwords.hash(wish.password).await?;
    let (token, browser) = (Token::new(), Token::new());
    let known = store::find(&caller.server, &wish.email).await?;
    let mut change = caller.server.change_outside_tenancy().await?;
    let (id, now) = (SignUpId(change.clock().id()), change.clock().now());
    change
        .query(
            "INSERT INTO sign_ups (id, token_hash, browser_hash, name, email, password_hash, next, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(id)
        .bind(token.hash())
        .bind(browser.hash())
        .bind(wish.name.clone())
        .bind(wish.email.clone())
        .bind(password_hash)
        .bind(next)
        .bind(now)
        .bind(now + GOOD_FOR)
        .execute()
        .await?;
    let known = known.map(|(_, name)| name);
    let letter = letter(&caller.server, (&wish.name, &wish.email), known, &token);
    if may_write_to(&caller.server, &mut change, &wish.email).await? {
        change.mail(Sender::default(), &letter).await?;
    }
    change.commit().await?;
    set_cookie(BROWSER, browser.as_str(), 24 * 3600);
    Ok(())
}

/// What is sent to the address of a sign-up: the link that finishes it, or that the address has an account, of
/// somebody of this name.
fn letter(server: &Server, (name, email): (&Name, &Email), known: Option<Name>, token: &Token) -> Letter {
    let config = &server.config;
    match known {
        None => emails::confirm(email, name, &config.url(&paths::confirm(token.as_str()))),
        Some(name) => {
            emails::taken(email, &name, &config.url(paths::SIGN_IN), &config.url(paths::FORGOT_PASSWORD))
        }
    }
}

/// The sign-up that was begun last in this browser, if it still waits.
pub(super) async fn of_this_browser(server: &Server) -> Result<Option<Waiting>> {
    let Some(browser) = cookie(BROWSER) else { return Ok(None) };
    let waiting = server.outside_tenancy().query(
        "SELECT id, name, email, password_hash, browser_hash, next FROM sign_ups
         WHERE browser_hash = $1 AND expires_at > $2 ORDER BY created_at DESC, id DESC LIMIT 1",
    );
    Ok(waiting.bind(TokenHash::of(&browser)).bind(server.clock.now()).optional().await?)
}

/// Sends the letter of this browser's sign-up again, to its address or to the one it should have been. Tells
/// whether a sign-up waits here at all.
pub(super) async fn send_to(caller: &RequestContext, email: &Email) -> Result<bool> {
    let Some(waiting) = of_this_browser(&caller.server).await? else { return Ok(false) };
    let known = store::find(&caller.server, email).await?.map(|(_, name)| name);
    let token = Token::new();
    let mut change = caller.server.change_outside_tenancy().await?;
    let may_write = may_write_to(&caller.server, &mut change, email).await?;
    if may_write || *email != waiting.email {
        change
            .query("UPDATE sign_ups SET token_hash = $2, email = $3 WHERE id = $1")
            .bind(waiting.id)
            .bind(token.hash())
            .bind(email.clone())
            .execute()
            .await?;
    }
    if may_write {
        let letter = letter(&caller.server, (&waiting.name, email), known, &token);
        change.mail(Sender::default(), &letter).await?;
    }
    change.commit().await?;
    Ok(true)
}

/// The newest sign-up of an address that still waits.
pub(super) async fn latest(server: &Server, email: &Email) -> Result<Option<Waiting>> {
    let waiting = server.outside_tenancy().query(
        "SELECT id, name, email, password_hash, browser_hash, next FROM sign_ups
         WHERE email = $1 AND expires_at > $2 ORDER BY created_at DESC LIMIT 1",
    );
    Ok(waiting.bind(email.clone()).bind(server.clock.now()).optional().await?)
}

/// The sign-up of a letter's link, if it is still good.
pub(super) async fn of_token(server: &Server, token: &str) -> Result<Option<Waiting>> {
    let waiting = server.outside_tenancy().query(
        "SELECT id, name, email, password_hash, browser_hash, next FROM sign_ups WHERE token_hash = $1 AND expires_at > $2",
    );
    Ok(waiting.bind(TokenHash::of(token)).bind(server.clock.now()).optional().await?)
}

impl Waiting {
    /// Whether it was begun in the browser that asks now.
    pub(super) fn is_of_this_browser(&self) -> bool {
        cookie(BROWSER).is_some_and(|browser| TokenHash::of(&browser) == self.browser_hash)
    }
}

/// Sends the letter again with a new link, for somebody who knows the password.
pub(super) async fn send_again(caller: &RequestContext, waiting: &Waiting) -> Result<()> {
    let (token, browser) = (Token::new(), Token::new());
    let mut change = caller.server.change_outside_tenancy().await?;
    if may_write_to(&caller.server, &mut change, &waiting.email).await? {
        change
            .query("UPDATE sign_ups SET token_hash = $2, browser_hash = $3 WHERE id = $1")
            .bind(waiting.id)
            .bind(token.hash())
            .bind(browser.hash())
            .execute()
            .await?;
        let url = caller.server.config.url(&paths::confirm(token.as_str()));
        change.mail(Sender::default(), &emails::confirm(&waiting.email, &waiting.name, &url)).await?;
        set_cookie(BROWSER, browser.as_str(), 24 * 3600);
    }
    change.commit().await
}
