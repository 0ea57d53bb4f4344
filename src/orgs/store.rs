//! Organizations in the database.

use crate::{
    error::{Error, Result},
    fields::{Name, Slug},
    id::{OrgId, UserId},
    orgs::DefaultRole,
    role::{ManageSettings, Role},
    server::{
        Caller, Change, Grant, Person, Server, Topic,
        audit::{Doer, Entry},
        clock::random,
    },
    time::Span,
};
use serde_json::json;

/// The place `/` leads somebody to: the organization used last if they are still in it, or else
/// their first.
///
/// # Errors
/// When the database fails.
pub async fn home_of(server: &Server, person: &Person) -> Result<Option<Slug>> {
    let home = server.outside_tenancy().query(
        "SELECT o.slug FROM members m JOIN organizations o ON o.id = m.org_id
         WHERE m.user_id = $1
         ORDER BY coalesce(o.id = $2, FALSE) DESC, coalesce(o.personal_of = $1, FALSE) DESC, lower(o.name), o.id
         LIMIT 1",
    );
    let home: Option<(Slug,)> = home.bind(person.id).bind(person.home_org_id).optional().await?;
    Ok(home.map(|(slug,)| slug))
}

/// Remembers the organization somebody is in, for the next time they come to `/`.
///
/// # Errors
/// When the database fails.
pub async fn remember_home(server: &Server, user: UserId, org: OrgId) -> Result<()> {
    let mut change = server.change_outside_tenancy().await?;
    change.query("UPDATE users SET home_org_id = $2 WHERE id = $1").bind(user).bind(org).execute().await?;
    change.commit().await
}

/// Whether nobody has the slug.
///
/// # Errors
/// When the database fails.
pub async fn is_free(server: &Server, slug: &Slug) -> Result<bool> {
    let taken: Option<(i32,)> = server
        .outside_tenancy()
        .query("SELECT 1 FROM organizations WHERE slug = $1")
        .bind(slug.clone())
        .optional()
        .await?;
    Ok(taken.is_none())
}

/// Makes a team's organization with its founder as Owner.
///
/// # Errors
/// [`Error::Invalid`] at `slug` when somebody else has it.
pub async fn create_team(caller: &Caller, founder: &Person, name: Name, slug: Slug) -> Result<OrgId> {
    let mut change = caller.server.change_outside_tenancy().await?;
    let made = insert(&mut change, &name, &slug, None, founder.id).await?;
    let Some(org) = made else {
        return Err(Error::invalid("slug", format!("Choose another one: {slug} is taken.")));
    };
    let doer = Doer { kind: "person", id: Some(founder.id.0), role: Some(Role::Owner) };
    let entry =
        Entry::new("organization.created", org.0).details(json!({ "after": { "name": name, "slug": slug } }));
    change.audit(Some(org), doer, &caller.client, entry).await?;
    change.commit().await?;
    Ok(org)
}

/// Makes the personal organization of a new person, within the change that makes the person. Its
/// slug is that of the name, with a suffix when somebody has it.
///
/// # Errors
/// When the database fails.
pub async fn create_personal(change: &mut Change, user: UserId, name: &Name) -> Result<OrgId> {
    let mut slug = Slug::personal(name.as_str(), None);
    loop {
        if let Some(org) = insert(change, name, &slug, Some(user), user).await? {
            return Ok(org);
        }
        let suffix =
            random::<4>().map(|byte| char::from(b"abcdefghjkmnpqrstuvwxyz23456789"[usize::from(byte % 31)]));
        slug = Slug::personal(name.as_str(), Some(&suffix.iter().collect::<String>()));
    }
}

/// Makes an organization and its first Owner; none when the slug is taken.
async fn insert(
    change: &mut Change,
    name: &Name,
    slug: &Slug,
    personal_of: Option<UserId>,
    owner: UserId,
) -> Result<Option<OrgId>> {
    let (org, now) = (OrgId(change.clock().id()), change.clock().now());
    let made = change
        .query(
            "INSERT INTO organizations (id, slug, name, personal_of, default_role, invitation_span, created_at)
             VALUES ($1, $2, $3, $4, 'editor', $5, $6) ON CONFLICT (slug) DO NOTHING",
        )
        .bind(org)
        .bind(slug.clone())
        .bind(name.clone())
        .bind(personal_of)
        .bind(Span::days(7))
        .bind(now)
        .execute()
        .await?;
    if made == 0 {
        return Ok(None);
    }
    change
        .query("INSERT INTO members (org_id, user_id, role, joined_at) VALUES ($1, $2, 'owner', $3)")
        .bind(org)
        .bind(owner)
        .bind(now)
        .execute()
        .await?;
    Ok(Some(org))
}

/// Changes what is set of the organization.
///
/// # Errors
/// When the right was lost in the meantime, or the database fails.
pub async fn update(grant: &Grant<ManageSettings>, name: Name, role: DefaultRole, span: Span) -> Result<()> {
    let mut change = grant.change().await?;
    change
        .query("UPDATE organizations SET name = $2, default_role = $3, invitation_span = $4 WHERE id = $1")
        .bind(name.clone())
        .bind(role.role())
        .bind(span)
        .execute()
        .await?;
    let organization = grant.organization();
    let entry = Entry::new("organization.updated", organization.id.0).details(json!({
        "before": { "name": organization.name, "default_role": organization.default_role, "invitation_span": organization.invitation_span },
        "after": { "name": name, "default_role": role.role(), "invitation_span": span },
    }));
    change.audit(entry).await?;
    change.announce(Topic::Organization, organization.id.0).await?;
    change.commit().await
}
