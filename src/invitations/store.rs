//! Invitations in the database, from the inviter's side.

use super::{
    Invited, Sent, State, emails,
    limits::{Inviting, ensure_allowed, ensure_may_write_to, ensure_room},
};
use crate::{
    error::{Error, Result},
    fields::{Email, MAX_ADDRESSES},
    id::InvitationId,
    kernel::tokens::Token,
    paths,
    role::Role,
    tenancy::{
        OrgChange, Topic,
        audit::{Action, Entry},
    },
};
use serde_json::json;
use std::borrow::Cow;

/// Invites addresses to be a `role`. Each succeeds or fails by itself.
///
/// # Errors
/// [`Error::Forbidden`] for a role above one's own; [`Error::TooMany`] when a limit let none
/// through; [`Error::Invalid`] without addresses.
pub async fn invite(grant: &Inviting, typed: &[Cow<'_, str>], role: Role) -> Result<Vec<Invited>> {
    if typed.is_empty() {
        return Err(Error::invalid("emails", "Enter at least one email."));
    }
    if typed.len() > MAX_ADDRESSES {
        return Err(Error::invalid("emails", format!("Enter at most {MAX_ADDRESSES} emails at a time.")));
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
    ensure_allowed(change, email).await?;
    let member: Option<(i32,)> = change
        .query(
            "SELECT 1 FROM members m JOIN users u ON u.id = m.user_id WHERE m.org_id = $1 AND u.email = $2",
        )
        .bind(email.clone())
        .optional()
        .await?;
    if member.is_some() {
        return Err(Error::invalid("emails", format!("{email} is already a member.")));
    }
    let pending: Option<(InvitationId, Role)> = change
        .query("SELECT id, role FROM invitations WHERE org_id = $1 AND email = $2 AND state = 'pending'")
        .bind(email.clone())
        .optional()
        .await?;
    if pending.is_some_and(|(_, before)| !change.role().may_grant(before)) {
        return Err(Error::invalid(
            "emails",
            format!("{email} is invited as Owner. Only an Owner can change that."),
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
    tell(grant, change, (id, email, role), (&mailed, &link), false).await
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
    tell(grant, change, (id, email, role), (&mailed, &link), true).await
}

/// Notes an invitation that was written, and mails it.
async fn tell(
    grant: &Inviting,
    change: &mut OrgChange,
    (id, email, role): (InvitationId, &Email, Role),
    (mailed, link): (&Token, &Token),
    again: bool,
) -> Result<Sent> {
    let action = if again { Action::InvitationResent } else { Action::InvitationSent };
    let details = json!({ "after": { "role": role } });
    change.audit(Entry::new(action, id.0).details(details)).await?;
    let inviter = grant.person().ok_or(Error::Forbidden)?;
    let organization = grant.organization();
    let is_own = organization.is_personal && change.role() == Role::Owner;
    let url = |token: &Token| grant.server().config.url(&paths::invite(token.as_str()));
    let letter = emails::invitation(
        email,
        &inviter.name,
        (&organization.name, is_own),
        role,
        &url(mailed),
        organization.invitation_span,
    );
    change.mail(id.0, &letter).await?;
    change.announce(Topic::Invitations, id.0).await?;
    Ok(Sent { role, link: url(link), again })
}

/// Sends a pending invitation again.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Conflict`] when it is not pending, [`Error::Forbidden`] when it
/// is for a role above one's own, [`Error::TooMany`].
pub async fn resend(grant: &Inviting, id: InvitationId) -> Result<Invited> {
    let mut change = grant.change().await?;
    let (email, role) = pending(&mut change, id).await?;
    ensure_allowed(&mut change, &email).await?;
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
    let (_, role) = pending(&mut change, id).await?;
    let now = change.now();
    change
        .query("UPDATE invitations SET state = 'revoked', closed_at = $3 WHERE org_id = $1 AND id = $2")
        .bind(id)
        .bind(now)
        .execute()
        .await?;
    let details = json!({ "before": { "role": role } });
    change.audit(Entry::new(Action::InvitationRevoked, id.0).details(details)).await?;
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
        return Err(Error::conflict("This invitation is no longer pending. Send a new one."));
    }
    if !change.role().may_grant(role) {
        return Err(Error::Forbidden);
    }
    Ok((email, role))
}
