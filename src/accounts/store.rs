//! People in the database.

use super::emails::{Happened, happened};
use crate::{
    error::{Flaws, Result},
    fields::{Email, Name, Password, Slug},
    id::{OrgId, UserId},
    library::sample,
    orgs, paths,
    tenancy::{Change, Server, change::Sender},
    time::{Span, Timestamp},
};

/// What somebody signs up with.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Their name.
    pub name: Name,
    /// Their address.
    pub email: Email,
    /// The password they chose.
    pub password: Password,
}

impl Wish {
    /// Reads the form, noting everything that is wrong with it.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::error::Error::Invalid).
    pub fn parse(name: &str, email: &str, password: &str) -> Result<Self> {
        let mut flaws = Flaws::default();
        let (typed_name, typed_email) = (name, email);
        let name = flaws.check("name", Name::parse(name));
        let email = flaws.check("email", Email::parse(email));
        let about = [typed_name, email.as_ref().map_or(typed_email, Email::as_str)];
        let password = flaws.check("password", Password::parse(password, &about));
        match (name, email, password) {
            (Some(name), Some(email), Some(password)) => Ok(Self { name, email, password }),
            _ => Err(flaws.into_error()),
        }
    }
}

/// Somebody to make an account for.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// Their name.
    pub name: Name,
    /// Their address.
    pub email: Email,
    /// The hash of their password.
    pub password_hash: String,
    /// Whether the address is proven.
    pub is_verified: bool,
}

/// Makes a person with their personal organization, of which they are the Owner; none when the
/// address has an account.
///
/// # Errors
/// When the database fails.
pub async fn create(change: &mut Change, new: NewPerson) -> Result<Option<(UserId, Slug)>> {
    let (user, now) = (UserId(change.clock().id()), change.clock().now());
    let made = change
        .query(
            "INSERT INTO users (id, name, email, password_hash, verified_at, created_at)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (email) DO NOTHING",
        )
        .bind(user)
        .bind(new.name.clone())
        .bind(new.email)
        .bind(new.password_hash)
        .bind(new.is_verified.then_some(now))
        .bind(now)
        .execute()
        .await?;
    if made == 0 {
        return Ok(None);
    }
    let org = orgs::store::create_personal(change, user, &new.name).await?;
    change.query("UPDATE users SET home_org_id = $2 WHERE id = $1").bind(user).bind(org).execute().await?;
    let slug = change.query("SELECT slug FROM organizations WHERE id = $1").bind(org);
    let (slug,): (Slug,) = slug.one().await?;
    Ok(Some((user, slug)))
}

/// Puts a sample library in the personal organization of somebody who was just made. Nothing depends on it.
pub async fn welcome(server: &Server, home: &Slug) {
    let planted = async {
        let org = server.outside_tenancy().query("SELECT id FROM organizations WHERE slug = $1");
        let (org,): (OrgId,) = org.bind(home.clone()).one().await?;
        sample::plant(server, org).await
    };
    if let Err(error) = planted.await {
        tracing::warn!(%error, "the sample prompts were not added");
    }
}

/// Whether an address has an account, for a caller who has proven that it is theirs.
///
/// # Errors
/// When the database fails.
pub async fn find(server: &Server, email: &Email) -> Result<Option<(UserId, Name)>> {
    let found = server.outside_tenancy().query("SELECT id, name FROM users WHERE email = $1");
    Ok(found.bind(email.clone()).optional().await?)
}

/// Notes that somebody has proven their address.
///
/// # Errors
/// When the database fails.
pub async fn verify(change: &mut Change, user: UserId) -> Result<()> {
    let now = change.clock().now();
    change
        .query("UPDATE users SET verified_at = $2 WHERE id = $1 AND verified_at IS NULL")
        .bind(user)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// Writes to somebody what happened to how they sign in.
///
/// # Errors
/// When the database fails.
pub async fn tell(change: &mut Change, user: UserId, what: Happened) -> Result<()> {
    let person = change.query("SELECT email, name FROM users WHERE id = $1").bind(user);
    let (email, name): (Email, Name) = person.one().await?;
    let forgot = change.server().config.url(paths::FORGOT_PASSWORD);
    change.mail(Sender::default(), &happened(&email, &name, what, &forgot)).await
}

/// Whether one more letter may go to an address. Nobody is told when it may not: that would tell
/// of the letters before.
///
/// # Errors
/// When the database fails.
pub async fn may_write_to(server: &Server, change: &mut Change, email: &Email) -> Result<bool> {
    let since: Timestamp = change.clock().now() - Span::hours(1);
    let (sent,): (i64,) = change
        .query("SELECT count(*) FROM letters WHERE recipient = $1 AND created_at > $2 AND org_id IS NULL")
        .bind(email.clone())
        .bind(since)
        .one()
        .await?;
    Ok(sent < server.config.max_emails_an_hour)
}
