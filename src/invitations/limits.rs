//! Whom an organization may write to, and how often.

use crate::{
    error::{Error, Result},
    fields::{Domains, Email, counted},
    role,
    tenancy::{Grant, OrgChange},
    time::{Span, Timestamp},
};

pub(super) type Inviting = Grant<role::InviteMembers>;

/// The organization may restrict the domains of those it invites.
pub(super) async fn ensure_allowed(change: &mut OrgChange, email: &Email) -> Result<()> {
    let allowed = change.query("SELECT allowed_domains FROM organizations WHERE id = $1");
    let (allowed,): (Domains,) = allowed.one().await?;
    if allowed.allow(email) {
        return Ok(());
    }
    Err(Error::invalid("emails", format!("{email} isn't from a domain this organization allows: {allowed}.")))
}

/// The limits on new invitations of an organization.
pub(super) async fn ensure_room(grant: &Inviting, change: &mut OrgChange) -> Result<()> {
    let (now, config) = (change.now(), &grant.server().config);
    let (pending,): (i64,) = change
        .query("SELECT count(*) FROM invitations WHERE org_id = $1 AND state = 'pending' AND expires_at > $2")
        .bind(now)
        .one()
        .await?;
    if pending >= config.max_pending_invitations {
        let message = format!(
            "This organization already has {}, the maximum. Revoke some, or wait for replies.",
            counted(pending, "pending invitation")
        );
        return Err(Error::TooMany { retry_after: 3600, message: message.into() });
    }
    let (new, oldest): (i64, Option<Timestamp>) = change
        .query("SELECT count(*), min(created_at) FROM invitations WHERE org_id = $1 AND created_at > $2")
        .bind(now - Span::days(1))
        .one()
        .await?;
    if new >= config.max_invitations_a_day {
        let message = format!(
            "This organization already sent {} in the last 24 hours, the maximum. Try again later.",
            counted(new, "invitation")
        );
        let free = oldest.unwrap_or(now) + Span::days(1);
        return Err(Error::TooMany { retry_after: seconds_until(free, now), message: message.into() });
    }
    Ok(())
}

/// The limit on letters to one address, counted over this organization and over this person's
/// others: nobody is flooded, and no organization learns of another's letters.
pub(super) async fn ensure_may_write_to(
    grant: &Inviting,
    change: &mut OrgChange,
    email: &Email,
) -> Result<()> {
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
    if letters < grant.server().config.max_emails_an_hour {
        return Ok(());
    }
    let sent = counted(letters, "email");
    let message = format!("{email} already got {sent} in the last hour, the maximum. Try again later.");
    let free = oldest.unwrap_or(now) + Span::hours(1);
    Err(Error::TooMany { retry_after: seconds_until(free, now), message: message.into() })
}

fn seconds_until(then: Timestamp, now: Timestamp) -> u32 {
    u32::try_from((then - now).0 / 1000 + 1).unwrap_or(1).max(1)
}
