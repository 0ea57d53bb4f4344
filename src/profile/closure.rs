//! The end of an account: its person leaves everywhere, their personal organization goes, and what is
//! personal is erased. The bare row stays, since others' rows refer to it.

use super::emails;
use crate::{
    error::{Error, Result},
    fields::{Name, Slug},
    id::{OrgId, UserId},
    members,
    orgs::closure::{purge, remove_purged},
    role::Leave,
    tenancy::{
        Scope, Server,
        audit::{Action, Doer, Entry},
        batches::go_on,
        change::Sender,
        client::Person,
        rows, sessions,
    },
    web::{Proof, RequestContext},
};

/// What is erased of somebody, and how.
const ERASURE: &[&str] = &[
    "DELETE FROM two_factors WHERE user_id = $1",
    "DELETE FROM recovery_codes WHERE user_id = $1",
    "DELETE FROM second_steps WHERE user_id = $1",
    "DELETE FROM address_changes WHERE user_id = $1",
    "DELETE FROM password_resets WHERE user_id = $1",
    "DELETE FROM sign_ups WHERE email = (SELECT email FROM users WHERE id = $1)",
    "DELETE FROM letters WHERE recipient = (SELECT email FROM users WHERE id = $1)",
];

/// Organizations that would be left without an Owner: they are to be handed over or deleted first.
pub(super) async fn in_the_way(caller: &RequestContext, user: UserId) -> Result<Vec<(Name, Slug)>> {
    let names = caller.server.outside_tenancy().query(
        "SELECT o.name, o.slug FROM members m JOIN organizations o ON o.id = m.org_id
         WHERE m.user_id = $1 AND m.role = 'owner' AND o.personal_of IS NULL AND o.deleted_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM members x WHERE x.org_id = m.org_id AND x.role = 'owner' AND x.user_id <> $1)
         ORDER BY lower(o.name)",
    );
    Ok(names.bind(user).all().await?)
}

/// Deletes the account of the caller.
pub(super) async fn close(caller: &RequestContext, person: &Person, _: &Proof) -> Result<()> {
    let user = person.id;
    if let Some((name, _)) = in_the_way(caller, user).await?.first() {
        return Err(Error::conflict(format!(
            "You're the only Owner of {name}. Transfer or delete it first."
        )));
    }
    let mut change = caller.change_own_account().await?;
    let orgs = change.query(
        "SELECT m.org_id, o.personal_of IS NOT NULL, o.deleted_at IS NOT NULL FROM members m JOIN organizations o ON o.id = m.org_id
         WHERE m.user_id = $1 ORDER BY m.org_id",
    );
    let orgs: Vec<(OrgId, bool, bool)> = orgs.bind(user).all().await?;
    let mut purged = Vec::new();
    for (org, is_personal, is_deleted) in orgs {
        if is_personal {
            purge(&mut change, org, Doer::person(user, None), &caller.client).await?;
            purged.push(org);
        } else if is_deleted {
            change.fence(org).await?;
            let leave = change.query("DELETE FROM members WHERE org_id = $1 AND user_id = $2");
            leave.bind(org).bind(user).execute().await?;
            change.unfence().await?;
        } else {
            let host = Scope::system(caller, org, "the end of an account").await?.require::<Leave>()?;
            let mut within = host.change_within(change).await?;
            within.acts_for(Some(user));
            let role = members::store::role_of(&mut within, user).await?;
            members::store::take_out(&host, &mut within, (user, role), None, Action::MemberLeft).await?;
            change = within.unfenced().await?;
        }
    }
    for sql in ERASURE {
        change.query(sql).bind(user).execute().await?;
    }
    // Invitations are their organization's; of those answered nobody needs the address any more.
    let nobody = format!("{}@deleted.invalid", user.0.simple());
    change
        .query("UPDATE invitations SET email = $2 WHERE email = $1 AND state <> 'pending'")
        .bind(person.email.clone())
        .bind(nobody.clone())
        .execute()
        .await?;
    let now = change.clock().now();
    change
        .query(
            "UPDATE users SET name = 'Deleted person', email = $2, password_hash = '', verified_at = NULL,
               home_org_id = NULL, deleted_at = $3 WHERE id = $1",
        )
        .bind(user)
        .bind(nobody)
        .bind(now)
        .execute()
        .await?;
    sessions::end_all(&mut change, user).await?;
    let doer = Doer::person(user, None);
    // Without where they were: that would be personal.
    let entry = Entry::new(Action::AccountDeleted, user.0);
    change.audit(None, doer, &crate::tenancy::client::Client::default(), entry).await?;
    change.mail(Sender::default(), &emails::closed(&person.email, &person.name)).await?;
    change.commit().await?;
    let server = caller.server.clone();
    go_on(async move {
        forget_origins(&server).await?;
        for org in purged {
            remove_purged(&server, org).await?;
        }
        Ok(())
    })
    .await;
    Ok(())
}

/// Forgets where those were who closed their accounts, in parts: of somebody who did much there is much of it.
///
/// # Errors
/// When the database fails.
pub async fn forget_origins(server: &Server) -> Result<()> {
    let origins = rows!(delete "audit_origins"
        where "user_id IN (SELECT id FROM users WHERE deleted_at <= $1)"
        still "EXISTS (SELECT 1 FROM users u WHERE u.id = user_id AND u.deleted_at <= $1)");
    origins.write_in_parts(server, server.clock.now()).await
}
