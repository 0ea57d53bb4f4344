//! How an organization comes to an end: it is deleted, which hides it at once; its Owners can restore it
//! for thirty days; then it is purged: nobody can restore it from then on, and what belongs to it is removed in parts.

use super::emails;
use crate::{
    error::{Error, Result},
    fields::{Email, Name, Slug},
    id::{OrgId, UserId},
    role::{DeleteOrganization, Role},
    tenancy::{
        Change, Grant, Server, Topic,
        audit::{Action, Doer, Entry},
        batches::{Rows, write_in_order},
        client::Client,
        jobs::Round,
        rows,
    },
    time::{Span, Timestamp},
    web::{Proof, RequestContext},
};

/// How long a deleted organization can be restored.
pub const RESTORABLE: Span = Span::days(30);
/// How long after deletion nobody else gets its slug.
const RESERVED: Span = Span::days(90);

macro_rules! of_organization {
    ($table:literal) => {
        rows!(delete $table where "org_id = $1")
    };
}

/// What belongs to an organization, in the order it is removed in. Its audit log stays; what told other processes of
/// it is forgotten as all events are.
const BELONGINGS: &[Rows] = &[
    of_organization!("environment_approvals"),
    of_organization!("environment_requests"),
    of_organization!("approvals"),
    of_organization!("deployment_requests"),
    of_organization!("deployments"),
    of_organization!("prompt_references"),
    of_organization!("old_paths"),
    of_organization!("prompt_search"),
    of_organization!("versions"),
    of_organization!("draft_revisions"),
    of_organization!("drafts"),
    of_organization!("prompts"),
    of_organization!("environments"),
    of_organization!("variables"),
    rows!(update "trash" set "parent_id = NULL" where "org_id = $1 AND parent_id IS NOT NULL"),
    rows!(delete "folders" where "org_id = $1" by "depth DESC"),
    of_organization!("trash"),
    of_organization!("idempotent_requests"),
    of_organization!("key_usage"),
    of_organization!("key_holders"),
    of_organization!("api_keys"),
    of_organization!("imports"),
    of_organization!("transfers"),
    of_organization!("organization_images"),
    of_organization!("invitations"),
    of_organization!("members"),
    of_organization!("letters"),
    of_organization!("audit_readers"),
    rows!(update "users" set "home_org_id = NULL" where "home_org_id = $1"),
    rows!(delete "organizations" where "id = $1"),
];

/// A deleted organization that somebody can restore.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Deleted {
    /// Its id.
    pub id: OrgId,
    /// Its name.
    pub name: Name,
    /// Its place in URLs.
    pub slug: Slug,
    /// When it was deleted.
    pub deleted_at: Timestamp,
}

/// Deletes the organization: nobody finds it from here on, and its streams end.
///
/// # Errors
/// [`Error::Conflict`] for a personal one; when the right was lost in the meantime.
pub async fn delete(grant: &Grant<DeleteOrganization>, _: &Proof) -> Result<()> {
    let organization = grant.organization();
    if organization.is_personal {
        return Err(Error::conflict("A personal workspace is deleted together with its account."));
    }
    let mut change = grant.change().await?;
    let now = change.now();
    change.query("UPDATE organizations SET deleted_at = $2 WHERE id = $1").bind(now).execute().await?;
    let owners: Vec<(Email, Name)> = change
        .query(
            "SELECT u.email, u.name FROM members m JOIN users u ON u.id = m.user_id
             WHERE m.org_id = $1 AND m.role = 'owner'",
        )
        .all()
        .await?;
    let by = grant.person().map(|person| person.name.clone());
    for (email, name) in owners {
        let config = &grant.server().config;
        let url = config.url(crate::paths::ACCOUNT_ORGANIZATIONS);
        let letter = emails::deleted(&email, &name, by.as_ref(), &organization.name, now + RESTORABLE, &url);
        change.mail(organization.id.0, &letter).await?;
    }
    change.audit(Entry::new(Action::OrganizationDeleted, organization.id.0)).await?;
    change.announce(Topic::Organization, organization.id.0).await?;
    let mut change = change.unfenced().await?;
    change
        .query(
            "INSERT INTO reserved_slugs (slug, until) VALUES ($1, $2)
             ON CONFLICT (slug) DO UPDATE SET until = excluded.until",
        )
        .bind(organization.slug.clone())
        .bind(now + RESERVED)
        .execute()
        .await?;
    change.commit().await
}

/// The deleted organizations that somebody was an Owner of.
///
/// # Errors
/// When the database fails.
pub async fn restorable_by(server: &Server, user: UserId) -> Result<Vec<Deleted>> {
    let deleted = server.outside_tenancy().query(
        "SELECT o.id, o.name, o.slug, o.deleted_at FROM members m JOIN organizations o ON o.id = m.org_id
         WHERE m.user_id = $1 AND m.role = 'owner' AND o.deleted_at > $2 AND o.purged_at IS NULL
         ORDER BY o.deleted_at DESC, o.id",
    );
    Ok(deleted.bind(user).bind(server.clock.now() - RESTORABLE).all().await?)
}

/// Restores a deleted organization, as one of its Owners.
///
/// # Errors
/// [`Error::NotFound`] when there is none of this slug that they can restore.
pub async fn restore(caller: &RequestContext, slug: &str) -> Result<Slug> {
    let user = caller.visit().ok_or(Error::SignedOut)?.user;
    let mine = restorable_by(&caller.server, user).await?;
    let org = mine.into_iter().find(|org| org.slug.as_str() == slug).ok_or(Error::NotFound)?;
    let mut change = caller.change_own_account().await?;
    let restored = change
        .query(
            "UPDATE organizations SET deleted_at = NULL
             WHERE id = $1 AND deleted_at IS NOT NULL AND purged_at IS NULL",
        )
        .bind(org.id)
        .execute()
        .await?;
    if restored == 0 {
        return Err(Error::NotFound);
    }
    change.query("DELETE FROM reserved_slugs WHERE slug = $1").bind(org.slug.clone()).execute().await?;
    let doer = Doer::person(user, Some(Role::Owner));
    let entry = Entry::new(Action::OrganizationRestored, org.id.0);
    change.audit(Some(org.id), doer, &caller.client, entry).await?;
    change.announce(Some(org.id), Topic::Organization, org.id.0).await?;
    change.commit().await?;
    Ok(org.slug)
}

/// Purges what nobody can restore any more, goes on with what is being purged, and sets free the slugs whose time is
/// over.
///
/// # Errors
/// The first that comes up, once all had their turn.
pub async fn purge_due(server: &Server) -> Result<()> {
    let now = server.clock.now();
    let due = "SELECT id FROM organizations WHERE deleted_at <= $1 AND purged_at IS NULL ORDER BY id";
    let due: Vec<(OrgId,)> = server.outside_tenancy().query(due).bind(now - RESTORABLE).all().await?;
    let mut round = Round::default();
    for (org,) in due {
        round.note(org, mark_due(server, org).await);
    }
    let purged = server
        .outside_tenancy()
        .query("SELECT id FROM organizations WHERE purged_at IS NOT NULL ORDER BY id");
    let purged: Vec<(OrgId,)> = purged.all().await?;
    for (org,) in purged {
        round.note(org, remove_purged(server, org).await);
    }
    let free = rows!(delete "reserved_slugs" where "until <= $1").write_in_parts(server, now).await;
    round.end().and(free)
}

/// Notes that an organization is purged which nobody can restore any more.
async fn mark_due(server: &Server, org: OrgId) -> Result<()> {
    let mut change = server.change_outside_tenancy().await?;
    let since = change.clock().now() - RESTORABLE;
    // Another process may be at it, or an Owner have been faster.
    let lock =
        change.query("UPDATE organizations SET deleted_at = deleted_at WHERE id = $1 AND deleted_at <= $2");
    let is_due = lock.bind(org).bind(since).execute().await? > 0;
    if is_due && purge(&mut change, org, Doer::server(), &Client::default()).await? {
        change.commit().await?;
    }
    Ok(())
}

/// Notes that an organization is purged: it is deleted, and nobody restores it. What belongs to it is removed by
/// [`remove_purged`]. False when that was noted before.
///
/// # Errors
/// When the database fails.
pub async fn purge(change: &mut Change, org: OrgId, doer: Doer, client: &Client) -> Result<bool> {
    let now = change.clock().now();
    let purge = change.query(
        "UPDATE organizations SET purged_at = $2, deleted_at = coalesce(deleted_at, $2)
         WHERE id = $1 AND purged_at IS NULL",
    );
    if purge.bind(org).bind(now).execute().await? == 0 {
        return Ok(false);
    }
    // Its keys, and what they fetched, are forgotten everywhere.
    change.announce(Some(org), Topic::Organization, org.0).await?;
    change.audit(Some(org), doer, client, Entry::new(Action::OrganizationPurged, org.0)).await?;
    Ok(true)
}

/// Removes a purged organization and all that belongs to it, in parts; or much of it.
///
/// # Errors
/// When the database fails; the rest is left to [`purge_due`].
pub async fn remove_purged(server: &Server, org: OrgId) -> Result<()> {
    write_in_order(server, org, BELONGINGS).await
}
