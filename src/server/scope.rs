//! The walls between organizations.
//!
//! A [`Scope`] is somebody in one organization; only this file makes one. Reads take it. A
//! [`Grant`] is a scope whose holder may do one thing; writes demand it, so a forgotten check does
//! not compile. An [`OrgChange`] is a transaction that only touches rows of its organization.

use super::{
    Caller, Change, Person, Server,
    audit::{Doer, Entry},
    bus::Topic,
    caller::Client,
    change::Sender,
    db::Query,
    mail::Letter,
    shelf::{Keep, Label},
};
use crate::{
    error::{Error, Result},
    fields::{Email, Name, Slug},
    id::{OrgId, UserId},
    role::{Permission, Role},
    time::Span,
};
use std::{marker::PhantomData, ops::Deref, sync::Arc};
use uuid::Uuid;

/// What every page of an organization needs to know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub id: OrgId,
    /// Its name.
    pub name: Name,
    /// Its place in URLs.
    pub slug: Slug,
    /// Whether it is somebody's personal one.
    pub is_personal: bool,
    /// The role invitations are for unless somebody says otherwise.
    pub default_role: Role,
    /// How long an invitation is good for.
    pub invitation_span: Span,
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A member.
    Person(Person),
    /// The server itself, for a reason.
    System(&'static str),
}

/// Somebody in one organization.
#[derive(Debug, Clone)]
pub struct Scope {
    server: Server,
    client: Arc<Client>,
    organization: Organization,
    actor: Actor,
    role: Role,
    seen: i64,
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
struct Row {
    org_id: OrgId,
    org_name: Name,
    slug: Slug,
    is_personal: bool,
    default_role: Role,
    invitation_span: Span,
    role: Role,
    id: UserId,
    name: Name,
    email: Email,
    is_verified: bool,
    home_org_id: Option<OrgId>,
    seen: i64,
}

impl Scope {
    /// Enters an organization as the person signed in.
    ///
    /// # Errors
    /// [`Error::SignedOut`] when nobody is; [`Error::NotFound`] when there is no such organization
    /// or they are not a member: nobody outside can tell the two apart.
    pub async fn enter(caller: &Caller, org: &str) -> Result<Self> {
        let slug = Slug::parse(org);
        let rows = Self::rows(caller, Some(slug.map_err(|_| Error::NotFound)?)).await?;
        rows.into_iter().next().map(|row| row.enter(caller)).ok_or(Error::NotFound)
    }

    /// Enters the organization that the URL of the page names. Pages show what else the person is a
    /// member of: that comes with it, their personal organization first, then by name.
    ///
    /// # Errors
    /// As [`enter`](Self::enter).
    pub async fn here(caller: &Caller) -> Result<(Self, Vec<Membership>)> {
        let rows = Self::rows(caller, None).await?;
        let memberships = rows.iter().map(Row::membership).collect();
        let here = rows.into_iter().find(|row| row.slug.as_str() == caller.segment(0));
        here.map(|row| (row.enter(caller), memberships)).ok_or(Error::NotFound)
    }

    /// The memberships of the person signed in: all, or that in one organization.
    async fn rows(caller: &Caller, only: Option<Slug>) -> Result<Vec<Row>> {
        let visit = caller.visit().ok_or(Error::SignedOut)?;
        let rows = caller.server.db.query(
            "SELECT o.id AS org_id, o.name AS org_name, o.slug, o.personal_of IS NOT NULL AS is_personal,
                    o.default_role, o.invitation_span, m.role,
                    u.id, u.name, u.email, u.verified_at IS NOT NULL AS is_verified, u.home_org_id,
                    (SELECT coalesce(max(e.seq), 0) FROM events e WHERE e.org_id = o.id) AS seen
             FROM members m
             JOIN organizations o ON o.id = m.org_id
             JOIN users u ON u.id = m.user_id
             WHERE m.user_id = $1 AND ($2 IS NULL OR o.slug = $2)
             ORDER BY coalesce(o.personal_of = $1, FALSE) DESC, lower(o.name), o.id",
        );
        Ok(rows.bind(visit.user).bind(only).all().await?)
    }

    /// Enters an organization as the server itself, with an Owner's rights, for a reason that the
    /// audit log keeps.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such organization.
    pub async fn system(caller: &Caller, org: OrgId, reason: &'static str) -> Result<Self> {
        let row: Option<(Name, Slug, bool, Role, Span)> = caller
            .server
            .db
            .query("SELECT name, slug, personal_of IS NOT NULL, default_role, invitation_span FROM organizations WHERE id = $1")
            .bind(org)
            .optional()
            .await?;
        let (name, slug, is_personal, default_role, invitation_span) = row.ok_or(Error::NotFound)?;
        Ok(Self {
            server: caller.server.clone(),
            client: caller.client.clone(),
            organization: Organization { id: org, name, slug, is_personal, default_role, invitation_span },
            actor: Actor::System(reason),
            role: Role::Owner,
            seen: 0,
        })
    }

    /// The proof that the holder may do `P`.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when their role does not allow it.
    pub fn require<P: Permission>(self) -> Result<Grant<P>> {
        if self.role.can::<P>() {
            Ok(Grant { scope: self, permission: PhantomData })
        } else {
            Err(Error::Forbidden)
        }
    }

    /// The organization.
    #[must_use]
    pub const fn organization(&self) -> &Organization {
        &self.organization
    }

    /// Its place in URLs.
    #[must_use]
    pub const fn slug(&self) -> &Slug {
        &self.organization.slug
    }

    /// The actor's role in it.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Whether the actor may do `P`; pages show what is allowed by it.
    #[must_use]
    pub fn can<P: Permission>(&self) -> bool {
        self.role.can::<P>()
    }

    /// The member acting; none when it is the server itself.
    #[must_use]
    pub const fn person(&self) -> Option<&Person> {
        match &self.actor {
            Actor::Person(person) => Some(person),
            Actor::System(_) => None,
        }
    }

    /// The number of the organization's newest event when it was entered. Changes of an organization
    /// come one after the other, so whatever is read from here on holds all of them up to it.
    #[must_use]
    pub const fn seen(&self) -> i64 {
        self.seen
    }

    /// What `make` makes of the organization's data, or made when somebody of the same role asked for
    /// the same since the organization's newest event and within the minute. It may show nothing of
    /// the person who asks.
    ///
    /// # Errors
    /// Those of `make`.
    pub async fn kept<T: Keep>(&self, what: String, make: impl Future<Output = Result<T>>) -> Result<Arc<T>> {
        let minute = self.server.clock.now().minute();
        let label = Label { org: self.organization.id, seen: self.seen, role: self.role, minute, what };
        self.server.shelf.get(label, make).await
    }

    /// The server.
    #[must_use]
    pub const fn server(&self) -> &Server {
        &self.server
    }

    /// A read in this organization; `$1` is its id.
    pub fn query(&self, sql: &'static str) -> Query<'_> {
        assert_fenced(sql);
        self.server.db.query(sql).bind(self.organization.id)
    }
}

impl Row {
    fn membership(&self) -> Membership {
        let organization = Organization {
            id: self.org_id,
            name: self.org_name.clone(),
            slug: self.slug.clone(),
            is_personal: self.is_personal,
            default_role: self.default_role,
            invitation_span: self.invitation_span,
        };
        Membership { organization, role: self.role }
    }

    fn enter(self, caller: &Caller) -> Scope {
        let Membership { organization, role } = self.membership();
        let Self { id, name, email, is_verified, home_org_id, seen, .. } = self;
        Scope {
            server: caller.server.clone(),
            client: caller.client.clone(),
            organization,
            actor: Actor::Person(Person { id, name, email, is_verified, home_org_id }),
            role,
            seen,
        }
    }
}

/// A scope whose holder may do `P`. Only [`Scope::require`] makes one.
#[derive(Debug, Clone)]
pub struct Grant<P> {
    scope: Scope,
    permission: PhantomData<P>,
}

impl<P> Deref for Grant<P> {
    type Target = Scope;

    fn deref(&self) -> &Scope {
        &self.scope
    }
}

impl<P: Permission> Grant<P> {
    /// Begins a change in the organization, alone in it: others that change it wait. The role is
    /// read again under that lock, so what was true when the request came in is true still.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::Forbidden`] when the actor lost the right in the meantime;
    /// when the database fails.
    pub async fn change(&self) -> Result<OrgChange> {
        self.change_within(Change::begin(&self.scope.server).await?).await
    }

    /// Goes on with a change that was begun outside the organization, such as making an account
    /// that joins it. From here on it is fenced.
    ///
    /// # Errors
    /// As [`change`](Self::change).
    pub async fn change_within(&self, change: Change) -> Result<OrgChange> {
        let mut change = OrgChange::fence(change, &self.scope).await?;
        if let Some(person) = self.scope.person() {
            let row: Option<(Role,)> = change
                .query("SELECT role FROM members WHERE org_id = $1 AND user_id = $2")
                .bind(person.id)
                .optional()
                .await?;
            let (role,) = row.ok_or(Error::NotFound)?;
            if !role.can::<P>() {
                return Err(Error::Forbidden);
            }
            change.role = role;
        }
        Ok(change)
    }
}

/// A change in one organization: every statement is fenced to it, and on PostgreSQL row-level
/// security is a further fence.
#[derive(Debug)]
pub struct OrgChange {
    change: Change,
    org: OrgId,
    doer: Doer,
    sender: Sender,
    client: Arc<Client>,
    role: Role,
}

impl OrgChange {
    async fn fence(mut change: Change, scope: &Scope) -> Result<Self> {
        let org = scope.organization.id;
        if change.is_concurrent() {
            change.query("SELECT set_config('app.org_id', $1, true)").bind(org.to_string()).execute().await?;
            // SQLite has one writer anyway.
            change.query("SELECT id FROM organizations WHERE id = $1 FOR UPDATE").bind(org).execute().await?;
        }
        let (doer, person) = match &scope.actor {
            Actor::Person(person) => {
                (Doer { kind: "person", id: Some(person.id.0), role: Some(scope.role) }, Some(person.id))
            }
            Actor::System(_) => (Doer { kind: "system", id: None, role: None }, None),
        };
        let sender = Sender { org: Some(org), person, about: None };
        Ok(Self { change, org, doer, sender, client: scope.client.clone(), role: scope.role })
    }

    /// The actor's role, as it is now.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> crate::time::Timestamp {
        self.change.clock().now()
    }

    /// A new id.
    #[must_use]
    pub fn new_id(&self) -> Uuid {
        self.change.clock().id()
    }

    /// A statement in this organization; `$1` is its id.
    pub fn query(&mut self, sql: &'static str) -> Query<'_> {
        assert_fenced(sql);
        self.change.query(sql).bind(self.org)
    }

    /// Announces an event of this organization, once the change has committed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn announce(&mut self, topic: Topic, id: Uuid) -> Result<()> {
        self.change.announce(Some(self.org), topic, id).await
    }

    /// Puts a letter about a thing in the outbox.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mail(&mut self, about: Uuid, letter: &Letter) -> Result<()> {
        self.change.mail(Sender { about: Some(about), ..self.sender }, letter).await
    }

    /// Writes the audit row.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit(&mut self, entry: Entry) -> Result<()> {
        let doer = Doer { role: self.doer.role.map(|_| self.role), ..self.doer };
        self.change.audit(Some(self.org), doer, &self.client, entry).await
    }

    /// Makes it so.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn commit(self) -> Result<()> {
        self.change.commit().await
    }
}

/// Every statement of a scope names its organization as `$1`.
fn assert_fenced(sql: &str) {
    let fenced = sql.contains("org_id = $1")
        || (sql.contains("organizations") && sql.contains("id = $1"))
        || (sql.contains("(org_id,") && sql.contains("VALUES ($1,"));
    debug_assert!(fenced, "not fenced to the organization: {sql}");
}
