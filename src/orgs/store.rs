//! Organizations in the database.

use crate::{
    error::{Error, Result},
    fields::{Name, Slug},
    id::{EnvironmentId, OrgId, UserId},
    kernel::{clock::random, db::Tx},
    role::Role,
    tenancy::{
        Change, Server,
        audit::{Action, Doer, Entry},
        client::Person,
        fence::{fence, unfence},
    },
    time::{Span, Timestamp},
    web::RequestContext,
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
         WHERE m.user_id = $1 AND o.deleted_at IS NULL
         ORDER BY coalesce(o.id = $2, FALSE) DESC, coalesce(o.personal_of = $1, FALSE) DESC, lower(o.name), o.id
         LIMIT 1",
    );
    let home: Option<(Slug,)> = home.bind(person.id).bind(person.home_org_id).optional().await?;
    Ok(home.map(|(slug,)| slug))
}

/// Remembers that somebody is in an organization: for the next time they come to `/`, and for the
/// list of its members.
///
/// # Errors
/// When the database fails.
pub async fn remember_visit(tx: &mut Tx, user: UserId, org: OrgId, now: Timestamp) -> Result<()> {
    // In the order in which others lock: the organization, which this refers to, before who is in it.
    tx.query("UPDATE users SET home_org_id = $2 WHERE id = $1").bind(user).bind(org).execute().await?;
    fence(tx, org).await?;
    let visit = tx.query("UPDATE members SET seen_at = $3 WHERE org_id = $1 AND user_id = $2");
    visit.bind(org).bind(user).bind(now).execute().await?;
    unfence(tx).await
}

/// Whether nobody has the slug.
///
/// # Errors
/// When the database fails.
pub async fn is_free(server: &Server, slug: &Slug) -> Result<bool> {
    let taken: Option<(i32,)> = server
        .outside_tenancy()
        .query("SELECT 1 FROM organizations WHERE slug = $1 UNION SELECT 1 FROM reserved_slugs WHERE slug = $1 AND until > $2")
        .bind(slug.clone())
        .bind(server.clock.now())
        .optional()
        .await?;
    Ok(taken.is_none())
}

/// The most organizations that a person may own and still make another one.
pub const MAX_OWNED: i64 = 50;

/// Makes a team's organization with its founder as Owner, in a change of the founder's account.
///
/// # Errors
/// [`Error::Invalid`] at `slug` when somebody else has it; [`Error::Conflict`] when the founder owns as many as they
/// may.
pub async fn create_team(
    mut change: Change,
    caller: &RequestContext,
    founder: &Person,
    name: Name,
    slug: Slug,
) -> Result<OrgId> {
    refuse_too_many(&mut change, founder.id).await?;
    let made = insert(&mut change, &name, &slug, None, founder.id).await?;
    let Some(org) = made else {
        return Err(Error::invalid("slug", format!("The URL {slug} is already taken. Choose another one.")));
    };
    let doer = Doer::person(founder.id, Some(Role::Owner));
    let entry = Entry::new(Action::OrganizationCreated, org.0)
        .details(json!({ "after": { "name": name, "slug": slug } }));
    change.audit(Some(org), doer, &caller.client, entry).await?;
    change.commit().await?;
    Ok(org)
}

/// Refuses another organization to a person who owns as many as they may. Those that are deleted count for as long as
/// they can be restored.
async fn refuse_too_many(change: &mut Change, founder: UserId) -> Result<()> {
    let owned = change.query("SELECT count(*) FROM members WHERE user_id = $1 AND role = 'owner'");
    let (owned,): (i64,) = owned.bind(founder).one().await?;
    if owned < MAX_OWNED {
        return Ok(());
    }
    Err(Error::conflict(format!(
        "You can own up to {MAX_OWNED} organizations, including deleted ones that can still be restored."
    )))
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
    let reserved = change.query("SELECT 1 FROM reserved_slugs WHERE slug = $1 AND until > $2");
    let reserved: Option<(i32,)> = reserved.bind(slug.clone()).bind(now).optional().await?;
    if reserved.is_some() {
        return Ok(None);
    }
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
    plant_environments(change, org, personal_of.is_none()).await?;
    Ok(Some(org))
}

/// Makes the environments that an organization begins with. What a team deploys for others to rely on, somebody else
/// approves, no matter who deploys; who is alone has nobody to ask.
///
/// # Errors
/// When the database fails.
pub async fn plant_environments(change: &mut Change, org: OrgId, is_team: bool) -> Result<()> {
    let (approvals, now) = (i64::from(is_team), change.clock().now());
    for (position, (name, approvals)) in
        (1_i64..).zip([("development", 0), ("staging", 0), ("production", approvals)])
    {
        let environment = EnvironmentId(change.clock().id());
        change
            .query(
                "INSERT INTO environments (org_id, id, name, position, approvals, others, created_at)
                 VALUES ($1, $2, $3, $4, $5, $5, $6)",
            )
            .bind(org)
            .bind(environment)
            .bind(name)
            .bind(position)
            .bind(approvals)
            .bind(now)
            .execute()
            .await?;
    }
    Ok(())
}
