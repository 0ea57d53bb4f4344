//! Handing an organization over: an Owner offers it to a member, who takes it within seven days. The
//! offer is dead as soon as either is no member, or its maker no Owner, any more.

use super::{emails, store};
use crate::{
    error::{Error, Result},
    fields::{Email, Name},
    id::UserId,
    members::offer::{GOOD_FOR, Transfer},
    paths,
    role::{Role, TransferOrganization, ViewOrganization},
    tenancy::{
        Grant, OrgChange, Scope, Topic,
        audit::{Action, Entry},
    },
    web::Proof,
};
use serde_json::json;

const OPEN: &str =
    "SELECT t.from_id, f.name AS from_name, t.to_id, u.name AS to_name, u.email AS to_email, t.expires_at
     FROM transfers t
     JOIN users f ON f.id = t.from_id
     JOIN users u ON u.id = t.to_id
     JOIN members m ON m.org_id = t.org_id AND m.user_id = t.from_id
     WHERE t.org_id = $1 AND t.expires_at > $2 AND m.role = 'owner'";

/// The offer that is open, if there is one.
///
/// # Errors
/// When the database fails.
pub async fn open(scope: &Scope) -> Result<Option<Transfer>> {
    Ok(scope.query(OPEN).bind(scope.server().clock.now()).optional().await?)
}

/// The members that it can be offered to, by name.
///
/// # Errors
/// When the database fails.
pub(super) async fn candidates(scope: &Scope, most: usize) -> Result<Vec<(Name, Email)>> {
    let me = scope.person().map(|person| person.id);
    let others = scope.query(
        "SELECT u.name, u.email FROM members m JOIN users u ON u.id = m.user_id
         WHERE m.org_id = $1 AND ($2 IS NULL OR m.user_id <> $2) ORDER BY lower(u.name), u.email LIMIT CAST($3 AS BIGINT)",
    );
    Ok(others.bind(me).bind(i64::try_from(most).unwrap_or(i64::MAX)).all().await?)
}

/// Offers the organization to the member of an address.
///
/// # Errors
/// [`Error::Invalid`] at `email`; [`Error::Conflict`] for a personal organization and while another
/// offer is open.
pub async fn offer(grant: &Grant<TransferOrganization>, email: &Email, _: &Proof) -> Result<()> {
    let from = grant.person().ok_or(Error::Forbidden)?;
    let organization = grant.organization();
    if organization.is_personal {
        return Err(Error::conflict("You can't leave or transfer a personal workspace."));
    }
    let mut change = grant.change().await?;
    let now = change.now();
    let to = change.query("SELECT m.user_id, u.name FROM members m JOIN users u ON u.id = m.user_id WHERE m.org_id = $1 AND u.email = $2");
    let to: Option<(UserId, Name)> = to.bind(email.clone()).optional().await?;
    let (to, name) =
        to.ok_or_else(|| Error::invalid("email", "No member of this organization has this email."))?;
    if to == from.id {
        return Err(Error::invalid("email", "This is your own email. Choose another member."));
    }
    let pending: Option<Transfer> = change.query(OPEN).bind(now).optional().await?;
    if let Some(pending) = pending {
        return Err(Error::conflict(format!(
            "This organization is already offered to {}. Cancel that offer first.",
            pending.to_name
        )));
    }
    change
        .query(
            "INSERT INTO transfers (org_id, from_id, to_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (org_id) DO UPDATE SET from_id = excluded.from_id, to_id = excluded.to_id,
               created_at = excluded.created_at, expires_at = excluded.expires_at",
        )
        .bind(from.id)
        .bind(to)
        .bind(now)
        .bind(now + GOOD_FOR)
        .execute()
        .await?;
    let url = grant.server().config.url(&paths::transfer(grant.slug()));
    change.mail(to.0, &emails::offered(email, &name, &from.name, &organization.name, &url)).await?;
    change.audit(Entry::new(Action::TransferOffered, to.0)).await?;
    change.announce(Topic::Members, to.0).await?;
    change.commit().await
}

/// Takes the organization over: the one it is offered to becomes an Owner, and who offered it an Admin.
///
/// # Errors
/// [`Error::Conflict`] when nothing is offered to them any more.
pub async fn accept(grant: &Grant<ViewOrganization>, _: &Proof) -> Result<()> {
    let mut change = grant.change().await?;
    let transfer = mine(grant, &mut change).await?;
    for (user, role) in [(transfer.to_id, Role::Owner), (transfer.from_id, Role::Admin)] {
        let set = change.query("UPDATE members SET role = $3 WHERE org_id = $1 AND user_id = $2");
        set.bind(user).bind(role).execute().await?;
        change.announce(Topic::Members, user.0).await?;
    }
    store::end_invitations_above(&mut change, transfer.from_id, Some(Role::Admin), None).await?;
    change.query("DELETE FROM transfers WHERE org_id = $1").execute().await?;
    let url = grant.server().config.url(&paths::members(grant.slug()));
    let from: (Email,) = change
        .query("SELECT u.email FROM members m JOIN users u ON u.id = m.user_id WHERE m.org_id = $1 AND m.user_id = $2")
        .bind(transfer.from_id)
        .one()
        .await?;
    let org = &grant.organization().name;
    change.mail(transfer.from_id.0, &emails::taken_over(&from.0, &transfer, org, &url)).await?;
    let details = json!({ "before": { "owner": transfer.from_id }, "after": { "owner": transfer.to_id } });
    change.audit(Entry::new(Action::TransferAccepted, transfer.from_id.0).details(details)).await?;
    change.commit().await
}

/// Says no to an offer.
///
/// # Errors
/// As [`accept`].
pub async fn decline(grant: &Grant<ViewOrganization>) -> Result<()> {
    let mut change = grant.change().await?;
    let transfer = mine(grant, &mut change).await?;
    end(change, &transfer, Action::TransferDeclined).await
}

/// Takes an offer back; any Owner may.
///
/// # Errors
/// [`Error::Conflict`] when none is open.
pub async fn cancel(grant: &Grant<TransferOrganization>) -> Result<()> {
    let mut change = grant.change().await?;
    let now = change.now();
    let open: Option<Transfer> = change.query(OPEN).bind(now).optional().await?;
    let transfer = open.ok_or_else(|| Error::conflict("This offer is no longer open."))?;
    end(change, &transfer, Action::TransferCanceled).await
}

async fn end(mut change: OrgChange, transfer: &Transfer, action: Action) -> Result<()> {
    change.query("DELETE FROM transfers WHERE org_id = $1").execute().await?;
    change.audit(Entry::new(action, transfer.to_id.0)).await?;
    change.announce(Topic::Members, transfer.to_id.0).await?;
    change.commit().await
}

/// The open offer to the actor.
async fn mine(grant: &Grant<ViewOrganization>, change: &mut OrgChange) -> Result<Transfer> {
    let me = grant.person().ok_or(Error::Forbidden)?.id;
    let now = change.now();
    let open: Option<Transfer> = change.query(OPEN).bind(now).optional().await?;
    let mine = open.filter(|transfer| transfer.to_id == me);
    mine.ok_or_else(|| {
        Error::conflict("This organization isn't being offered to you, or the offer has ended.")
    })
}
