//! Invitations in the database, from the inviter's side.

use super::{Invited, Sent, State, letters};
use crate::{
    error::{Error, Result},
    fields::{Email, Name},
    id::InvitationId,
    paths,
    role::{self, Role, ViewInvitations},
    server::{Grant, OrgChange, Topic, audit::Entry, tokens::Token},
    time::{Span, Timestamp},
};
use serde_json::json;
use std::borrow::Cow;

/// The rows of a page.
const SIZE: usize = 50;

type Inviting = Grant<role::InviteMembers>;

/// An invitation as the list shows it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Row {
    /// Its id.
    pub id: InvitationId,
    /// For whom.
    pub email: Email,
    /// As what.
    pub role: Role,
    /// Where it stands.
    pub state: State,
    /// Who sent it.
    pub inviter: Name,
    /// When it was sent last.
    pub sent_at: Timestamp,
    /// When it runs out.
    pub expires_at: Timestamp,
    /// Whether its letter could not be delivered.
    pub is_undelivered: bool,
}

/// A page of the list, and the row that the next one begins after.
#[derive(Debug, Clone)]
pub struct Rows {
    /// The invitations, the newest first.
    pub rows: Vec<Row>,
    /// Where the next page begins, if there is one.
    pub next: Option<InvitationId>,
}

/// The invitations of the organization; ids sort by time, so they serve as cursor.
///
/// # Errors
/// When the database fails.
pub async fn list(
    grant: &Grant<ViewInvitations>,
    only: Option<State>,
    after: Option<InvitationId>,
) -> Result<Rows> {
    let mut rows: Vec<Row> = grant
        .query(
            "SELECT i.id, i.email, i.role, i.state, u.name AS inviter, i.sent_at, i.expires_at,
                    EXISTS (SELECT 1 FROM letters l WHERE l.about_id = i.id AND l.failed_at IS NOT NULL AND l.created_at >= i.sent_at) AS is_undelivered
             FROM invitations i JOIN users u ON u.id = i.inviter_id
             WHERE i.org_id = $1 AND ($2 IS NULL OR i.state = $2) AND ($3 IS NULL OR i.id < $3)
             ORDER BY i.id DESC LIMIT CAST($4 AS BIGINT)",
        )
        .bind(only)
        .bind(after)
        .bind(i64::try_from(SIZE + 1).unwrap_or(i64::MAX))
        .all()
        .await?;
    let more = rows.len() > SIZE;
    rows.truncate(SIZE);
    let next = rows.last().filter(|_| more).map(|row| row.id);
    Ok(Rows { rows, next })
}

/// How many are pending and have not run out.
///
/// # Errors
/// When the database fails.
pub async fn count_pending(grant: &Grant<ViewInvitations>) -> Result<i64> {
    let now = grant.server().clock.now();
    let (n,): (i64,) = grant
        .query("SELECT count(*) FROM invitations WHERE org_id = $1 AND state = 'pending' AND expires_at > $2")
        .bind(now)
        .one()
        .await?;
    Ok(n)
}

/// Invites addresses to be a `role`. Each succeeds or fails by itself.
///
/// # Errors
/// [`Error::Forbidden`] for a role above one's own; [`Error::TooMany`] when a limit let none
/// through; [`Error::Invalid`] without addresses.
pub async fn invite(grant: &Inviting, typed: &[Cow<'_, str>], role: Role) -> Result<Vec<Invited>> {
    if typed.is_empty() {
        return Err(Error::invalid("emails", "Enter at least one email address."));
    }
    if grant.organization().is_personal && role == Role::Owner {
        return Err(Error::invalid("role", "A personal workspace has one Owner."));
    }
    let mut change = grant.change().await?;
    if !change.role().may_grant(role) {
        return Err(Error::Forbidden);
    }
    let (mut invited, mut stopped) = (Vec::new(), None);
    for address in typed {
        let one = match Email::parse(address) {
            Ok(email) => invite_one(grant, &mut change, &email, role).await,
            Err(message) => Err(Error::invalid("emails", message)),
        };
        let result = match one {
            Ok(sent) => Ok(sent),
            Err(error @ (Error::Unavailable { .. } | Error::Internal { .. })) => return Err(error),
            Err(error) => {
                let message = error.to_string();
                stopped = Some(error);
                Err(message)
            }
        };
        let email = Email::parse(address)
            .map_or_else(|_| address.chars().take(254).collect(), |email| email.to_string());
        invited.push(Invited { email, result });
    }
    let none = invited.iter().all(|one| one.result.is_err());
    match stopped {
        // One address, or one reason for all: it is the form's answer.
        Some(error @ Error::TooMany { .. }) if none => return Err(error),
        Some(Error::Invalid { .. }) if none && typed.len() == 1 => {
            let message = invited.swap_remove(0).result.err().unwrap_or_default();
            return Err(Error::invalid("emails", message));
        }
        _ => {}
    }
    change.commit().await?;
    Ok(invited)
}

async fn invite_one(grant: &Inviting, change: &mut OrgChange, email: &Email, role: Role) -> Result<Sent> {
    let member: Option<(i32,)> = change
        .query(
            "SELECT 1 FROM members m JOIN users u ON u.id = m.user_id WHERE m.org_id = $1 AND u.email = $2",
        )
        .bind(email.clone())
        .optional()
        .await?;
    if member.is_some() {
        return Err(Error::invalid("emails", format!("{email} is a member already.")));
    }
    let pending: Option<(InvitationId, Role)> = change
        .query("SELECT id, role FROM invitations WHERE org_id = $1 AND email = $2 AND state = 'pending'")
        .bind(email.clone())
        .optional()
        .await?;
    if pending.is_some_and(|(_, before)| !change.role().may_grant(before)) {
        return Err(Error::invalid(
            "emails",
            format!("{email} is invited as Owner; only an Owner can change that."),
        ));
    }
    ensure_may_write_to(grant, change, email).await?;
    match pending {
        Some((id, _)) => send_again(grant, change, id, email, role).await,
        None => send_first(grant, change, email, role).await,
    }
}

async fn send_first(grant: &Inviting, change: &mut OrgChange, email: &Email, role: Role) -> Result<Sent> {
    ensure_room(grant, change).await?;
    let inviter = grant.person().ok_or(Error::Forbidden)?.id;
    let (id, now) = (InvitationId(change.new_id()), change.now());
    let (mailed, link) = (Token::new(), Token::new());
    change
        .query(
            "INSERT INTO invitations (org_id, id, email, role, state, inviter_id, mail_hash, link_hash, created_at, sent_at, expires_at)
             VALUES ($1, $2, $3, $4, 'pending', $5, $6, $7, $8, $8, $9)",
        )
        .bind(id)
        .bind(email.clone())
        .bind(role)
        .bind(inviter)
        .bind(mailed.hash())
        .bind(link.hash())
        .bind(now)
        .bind(now + grant.organization().invitation_span)
        .execute()
        .await?;
    let details = json!({ "after": { "email": email.as_str(), "role": role } });
    change.audit(Entry::new("invitation.sent", id.0).details(details)).await?;
    announce_and_mail(grant, change, id, email, role, &mailed).await?;
    Ok(Sent { role, link: grant.server().config.url(&paths::invite(link.as_str())), again: false })
}

async fn send_again(
    grant: &Inviting,
    change: &mut OrgChange,
    id: InvitationId,
    email: &Email,
    role: Role,
) -> Result<Sent> {
    let inviter = grant.person().ok_or(Error::Forbidden)?.id;
    let now = change.now();
    let (mailed, link) = (Token::new(), Token::new());
    change
        .query(
            "UPDATE invitations SET role = $3, inviter_id = $4, mail_hash = $5, link_hash = $6, sent_at = $7, expires_at = $8
             WHERE org_id = $1 AND id = $2 AND state = 'pending'",
        )
        .bind(id)
        .bind(role)
        .bind(inviter)
        .bind(mailed.hash())
        .bind(link.hash())
        .bind(now)
        .bind(now + grant.organization().invitation_span)
        .execute()
        .await?;
    let details = json!({ "after": { "email": email.as_str(), "role": role } });
    change.audit(Entry::new("invitation.resent", id.0).details(details)).await?;
    announce_and_mail(grant, change, id, email, role, &mailed).await?;
    Ok(Sent { role, link: grant.server().config.url(&paths::invite(link.as_str())), again: true })
}

async fn announce_and_mail(
    grant: &Inviting,
    change: &mut OrgChange,
    id: InvitationId,
    email: &Email,
    role: Role,
    token: &Token,
) -> Result<()> {
    let inviter = grant.person().ok_or(Error::Forbidden)?;
    let url = grant.server().config.url(&paths::invite(token.as_str()));
    let letter = letters::invitation(
        email,
        &inviter.name,
        &grant.organization().name,
        role,
        &url,
        grant.organization().invitation_span,
    );
    change.mail(id.0, &letter).await?;
    change.announce(Topic::Invitations, id.0).await
}

/// Sends a pending invitation again.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Conflict`] when it is not pending, [`Error::Forbidden`] when it
/// is for a role above one's own, [`Error::TooMany`].
pub async fn resend(grant: &Inviting, id: InvitationId) -> Result<Invited> {
    let mut change = grant.change().await?;
    let (email, role) = pending(&mut change, id).await?;
    ensure_may_write_to(grant, &mut change, &email).await?;
    let sent = send_again(grant, &mut change, id, &email, role).await?;
    change.commit().await?;
    Ok(Invited { email: email.to_string(), result: Ok(sent) })
}

/// Takes a pending invitation back.
///
/// # Errors
/// As [`resend`].
pub async fn revoke(grant: &Inviting, id: InvitationId) -> Result<()> {
    let mut change = grant.change().await?;
    let (email, role) = pending(&mut change, id).await?;
    let now = change.now();
    change
        .query("UPDATE invitations SET state = 'revoked', closed_at = $3 WHERE org_id = $1 AND id = $2")
        .bind(id)
        .bind(now)
        .execute()
        .await?;
    let details = json!({ "before": { "email": email.as_str(), "role": role } });
    change.audit(Entry::new("invitation.revoked", id.0).details(details)).await?;
    change.announce(Topic::Invitations, id.0).await?;
    change.commit().await
}

/// A pending invitation that the actor may send and take back.
async fn pending(change: &mut OrgChange, id: InvitationId) -> Result<(Email, Role)> {
    let row: Option<(Email, Role, State)> = change
        .query("SELECT email, role, state FROM invitations WHERE org_id = $1 AND id = $2")
        .bind(id)
        .optional()
        .await?;
    let (email, role, state) = row.ok_or(Error::NotFound)?;
    if state != State::Pending {
        return Err(Error::conflict("This invitation is no longer pending. Invite the address again."));
    }
    if !change.role().may_grant(role) {
        return Err(Error::Forbidden);
    }
    Ok((email, role))
}

/// The limits on new invitations of an organization.
async fn ensure_room(grant: &Inviting, change: &mut OrgChange) -> Result<()> {
    let (now, config) = (change.now(), &grant.server().config);
    let (pending,): (i64,) = change
        .query("SELECT count(*) FROM invitations WHERE org_id = $1 AND state = 'pending'")
        .one()
        .await?;
    if pending >= config.max_pending_invitations {
        let message =
            format!("{pending} invitations are pending. Revoke some, or wait until they are answered.");
        return Err(Error::TooMany { retry_after: 3600, message: message.into() });
    }
    let (new, oldest): (i64, Option<Timestamp>) = change
        .query("SELECT count(*), min(created_at) FROM invitations WHERE org_id = $1 AND created_at > $2")
        .bind(now - Span::days(1))
        .one()
        .await?;
    if new >= config.max_invitations_a_day {
        let message = format!("{new} people were invited within a day, which is the most. Go on tomorrow.");
        let free = oldest.unwrap_or(now) + Span::days(1);
        return Err(Error::TooMany { retry_after: seconds_until(free, now), message: message.into() });
    }
    Ok(())
}

/// The limit on letters to one address, counted over this organization and over this person's
/// others: nobody is flooded, and no organization learns of another's letters.
async fn ensure_may_write_to(grant: &Inviting, change: &mut OrgChange, email: &Email) -> Result<()> {
    let (now, person) = (change.now(), grant.person().map(|person| person.id));
    let (letters, oldest): (i64, Option<Timestamp>) = change
        .query(
            "SELECT count(*), min(created_at) FROM letters
             WHERE (org_id = $1 OR sender_id = $2) AND kind = 'invitation' AND recipient = $3 AND created_at > $4",
        )
        .bind(person)
        .bind(email.clone())
        .bind(now - Span::hours(1))
        .one()
        .await?;
    if letters < grant.server().config.max_letters_an_hour {
        return Ok(());
    }
    let message =
        format!("{email} got {letters} letters within an hour, which is the most. Try again later.");
    let free = oldest.unwrap_or(now) + Span::hours(1);
    Err(Error::TooMany { retry_after: seconds_until(free, now), message: message.into() })
}

fn seconds_until(then: Timestamp, now: Timestamp) -> u32 {
    u32::try_from((then - now).0 / 1000 + 1).unwrap_or(1).max(1)
}
