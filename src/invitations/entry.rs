//! Coming in: what the holder of an invitation's link may do with it.

use super::State;
use crate::{
    accounts::{
        sign_in,
        store::{self as accounts, NewPerson, Wish},
    },
    error::{Error, Result},
    fields::{Email, Name, Slug},
    id::{InvitationId, OrgId, UserId},
    kernel::tokens::TokenHash,
    members,
    role::{InviteMembers, Role},
    tenancy::{
        Change, Grant, OrgChange, Scope, Server, Topic,
        audit::{Action, Entry},
        client::Person,
    },
    time::Timestamp,
    ui::hue,
    web::RequestContext,
};
use serde_json::json;

/// An invitation as its link finds it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Invitation {
    org_id: OrgId,
    pub(super) org_name: Name,
    pub(super) slug: Slug,
    hue: Option<i64>,
    id: InvitationId,
    pub(super) email: Email,
    pub(super) role: Role,
    state: State,
    inviter_id: UserId,
    pub(super) inviter: Name,
    inviter_role: Option<Role>,
    pub(super) expires_at: Timestamp,
    /// Whether the link is the mailed one, which proves the address.
    pub(super) proves_address: bool,
    /// Whether it is to the inviter's personal workspace.
    is_own: bool,
}

impl Invitation {
    /// The colour of the organization.
    pub(super) fn hue(&self) -> String {
        self.hue.map_or_else(|| hue(self.org_id.0), |hue| hue.to_string())
    }

    /// Who invites to what, as the email says it.
    pub(super) fn says(&self) -> String {
        let to = if self.is_own { "their personal workspace" } else { self.org_name.as_str() };
        format!("{} invited you to {to}", self.inviter)
    }
}

/// Why an invitation cannot be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closed {
    Unknown,
    Accepted,
    Declined,
    Revoked,
    Expired,
    InviterLost,
}

impl Closed {
    pub(super) const fn says(self) -> (&'static str, &'static str) {
        match self {
            Self::Unknown => (
                "This link isn't valid",
                "A newer link may have replaced it. Look for the latest email, or ask for a new invitation.",
            ),
            Self::Accepted => (
                "This invitation was used",
                "Each link works once. If you used it, sign in to open the organization.",
            ),
            Self::Declined => {
                ("This invitation was declined", "If you changed your mind, ask for a new one.")
            }
            Self::Revoked => ("This invitation was revoked", "Ask the person who invited you for a new one."),
            Self::Expired => {
                ("This invitation has expired", "Ask the person who invited you to send it again.")
            }
            Self::InviterLost => (
                "This invitation is no longer valid",
                "The person who sent it can no longer invite people with this role. Ask another Owner or Admin.",
            ),
        }
    }

    fn error(self) -> Error {
        let (title, text) = self.says();
        Error::conflict(format!("{title}. {text}"))
    }
}

/// The invitation of a link, if it can still be accepted.
pub(super) async fn find(server: &Server, token: &str) -> Result<Result<Invitation, Closed>> {
    let hash = TokenHash::of(token);
    let found: Option<Invitation> = server
        .outside_tenancy()
        .query(
            "SELECT i.org_id, o.name AS org_name, o.slug, o.hue, i.id, i.email, i.role, i.state, i.inviter_id, u.name AS inviter,
                    m.role AS inviter_role, i.expires_at, i.mail_hash = $1 AS proves_address,
                    coalesce(o.personal_of = i.inviter_id, FALSE) AS is_own
             FROM invitations i
             JOIN organizations o ON o.id = i.org_id
             JOIN users u ON u.id = i.inviter_id
             LEFT JOIN members m ON m.org_id = i.org_id AND m.user_id = i.inviter_id
             WHERE (i.mail_hash = $1 OR i.link_hash = $1) AND o.deleted_at IS NULL",
        )
        .bind(hash)
        .optional()
        .await?;
    let Some(invitation) = found else { return Ok(Err(Closed::Unknown)) };
    let closed = match invitation.state {
        State::Accepted => Some(Closed::Accepted),
        State::Declined => Some(Closed::Declined),
        State::Revoked => Some(Closed::Revoked),
        State::Expired => Some(Closed::Expired),
        State::Pending if invitation.expires_at <= server.clock.now() => Some(Closed::Expired),
        State::Pending => None,
    };
    let inviter_may = invitation.inviter_role.is_some_and(|role| role.may_grant(invitation.role));
    Ok(match closed {
        Some(closed) => Err(closed),
        None if !inviter_may => Err(Closed::InviterLost),
        None => Ok(invitation),
    })
}

/// The organization that a link once led to, for somebody who is a member of it now.
pub(super) async fn where_member(caller: &RequestContext, token: &str) -> Result<Option<(Name, Slug)>> {
    let Some(person) = caller.person().await? else { return Ok(None) };
    let found = caller.server.outside_tenancy().query(
        "SELECT o.name, o.slug FROM invitations i
         JOIN organizations o ON o.id = i.org_id
         JOIN members m ON m.org_id = i.org_id AND m.user_id = $2
         WHERE (i.mail_hash = $1 OR i.link_hash = $1) AND o.deleted_at IS NULL",
    );
    Ok(found.bind(TokenHash::of(token)).bind(person.id).optional().await?)
}

/// What stands between a person and an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing: they can join.
    SignInOutcome,
    /// It is for another address.
    OtherAccount,
    /// Their address is not proven, and this link does not prove it.
    Unproven,
}

/// How a person stands to an invitation.
pub(super) fn standing(server: &Server, invitation: &Invitation, person: &Person) -> Standing {
    if person.email != invitation.email {
        Standing::OtherAccount
    } else if invitation.proves_address || person.is_verified || !server.mail.is_on() {
        Standing::SignInOutcome
    } else {
        Standing::Unproven
    }
}

/// Joins as the person signed in.
pub(super) async fn accept(caller: &RequestContext, token: &str) -> Result<Slug> {
    let person = caller.signed_in().await?;
    let invitation = find(&caller.server, token).await?.map_err(Closed::error)?;
    match standing(&caller.server, &invitation, &person) {
        Standing::SignInOutcome => {}
        Standing::OtherAccount => {
            return Err(Error::conflict(format!(
                "This invitation is for {}. Sign in with that account.",
                invitation.email.masked()
            )));
        }
        Standing::Unproven => {
            return Err(Error::conflict(
                "Open the link in your invitation email instead. It confirms that the email is yours.",
            ));
        }
    }
    caller.rotate().await?;
    let mut change = caller.change_own_account().await?;
    if invitation.proves_address {
        accounts::verify(&mut change, person.id).await?;
    }
    enter(caller, change, &invitation, token, person.id).await?;
    Ok(invitation.slug)
}

/// Joins as somebody new. The link has to prove the address, unless nothing can.
pub(super) async fn join(caller: &RequestContext, token: &str, name: &str, password: &str) -> Result<Slug> {
    let invitation = find(&caller.server, token).await?.map_err(Closed::error)?;
    if !invitation.proves_address && caller.server.mail.is_on() {
        return Err(Error::conflict(
            "Open the link in your invitation email instead. It confirms that the email is yours.",
        ));
    }
    let wish = Wish::parse(name, invitation.email.as_str(), password)?;
    if wish.password.is_about(invitation.org_name.as_str()) {
        return Err(Error::invalid("password", "Choose a password that isn't the organization's name."));
    }
    let password_hash = caller.server.passwords.hash(wish.password).await?;
    let mut change = caller.server.change_outside_tenancy().await?;
    let is_verified = invitation.proves_address && caller.server.mail.is_on();
    let new =
        NewPerson { name: wish.name, email: wish.email, password_hash: password_hash.clone(), is_verified };
    let Some((user, home)) = accounts::create(&mut change, new).await? else {
        return Err(Error::conflict("This email already has an account. Sign in to join."));
    };
    caller.audit(&mut change, user, Entry::new(Action::AccountCreated, user.0)).await?;
    enter(caller, change, &invitation, token, user).await?;
    accounts::welcome(&caller.server, &home).await;
    sign_in::let_in(caller, user, &password_hash, None).await?;
    Ok(invitation.slug)
}

/// Goes on with a change as the organization: uses the invitation up and adds the member.
async fn enter(
    caller: &RequestContext,
    change: Change,
    invitation: &Invitation,
    token: &str,
    user: UserId,
) -> Result<()> {
    let grant = host(caller, invitation).await?;
    let mut change = grant.change_within(change).await?;
    change.acts_for(Some(user));
    ensure_inviter_may(&mut change, invitation).await?;
    close(&mut change, invitation, token, State::Accepted).await?;
    let now = change.now();
    let joined = members::store::add(&mut change, user, invitation.role, now).await?;
    let details = json!({ "after": { "role": invitation.role }, "joined": joined });
    change.audit(Entry::new(Action::InvitationAccepted, invitation.id.0).details(details)).await?;
    change.commit().await
}

/// Says no. A person who has the mailed link may, and the person it is for.
pub(super) async fn decline(caller: &RequestContext, token: &str) -> Result<()> {
    let invitation = find(&caller.server, token).await?.map_err(Closed::error)?;
    let person = caller.person().await?;
    if !invitation.proves_address && person.as_ref().is_none_or(|person| person.email != invitation.email) {
        return Err(Error::Forbidden);
    }
    let mut change = host(caller, &invitation).await?.change().await?;
    change.acts_for(person.map(|person| person.id));
    close(&mut change, &invitation, token, State::Declined).await?;
    change.audit(Entry::new(Action::InvitationDeclined, invitation.id.0)).await?;
    change.commit().await
}

/// The organization itself, which lets in whom it invited.
async fn host(caller: &RequestContext, invitation: &Invitation) -> Result<Grant<InviteMembers>> {
    Scope::system(caller, invitation.org_id, "an invitation's link").await?.require::<InviteMembers>()
}

/// The inviter's right, as it is now: what nobody could send now admits nobody.
async fn ensure_inviter_may(change: &mut OrgChange, invitation: &Invitation) -> Result<()> {
    let role = members::store::role_of(change, invitation.inviter_id).await;
    match role {
        Ok(role) if role.may_grant(invitation.role) => Ok(()),
        Ok(_) | Err(Error::NotFound) => Err(Closed::InviterLost.error()),
        Err(error) => Err(error),
    }
}

/// Uses the invitation up. Under the organization's lock: of several tries one finds it pending,
/// and by this very token.
async fn close(change: &mut OrgChange, invitation: &Invitation, token: &str, state: State) -> Result<()> {
    let now = change.now();
    let closed = change
        .query(
            "UPDATE invitations SET state = $3, closed_at = $4
             WHERE org_id = $1 AND id = $2 AND state = 'pending' AND expires_at > $4 AND (mail_hash = $5 OR link_hash = $5)",
        )
        .bind(invitation.id)
        .bind(state)
        .bind(now)
        .bind(TokenHash::of(token))
        .execute()
        .await?;
    if closed == 0 {
        return Err(Error::conflict("This invitation was just used, replaced or revoked."));
    }
    change.announce(Topic::Invitations, invitation.id.0).await
}
