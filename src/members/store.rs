//! Members in the database. Every change holds the organization's lock, so the rules that span
//! members (an Owner remains; nobody acts above their role) are checked against what is true.

use super::{
    consequences::{self, Agreed, Follows, Outcome},
    told,
};
use crate::{
    environments::store::note_fewer,
    error::{Error, Result},
    id::{InvitationId, UserId},
    role::{ApproveDeployment, Leave, ManageMembers, Permission, Role},
    tenancy::{
        Grant, OrgChange, Topic,
        audit::{Action, Entry},
    },
};
use serde_json::json;

/// Makes a member something else, or asks first when it follows that somebody has to know of.
///
/// # Errors
/// [`Error::NotFound`] for somebody who is no member; [`Error::Forbidden`] when the change goes
/// above the actor's role; [`Error::Conflict`] when no Owner would remain.
pub async fn set_role(
    grant: &Grant<ManageMembers>,
    user: UserId,
    role: Role,
    agreed: Agreed,
) -> Result<Outcome> {
    let mut change = grant.change().await?;
    let before = role_of(&mut change, user).await?;
    let actor = change.role();
    if !actor.may_manage(before) || !actor.may_grant(role) {
        return Err(Error::Forbidden);
    }
    if grant.organization().is_personal && role == Role::Owner && before != Role::Owner {
        return Err(Error::conflict(
            "A personal workspace has one Owner. Create an organization for your team instead.",
        ));
    }
    if before == role {
        return Ok(Outcome::Nothing);
    }
    if before == Role::Owner {
        ensure_another_owner(&mut change, user).await?;
    }
    let follows = Follows { before, to: Some(role), is_self: change.person() == Some(user) };
    if follows.asks(consequences::told(&mut change, user, Some(role)).await?, agreed) {
        return Ok(Outcome::Asks);
    }
    let heir = change.person().filter(|heir| agreed.takes_over && *heir != user);
    write_role(&mut change, user, (before, role), heir).await?;
    told::of_role(&mut change, user, (before, role)).await?;
    change.commit().await?;
    Ok(Outcome::Done(before))
}

/// Writes that somebody is something else, with what follows from it.
async fn write_role(
    change: &mut OrgChange,
    user: UserId,
    (before, role): (Role, Role),
    heir: Option<UserId>,
) -> Result<()> {
    if before.can::<ApproveDeployment>() && !role.can::<ApproveDeployment>() {
        note_fewer(change).await?;
    }
    let set = change.query("UPDATE members SET role = $3 WHERE org_id = $1 AND user_id = $2");
    set.bind(user).bind(role).execute().await?;
    end_invitations_above(change, user, Some(role), heir).await?;
    if role < Role::Owner {
        // What only an Owner could offer is offered no more.
        let offers = change.query("DELETE FROM transfers WHERE org_id = $1 AND from_id = $2");
        offers.bind(user).execute().await?;
    }
    let details = json!({ "before": { "role": before }, "after": { "role": role } });
    change.audit(Entry::new(Action::RoleChanged, user.0).details(details)).await?;
    change.announce(Topic::Members, user.0).await
}

/// Takes a member out, or asks first when that ends invitations of theirs.
///
/// # Errors
/// As [`set_role`].
pub async fn remove(grant: &Grant<ManageMembers>, user: UserId, agreed: Agreed) -> Result<Outcome> {
    let mut change = grant.change().await?;
    let role = role_of(&mut change, user).await?;
    if !change.role().may_manage(role) {
        return Err(Error::Forbidden);
    }
    let sent = consequences::told(&mut change, user, None).await?;
    if sent > 0 && agreed.invitations != Some(sent) {
        return Ok(Outcome::Asks);
    }
    let heir = change.person().filter(|heir| agreed.takes_over && *heir != user);
    told::of_removal(&mut change, user).await?;
    take_out(grant, &mut change, (user, role), heir, Action::MemberRemoved).await?;
    change.commit().await?;
    Ok(Outcome::Done(role))
}

/// Leaves.
///
/// # Errors
/// [`Error::Conflict`] for the last Owner and in one's personal organization.
pub async fn leave(grant: &Grant<Leave>) -> Result<()> {
    let user = grant.person().ok_or(Error::Forbidden)?.id;
    let mut change = grant.change().await?;
    let role = change.role();
    take_out(grant, &mut change, (user, role), None, Action::MemberLeft).await?;
    change.commit().await
}

/// Takes somebody out within a change, with what goes with them. Their invitations go to `heir`, if to anybody.
///
/// # Errors
/// [`Error::Conflict`] when no Owner would remain, and for a personal organization's person.
pub async fn take_out<P: Permission>(
    grant: &Grant<P>,
    change: &mut OrgChange,
    (user, role): (UserId, Role),
    heir: Option<UserId>,
    action: Action,
) -> Result<()> {
    if role == Role::Owner {
        if grant.organization().is_personal {
            return Err(Error::conflict("You can't leave or transfer a personal workspace."));
        }
        ensure_another_owner(change, user).await?;
    }
    if role.can::<ApproveDeployment>() {
        note_fewer(change).await?;
    }
    change.query("DELETE FROM members WHERE org_id = $1 AND user_id = $2").bind(user).execute().await?;
    end_invitations_above(change, user, None, heir).await?;
    let details = json!({ "before": { "role": role } });
    change.audit(Entry::new(action, user.0).details(details)).await?;
    change.announce(Topic::Members, user.0).await
}

/// Adds somebody who was invited. Somebody who is a member already stays what they are.
///
/// # Errors
/// When the database fails.
pub async fn add(
    change: &mut OrgChange,
    user: UserId,
    role: Role,
    now: crate::time::Timestamp,
) -> Result<bool> {
    let added = change
        .query(
            "INSERT INTO members (org_id, user_id, role, joined_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (org_id, user_id) DO NOTHING",
        )
        .bind(user)
        .bind(role)
        .bind(now)
        .execute()
        .await?;
    if added > 0 {
        change.announce(Topic::Members, user.0).await?;
    }
    Ok(added > 0)
}

/// What somebody is in the organization.
///
/// # Errors
/// [`Error::NotFound`] for somebody who is no member.
pub async fn role_of(change: &mut OrgChange, user: UserId) -> Result<Role> {
    let role: Option<(Role,)> = change
        .query("SELECT role FROM members WHERE org_id = $1 AND user_id = $2")
        .bind(user)
        .optional()
        .await?;
    role.map(|(role,)| role).ok_or(Error::NotFound)
}

/// Never zero Owners.
async fn ensure_another_owner(change: &mut OrgChange, user: UserId) -> Result<()> {
    let (others,): (i64,) = change
        .query("SELECT count(*) FROM members WHERE org_id = $1 AND role = 'owner' AND user_id <> $2")
        .bind(user)
        .one()
        .await?;
    if others > 0 {
        return Ok(());
    }
    Err(Error::conflict("Every organization needs an Owner. Make someone else Owner first."))
}

/// Ends the pending invitations of somebody whose role is now `role`, or who is out, as far as they could not
/// send them any more. Those that can still be accepted go to `heir` instead, as far as the heir could send them.
pub(super) async fn end_invitations_above(
    change: &mut OrgChange,
    user: UserId,
    role: Option<Role>,
    heir: Option<UserId>,
) -> Result<()> {
    let now = change.now();
    for above in consequences::beyond(role) {
        if let Some(heir) = heir.filter(|_| change.role().may_grant(above)) {
            take_over(change, (user, above), heir).await?;
        }
        let revoked: Vec<(InvitationId,)> = change
            .query(
                "UPDATE invitations SET state = 'revoked', closed_at = $4
                 WHERE org_id = $1 AND inviter_id = $2 AND role = $3 AND state = 'pending' RETURNING id",
            )
            .bind(user)
            .bind(above)
            .bind(now)
            .all()
            .await?;
        for (invitation,) in revoked {
            let details = json!({ "reason": "the inviter's role" });
            change.audit(Entry::new(Action::InvitationRevoked, invitation.0).details(details)).await?;
            change.announce(Topic::Invitations, invitation.0).await?;
        }
    }
    Ok(())
}

/// Makes the heir the sender of invitations: their links go on to work.
async fn take_over(change: &mut OrgChange, (user, role): (UserId, Role), heir: UserId) -> Result<()> {
    let now = change.now();
    let taken: Vec<(InvitationId,)> = change
        .query(
            "UPDATE invitations SET inviter_id = $5
             WHERE org_id = $1 AND inviter_id = $2 AND role = $3 AND state = 'pending' AND expires_at > $4
             RETURNING id",
        )
        .bind(user)
        .bind(role)
        .bind(now)
        .bind(heir)
        .all()
        .await?;
    for (invitation,) in taken {
        change.audit(Entry::new(Action::InvitationTakenOver, invitation.0)).await?;
        change.announce(Topic::Invitations, invitation.0).await?;
    }
    Ok(())
}
