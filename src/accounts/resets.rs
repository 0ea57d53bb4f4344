//! Forgotten passwords.

use super::{
    emails::{self, Happened},
    sign_in::{self, SignInOutcome},
    store::{self, may_write_to},
};
use crate::{
    error::{Error, Result},
    fields::{Email, Name, Password},
    id::UserId,
    kernel::tokens::{Token, TokenHash},
    paths,
    tenancy::{
        Change, Server,
        audit::{Action, Entry},
        change::Sender,
        sessions,
    },
    time::Span,
    ui::{cookie, set_cookie},
    web::RequestContext,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// How long the letter's link is good for.
const GOOD_FOR: Span = Span::hours(1);

/// Whose password a link sets.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Reset {
    user_id: UserId,
    name: Name,
    pub(super) email: Email,
}

/// Writes to an address: with a link when it has an account, and that it has none otherwise. The
/// answer and the time it takes are the same.
pub(super) async fn begin(caller: &RequestContext, email: &Email) -> Result<()> {
    let config = &caller.server.config;
    let mut change = caller.server.change_outside_tenancy().await?;
    let found = find(&mut change, email).await?;
    if may_write_to(&caller.server, &mut change, email).await? {
        let letter = match found {
            Some((user, name)) => {
                let (token, now) = (Token::new(), change.clock().now());
                change
                    .query("INSERT INTO password_resets (token_hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)")
                    .bind(token.hash())
                    .bind(user)
                    .bind(now)
                    .bind(now + GOOD_FOR)
                    .execute()
                    .await?;
                emails::reset(email, &name, &config.url(&paths::reset_password(token.as_str())))
            }
            None => emails::unknown(email, &config.url(paths::SIGN_UP)),
        };
        change.mail(Sender::default(), &letter).await?;
    }
    change.commit().await
}

/// Whose address it is. It stays theirs until the change ends: a change of it makes all links void that went to it, and
/// this one as well.
async fn find(change: &mut Change, email: &Email) -> Result<Option<(UserId, Name)>> {
    // SQLite has one writer anyway.
    let find = if change.is_concurrent() {
        "SELECT id, name FROM users WHERE email = $1 FOR NO KEY UPDATE"
    } else {
        "SELECT id, name FROM users WHERE email = $1"
    };
    Ok(change.query(find).bind(email.clone()).optional().await?)
}

/// The cookie that tells the page after the form where the letter went.
const SENT_TO: &str = "reset-sent";

/// Remembers for a while, in this browser, where a letter was sent.
pub(super) fn remember(server: &Server, email: &Email) {
    let sealed = server.encryption.encrypt(email.as_str().as_bytes(), SENT_TO.as_bytes());
    set_cookie(SENT_TO, &URL_SAFE_NO_PAD.encode(sealed), 900);
}

/// Where this browser had a letter sent last, if it was lately.
pub(super) fn sent_to(server: &Server) -> Option<Email> {
    let sealed = URL_SAFE_NO_PAD.decode(cookie(SENT_TO)?).ok()?;
    let email = server.encryption.decrypt(&sealed, SENT_TO.as_bytes())?;
    Email::parse(&String::from_utf8(email).ok()?).ok()
}

/// The reset of a letter's link, if it is still good.
pub(super) async fn of_token(server: &Server, token: &str) -> Result<Option<Reset>> {
    let reset = server.outside_tenancy().query(
        "SELECT r.user_id, u.name, u.email FROM password_resets r JOIN users u ON u.id = r.user_id
         WHERE r.token_hash = $1 AND r.expires_at > $2",
    );
    Ok(reset.bind(TokenHash::of(token)).bind(server.clock.now()).optional().await?)
}

/// Sets the new password. All sessions end, and this browser is signed in.
pub(super) async fn finish(caller: &RequestContext, token: &str, password: &str) -> Result<SignInOutcome> {
    let gone = || Error::conflict("This link has expired or was already used. Request a new one.");
    let reset = of_token(&caller.server, token).await?.ok_or_else(gone)?;
    let password = Password::parse(password, &[reset.name.as_str(), reset.email.as_str()])
        .map_err(|message| Error::invalid("password", message))?;
    let hash = caller.server.passwords.hash(password).await?;
    let user = reset.user_id;
    let mut change = caller.server.change_outside_tenancy().await?;
    // First of all, as others do who change the account: none of them has what another one waits for.
    if !sessions::lock(&mut change, user).await? {
        return Err(gone());
    }
    let delete = change.query("DELETE FROM password_resets WHERE token_hash = $1");
    if delete.bind(TokenHash::of(token)).execute().await? == 0 {
        return Err(gone());
    }
    change.query("DELETE FROM password_resets WHERE user_id = $1").bind(user).execute().await?;
    // Whoever had the old password may have asked for it, and be about to show a second factor.
    change.query("DELETE FROM second_steps WHERE user_id = $1").bind(user).execute().await?;
    change.query("DELETE FROM address_changes WHERE user_id = $1").bind(user).execute().await?;
    let set = change.query("UPDATE users SET password_hash = $2 WHERE id = $1");
    set.bind(user).bind(hash.clone()).execute().await?;
    store::verify(&mut change, user).await?;
    sessions::end_all(&mut change, user).await?;
    caller.audit(&mut change, user, Entry::new(Action::PasswordReset, user.0)).await?;
    store::tell(&mut change, user, Happened::PasswordReset).await?;
    change.commit().await?;
    sign_in::let_in(caller, user, &hash, None).await
}
