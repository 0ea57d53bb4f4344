//! How an organization comes to an end: it is deleted, which hides it at once; its Owners can restore it
//! for thirty days; then it is purged.

use super::letters;
use crate::{
    error::{Error, Result},
    fields::{Email, Name, Slug},
    id::{OrgId, UserId},
    role::{DeleteOrganization, Role},
    server::{
        Caller, Change, Grant, Proof, Server, Topic,
        audit::{Action, Doer, Entry},
        caller::Client,
    },
    time::{Span, Timestamp},
};

/// How long a deleted organization can be restored.
pub const RESTORABLE: Span = Span::days(30);
/// How long after deletion nobody else gets its slug.
const RESERVED: Span = Span::days(90);

/// What belongs to an organization, in the order it can be removed in. Its audit log stays.
const BELONGINGS: &[&str] = &[
    // One that is not deleted keeps an Owner.
    "UPDATE organizations SET deleted_at = created_at WHERE id = $1 AND deleted_at IS NULL",
    "DELETE FROM environment_approvals WHERE org_id = $1",
    "DELETE FROM environment_requests WHERE org_id = $1",
    "DELETE FROM approvals WHERE org_id = $1",
    "DELETE FROM deployment_requests WHERE org_id = $1",
    "DELETE FROM deployments WHERE org_id = $1",
    "DELETE FROM prompt_references WHERE org_id = $1",
    "DELETE FROM old_paths WHERE org_id = $1",
    "DELETE FROM prompt_search WHERE org_id = $1",
    "DELETE FROM versions WHERE org_id = $1",
    "DELETE FROM draft_revisions WHERE org_id = $1",
    "DELETE FROM drafts WHERE org_id = $1",
    "DELETE FROM prompts WHERE org_id = $1",
    "DELETE FROM environments WHERE org_id = $1",
    "DELETE FROM variables WHERE org_id = $1",
    "UPDATE trash SET parent_id = NULL WHERE org_id = $1",
    "DELETE FROM folders WHERE org_id = $1",
    "DELETE FROM trash WHERE org_id = $1",
    "DELETE FROM idempotent_requests WHERE org_id = $1",
    "DELETE FROM key_usage WHERE org_id = $1",
    "DELETE FROM key_holders WHERE org_id = $1",
    "DELETE FROM api_keys WHERE org_id = $1",
    "DELETE FROM imports WHERE org_id = $1",
    "DELETE FROM transfers WHERE org_id = $1",
    "DELETE FROM organization_images WHERE org_id = $1",
    "DELETE FROM invitations WHERE org_id = $1",
    "DELETE FROM members WHERE org_id = $1",
    "DELETE FROM letters WHERE org_id = $1",
    "DELETE FROM events WHERE org_id = $1",
    "DELETE FROM audit_readers WHERE org_id = $1",
    "UPDATE users SET home_org_id = NULL WHERE home_org_id = $1",
    "DELETE FROM organizations WHERE id = $1",
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
    change.query("DELETE FROM transfers WHERE org_id = $1").execute().await?;
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
        let letter = letters::deleted(&email, &name, by.as_ref(), &organization.name, now + RESTORABLE, &url);
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
         WHERE m.user_id = $1 AND m.role = 'owner' AND o.deleted_at > $2 ORDER BY o.deleted_at DESC, o.id",
    );
    Ok(deleted.bind(user).bind(server.clock.now() - RESTORABLE).all().await?)
}

/// Restores a deleted organization, as one of its Owners.
///
/// # Errors
/// [`Error::NotFound`] when there is none of this slug that they can restore.
pub async fn restore(caller: &Caller, slug: &str) -> Result<Slug> {
    let user = caller.visit().ok_or(Error::SignedOut)?.user;
    let mine = restorable_by(&caller.server, user).await?;
    let org = mine.into_iter().find(|org| org.slug.as_str() == slug).ok_or(Error::NotFound)?;
    let mut change = caller.server.change_outside_tenancy().await?;
    let restored = change
        .query("UPDATE organizations SET deleted_at = NULL WHERE id = $1 AND deleted_at IS NOT NULL")
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

/// Removes what nobody can restore any more, and sets free the slugs whose time is over.
///
/// # Errors
/// When the database fails.
pub async fn purge_due(server: &Server) -> Result<()> {
    let now = server.clock.now();
    let due = server.outside_tenancy().query("SELECT id FROM organizations WHERE deleted_at <= $1");
    let due: Vec<(OrgId,)> = due.bind(now - RESTORABLE).all().await?;
    for (org,) in due {
        let mut change = server.change_outside_tenancy().await?;
        // Another process may be at it, or an Owner have been faster.
        let lock = change
            .query("UPDATE organizations SET deleted_at = deleted_at WHERE id = $1 AND deleted_at <= $2");
        if lock.bind(org).bind(now - RESTORABLE).execute().await? > 0 {
            purge(&mut change, org, Doer::server(), &Client::default()).await?;
            change.commit().await?;
        }
    }
    let mut change = server.change_outside_tenancy().await?;
    change.query("DELETE FROM reserved_slugs WHERE until <= $1").bind(now).execute().await?;
    change.commit().await
}

/// Removes an organization and all that belongs to it, for good.
///
/// # Errors
/// When the database fails.
pub async fn purge(change: &mut Change, org: OrgId, doer: Doer, client: &Client) -> Result<()> {
    change.fence(org).await?;
    for sql in BELONGINGS {
        change.query(sql).bind(org).execute().await?;
    }
    change.unfence().await?;
    // Its keys, and what they fetched, are forgotten everywhere.
    change.announce(Some(org), Topic::Organization, org.0).await?;
    change.audit(Some(org), doer, client, Entry::new(Action::OrganizationPurged, org.0)).await.map(drop)
}
