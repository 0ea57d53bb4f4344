//! Organizations as a person is in them.

use super::Server;
use crate::{
    error::{Error, Result},
    fields::{Email, Name, Slug},
    id::{ImageId, OrgId, UserId},
    role::Role,
    tenancy::{Visitor, client::Person},
    time::{Span, Timestamp},
};

/// What every page of an organization needs to know of it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Organization {
    /// Its id.
    pub id: OrgId,
    /// Its name.
    pub name: Name,
    /// Its place in URLs.
    pub slug: Slug,
    /// Whether it is somebody's personal one.
    pub is_personal: bool,
    /// The colour of its avatar, as an angle of the wheel; none for the one that goes by the id.
    pub hue: Option<i64>,
    /// Its picture.
    pub image: Option<ImageId>,
    /// The role invitations are for unless somebody says otherwise.
    pub default_role: Role,
    /// How long an invitation is good for.
    pub invitation_span: Span,
}

/// What a person is in an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The organization.
    pub organization: Organization,
    /// Their role in it.
    pub role: Role,
}

/// A membership as it is read, with its person.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    org_id: OrgId,
    org_name: Name,
    pub(super) slug: Slug,
    is_personal: bool,
    hue: Option<i64>,
    image_id: Option<ImageId>,
    default_role: Role,
    invitation_span: Span,
    role: Role,
    pub(super) visited_at: Option<Timestamp>,
    /// Whether the organization asks for a second factor that they do not have.
    pub(super) lacks_second_factor: bool,
    id: UserId,
    name: Name,
    email: Email,
    is_verified: bool,
    home_org_id: Option<OrgId>,
    pub(super) seen: i64,
}

impl Row {
    pub(super) fn membership(&self) -> Membership {
        let organization = Organization {
            id: self.org_id,
            name: self.org_name.clone(),
            slug: self.slug.clone(),
            is_personal: self.is_personal,
            hue: self.hue,
            image: self.image_id,
            default_role: self.default_role,
            invitation_span: self.invitation_span,
        };
        Membership { organization, role: self.role }
    }

    /// The person.
    pub(super) fn person(self) -> Person {
        let Self { id, name, email, is_verified, home_org_id, .. } = self;
        Person { id, name, email, is_verified, home_org_id }
    }
}

/// What the person signed in is a member of, their personal organization first, then by name; and for
/// each whether it asks for a second factor that they do not have.
///
/// # Errors
/// [`Error::SignedOut`]; when the database fails.
pub async fn mine(visitor: &Visitor) -> Result<Vec<(Membership, bool)>> {
    let rows = of_person(visitor, None).await?;
    Ok(rows.iter().map(|row| (row.membership(), row.lacks_second_factor)).collect())
}

/// The memberships of a person: all, or that in one organization. Deleted organizations are not
/// there.
pub(super) async fn of_person(visitor: &Visitor, only: Option<Slug>) -> Result<Vec<Row>> {
    let visit = visitor.visit().ok_or(Error::SignedOut)?;
    let rows = visitor.server.db.query(
        "SELECT o.id AS org_id, o.name AS org_name, o.slug, o.personal_of IS NOT NULL AS is_personal,
                o.hue, o.image_id, o.default_role, o.invitation_span, m.role, m.seen_at AS visited_at,
                o.two_factor_since IS NOT NULL AND NOT EXISTS (
                  SELECT 1 FROM two_factors f WHERE f.user_id = m.user_id AND f.confirmed_at IS NOT NULL
                ) AS lacks_second_factor,
                u.id, u.name, u.email, u.verified_at IS NOT NULL AS is_verified, u.home_org_id,
                (SELECT coalesce(max(e.seq), 0) FROM events e WHERE e.org_id = o.id) AS seen
         FROM members m
         JOIN organizations o ON o.id = m.org_id
         JOIN users u ON u.id = m.user_id
         WHERE m.user_id = $1 AND ($2 IS NULL OR o.slug = $2) AND o.deleted_at IS NULL
         ORDER BY coalesce(o.personal_of = $1, FALSE) DESC, lower(o.name), o.id",
    );
    Ok(rows.bind(visit.user).bind(only).all().await?)
}

/// An organization, unless it is deleted.
pub(super) async fn find(server: &Server, org: OrgId) -> Result<Option<Organization>> {
    let found = server.db.query(
        "SELECT id, name, slug, personal_of IS NOT NULL AS is_personal, hue, image_id AS image, default_role, invitation_span
         FROM organizations WHERE id = $1 AND deleted_at IS NULL",
    );
    Ok(found.bind(org).optional().await?)
}
