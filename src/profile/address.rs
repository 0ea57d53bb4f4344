//! Changing one's address: the new one proves itself first, and the old one is told. Invitations stay
//! with the address they were sent to.

use super::emails;
use crate::{
    accounts::store::may_write_to,
    error::{Error, Result},
    fields::{Email, Name},
    id::{OrgId, UserId},
    kernel::{
        db::is_taken,
        tokens::{Token, TokenHash},
    },
    paths,
    tenancy::{
        Change, Server, Topic,
        audit::{Action, Entry},
        change::Sender,
        client::Person,
    },
    time::Span,
    ui::Notice,
    web::{Proof, RequestContext},
};

/// How long the letter's link is good for.
const GOOD_FOR: Span = Span::hours(24);

/// A change that waits for its letter's link.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Waiting {
    pub(super) user_id: UserId,
    pub(super) email: Email,
}

/// Begins a change. Whether the new address has an account is told to nobody but its mailbox. Where
/// there is no mail, it is changed at once.
pub(super) async fn begin(
    caller: &RequestContext,
    person: &Person,
    email: &Email,
    _: &Proof,
) -> Result<Notice> {
    let mut change = caller.change_own_account().await?;
    if !caller.server.mail.is_on() {
        set(caller, change, person.id, email, false).await?;
        return Ok(Notice::AddressChanged);
    }
    let (token, now) = (Token::new(), change.clock().now());
    change
        .query(
            "INSERT INTO address_changes (user_id, token_hash, email, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (user_id) DO UPDATE SET token_hash = excluded.token_hash, email = excluded.email,
               created_at = excluded.created_at, expires_at = excluded.expires_at",
        )
        .bind(person.id)
        .bind(token.hash())
        .bind(email.clone())
        .bind(now)
        .bind(now + GOOD_FOR)
        .execute()
        .await?;
    if may_write_to(&caller.server, &mut change, email).await? {
        let other = change.query("SELECT name FROM users WHERE email = $1").bind(email.clone());
        let other: Option<(Name,)> = other.optional().await?;
        let url = caller.server.config.url(&paths::confirm_address(token.as_str()));
        let letter = match other {
            Some((name,)) => emails::taken(email, &name),
            None => emails::confirm(email, &person.name, &url),
        };
        change.mail(Sender { person: Some(person.id), ..Sender::default() }, &letter).await?;
    }
    change.commit().await?;
    Ok(Notice::AddressSent)
}

/// The change of a letter's link, if it is still good.
pub(super) async fn of_token(server: &Server, token: &str) -> Result<Option<Waiting>> {
    let waiting = server.outside_tenancy();
    let waiting =
        waiting.query("SELECT user_id, email FROM address_changes WHERE token_hash = $1 AND expires_at > $2");
    Ok(waiting.bind(TokenHash::of(token)).bind(server.clock.now()).optional().await?)
}

/// The address that waits to be proven, if one does.
pub(super) async fn of_person(server: &Server, user: UserId) -> Result<Option<Email>> {
    let waiting = server.outside_tenancy();
    let waiting = waiting.query("SELECT email FROM address_changes WHERE user_id = $1 AND expires_at > $2");
    let waiting: Option<(Email,)> = waiting.bind(user).bind(server.clock.now()).optional().await?;
    Ok(waiting.map(|(email,)| email))
}

/// Finishes a change, as the person whose it is.
pub(super) async fn confirm(caller: &RequestContext, token: &str) -> Result<()> {
    let gone = || Error::conflict("This link has expired or was already used. Change your email again.");
    let person = caller.signed_in().await?;
    let waiting = of_token(&caller.server, token).await?.ok_or_else(gone)?;
    if waiting.user_id != person.id {
        return Err(Error::conflict("This link is for another account. Sign in with that account."));
    }
    caller.rotate().await?;
    let mut change = caller.change_own_account().await?;
    let used = change.query("DELETE FROM address_changes WHERE token_hash = $1");
    if used.bind(TokenHash::of(token)).execute().await? == 0 {
        return Err(gone());
    }
    let old = person.email.clone();
    change.mail(Sender::default(), &emails::changed(&old, &person.name, &waiting.email)).await?;
    set(caller, change, person.id, &waiting.email, true).await
}

/// Sets the address. Letters that went to the old one set no password any more.
async fn set(
    caller: &RequestContext,
    mut change: Change,
    user: UserId,
    email: &Email,
    proven: bool,
) -> Result<()> {
    let now = change.clock().now();
    let set = change.query("UPDATE users SET email = $2, verified_at = $3 WHERE id = $1");
    let set = set.bind(user).bind(email.clone()).bind(proven.then_some(now)).execute().await;
    match set {
        Err(error) if is_taken(&error) => {
            return Err(Error::conflict("This email already has an account. Use another one."));
        }
        set => drop(set?),
    }
    change.query("DELETE FROM password_resets WHERE user_id = $1").bind(user).execute().await?;
    let orgs = change.query("SELECT org_id FROM members WHERE user_id = $1 ORDER BY org_id");
    let orgs: Vec<(OrgId,)> = orgs.bind(user).all().await?;
    for (org,) in orgs {
        change.announce(Some(org), Topic::Members, user.0).await?;
    }
    caller.audit(&mut change, user, Entry::new(Action::AddressChanged, user.0)).await?;
    change.commit().await
}
