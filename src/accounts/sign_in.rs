//! The way in: a password, a second factor where one is set up, and then a session.

use super::{sign_ups, two_factor};
use crate::{
    error::{Error, Result},
    fields::{Email, Password},
    id::UserId,
    kernel::{
        passwords::Verdict,
        tokens::{Token, TokenHash},
    },
    paths,
    tenancy::{
        Change, Server,
        audit::{Action, Entry},
        sessions,
    },
    time::Span,
    ui::{cookie, set_cookie},
    web::{RequestContext, known_devices, rate_limits::ThrottleKey},
};

/// How long the second factor is waited for.
const GOOD_FOR: Span = Span::minutes(10);
/// The cookie of a sign-in that waits for it.
const STEP: &str = "second-step";

/// How signing in went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInOutcome {
    /// They are in.
    In,
    /// Their second factor is asked for.
    SecondFactor,
    /// The password is that of a sign-up whose address is not proven; a letter is on its way.
    ProveAddressFirst,
}

impl SignInOutcome {
    /// The page that comes now; `next` once they are in.
    #[must_use]
    pub fn leads_to(self, next: Option<&str>) -> String {
        match self {
            Self::In => next.unwrap_or(paths::HOME).to_owned(),
            Self::SecondFactor => paths::SECOND_FACTOR.to_owned(),
            Self::ProveAddressFirst => paths::SIGN_UP_SENT.to_owned(),
        }
    }
}

#[derive(sqlx::FromRow)]
struct Credentials {
    id: UserId,
    password_hash: String,
}

/// Signs somebody in. It takes one hash whether or not the address has an account.
///
/// # Errors
/// [`Error::Invalid`] when address and password do not belong together; [`Error::TooMany`] when they
/// did not too often.
pub async fn sign_in(
    caller: &RequestContext,
    email: &str,
    password: &str,
    next: Option<&str>,
) -> Result<SignInOutcome> {
    let (Ok(password), Ok(email)) = (Password::typed(password), Email::parse(email)) else {
        return Err(wrong());
    };
    let credentials = credentials(&caller.server, &email).await?;
    let device = known_devices::known(&caller.server, credentials.as_ref().map(|known| known.id));
    let secret = ThrottleKey { kind: "password", of: email.to_string(), device };
    let guess = caller.web.limits.attempt(&secret)?;
    let waiting = match &credentials {
        None => sign_ups::latest(&caller.server, &email).await?,
        Some(_) => None,
    };
    let stored = credentials.as_ref().map(|known| &known.password_hash);
    let stored = stored.or(waiting.as_ref().map(|waiting| &waiting.password_hash)).cloned();
    let verdict = caller.server.passwords.verify(password.clone(), stored).await?;
    if verdict == Verdict::Wrong {
        note_failure(caller, credentials.map(|known| known.id)).await?;
        return Err(wrong());
    }
    guess.succeeded();
    match (credentials, waiting) {
        (Some(known), _) => {
            let hash = match verdict {
                Verdict::Rehash(renewed) => renew_hash(&caller.server, &known, password, renewed).await?,
                Verdict::Right | Verdict::Wrong => known.password_hash,
            };
            let_in(caller, known.id, &hash, next).await
        }
        (None, Some(waiting)) => {
            sign_ups::send_again(caller, &waiting).await.map(|()| SignInOutcome::ProveAddressFirst)
        }
        (None, None) => Err(wrong()),
    }
}

fn wrong() -> Error {
    Error::invalid("password", "Wrong email or password.")
}

/// Lets somebody in who has proven who they are, by a password or by a letter: at once, or when they
/// have shown their second factor too. Every way in ends here. The hash is that of their password then: one that was
/// set since lets nobody in by an earlier one.
///
/// # Errors
/// [`Error::Invalid`] at `password` when it is another by now; when the database fails.
pub async fn let_in(
    caller: &RequestContext,
    user: UserId,
    password_hash: &str,
    next: Option<&str>,
) -> Result<SignInOutcome> {
    if !two_factor::is_on(&caller.server, user).await? {
        return if enter(caller, user, password_hash).await? { Ok(SignInOutcome::In) } else { Err(wrong()) };
    }
    let (token, now) = (Token::new(), caller.server.clock.now());
    let mut change = caller.server.change_outside_tenancy().await?;
    if !has_password(&mut change, user, password_hash).await? {
        return Err(wrong());
    }
    change
        .query("INSERT INTO second_steps (token_hash, user_id, next, expires_at) VALUES ($1, $2, $3, $4)")
        .bind(token.hash())
        .bind(user)
        .bind(next.map(ToOwned::to_owned))
        .bind(now + GOOD_FOR)
        .execute()
        .await?;
    change.commit().await?;
    set_cookie(STEP, token.as_str(), 600);
    Ok(SignInOutcome::SecondFactor)
}

/// Makes the session; false when the password is another by now.
async fn enter(caller: &RequestContext, user: UserId, password_hash: &str) -> Result<bool> {
    let mut change = caller.server.change_outside_tenancy().await?;
    if !has_password(&mut change, user, password_hash).await? {
        return Ok(false);
    }
    caller.audit(&mut change, user, Entry::new(Action::SignedIn, user.0)).await?;
    change.commit().await?;
    let is_in = caller.sign_in(user, password_hash).await?;
    if is_in {
        known_devices::remember(&caller.server, user);
    }
    Ok(is_in)
}

/// Whether the hash still is that of somebody's password, until the change ends.
async fn has_password(change: &mut Change, user: UserId, hash: &str) -> Result<bool> {
    if !sessions::lock(change, user).await? {
        return Ok(false);
    }
    let same = change.query("SELECT 1 FROM users WHERE id = $1 AND password_hash = $2");
    let same: Option<(i32,)> = same.bind(user).bind(hash.to_owned()).optional().await?;
    Ok(same.is_some())
}

/// Whether this browser's sign-in waits for a second factor.
///
/// # Errors
/// When the database fails.
pub async fn is_waiting(caller: &RequestContext) -> Result<bool> {
    step(caller).await.map(|step| step.is_some())
}

/// Whose sign-in waits, where it leads, and the hash of the password that was shown: a new one removes the step.
async fn step(caller: &RequestContext) -> Result<Option<(UserId, Option<String>, String)>> {
    let Some(token) = cookie(STEP) else { return Ok(None) };
    let waiting = caller.server.outside_tenancy().query(
        "SELECT s.user_id, s.next, u.password_hash FROM second_steps s JOIN users u ON u.id = s.user_id
         WHERE s.token_hash = $1 AND s.expires_at > $2",
    );
    Ok(waiting.bind(TokenHash::of(&token)).bind(caller.server.clock.now()).optional().await?)
}

/// Goes on with the sign-in of this browser, by a code of the authenticator or a recovery code.
///
/// # Errors
/// [`Error::Invalid`] at `code`; [`Error::Conflict`] when it waited too long; [`Error::TooMany`].
pub async fn prove_second_factor(caller: &RequestContext, code: &str) -> Result<Option<String>> {
    let late = || Error::conflict("Your sign-in timed out. Sign in again.");
    let (user, next, password_hash) = step(caller).await?.ok_or_else(late)?;
    let secret = ThrottleKey {
        kind: "code",
        of: user.to_string(),
        device: known_devices::known(&caller.server, Some(user)),
    };
    let guess = caller.web.limits.attempt(&secret)?;
    let mut change = caller.server.change_outside_tenancy().await?;
    if !two_factor::use_code(&mut change, user, code).await? {
        drop(change);
        note_failure(caller, Some(user)).await?;
        return Err(Error::invalid("code", "Wrong code, or this code was already used."));
    }
    guess.succeeded();
    let steps = change.query("DELETE FROM second_steps WHERE user_id = $1").bind(user).execute().await?;
    if steps == 0 {
        return Err(late());
    }
    change.commit().await?;
    set_cookie(STEP, "", 0);
    if enter(caller, user, &password_hash).await? { Ok(next) } else { Err(late()) }
}

/// Writes down that somebody tried to sign in as a person, or as nobody.
async fn note_failure(caller: &RequestContext, user: Option<UserId>) -> Result<()> {
    let mut change = caller.server.change_outside_tenancy().await?;
    caller.audit_stranger(&mut change, user, Action::SignInFailed).await?;
    change.commit().await
}

async fn credentials(server: &Server, email: &Email) -> Result<Option<Credentials>> {
    let known = server.outside_tenancy().query("SELECT id, password_hash FROM users WHERE email = $1");
    Ok(known.bind(email.clone()).optional().await?)
}

/// Keeps a new hash of the same password, and tells the one there is. Of several sign-ins at once one renews it, and the
/// others go by what that kept.
async fn renew_hash(
    server: &Server,
    known: &Credentials,
    password: Password,
    renewed: String,
) -> Result<String> {
    let mut change = server.change_outside_tenancy().await?;
    let renew = change.query("UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2");
    let renew = renew.bind(known.id).bind(known.password_hash.clone()).bind(renewed.clone());
    if renew.execute().await? > 0 {
        change.commit().await?;
        return Ok(renewed);
    }
    let there = change.query("SELECT password_hash FROM users WHERE id = $1").bind(known.id);
    let (there,): (String,) = there.one().await?;
    drop(change);
    // It may be that of another password by now.
    match server.passwords.verify(password, Some(there.clone())).await? {
        Verdict::Wrong => Err(wrong()),
        Verdict::Right | Verdict::Rehash(_) => Ok(there),
    }
}
