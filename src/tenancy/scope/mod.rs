//! The walls between organizations.
//!
//! A [`Scope`] is somebody (a member, an API key, the server itself) in one organization; only this file
//! makes one. Reads take it. A [`Grant`] is a scope whose holder may do one thing; writes demand it, so a
//! forgotten check does not compile. An [`OrgChange`](super::OrgChange) is a transaction that only touches
//! rows of its organization.

mod behalf;
mod cached;
mod grant;
mod still;

pub use grant::Grant;

use super::{
    Membership, Organization, Server,
    audit::{self, Doer, Entry},
    fence::assert_fenced,
    organization::{Row, find, of_person},
};
use crate::{
    error::{Error, Result},
    fields::Slug,
    id::{OrgId, SessionId},
    kernel::db::Query,
    role::{Permission, Rights, Role},
    tenancy::{
        Visitor,
        api_key::Key,
        client::{Client, Person},
    },
    time::Timestamp,
};
use std::sync::Arc;

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A member.
    Person(Person),
    /// An API key of the organization.
    Key(Arc<Key>),
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
    session: Option<SessionId>,
    seen: i64,
    visited_at: Option<Timestamp>,
}

impl Visitor {
    /// Enters an organization as the person signed in.
    ///
    /// # Errors
    /// [`Error::SignedOut`] when nobody is; [`Error::NotFound`] when there is no such organization
    /// or they are not a member: nobody outside can tell the two apart.
    pub async fn enter(&self, org: &str) -> Result<Scope> {
        let row = Scope::row(self, org).await?;
        if row.lacks_second_factor { Err(Error::SecondFactorMissing) } else { Ok(Scope::of(self, row)) }
    }

    /// Enters an organization. Pages show what else the person is a
    /// member of: that comes with it, their personal organization first, then by name.
    ///
    /// # Errors
    /// As [`enter`](Self::enter).
    pub async fn enter_with_others(&self, org: &str) -> Result<(Scope, Vec<Membership>)> {
        let rows = of_person(self, None).await?;
        let memberships = rows.iter().map(Row::membership).collect();
        let here = rows.into_iter().find(|row| row.slug.as_str() == org);
        let here = here.ok_or(Error::NotFound)?;
        if here.lacks_second_factor {
            return Err(Error::SecondFactorMissing);
        }
        Ok((Scope::of(self, here), memberships))
    }
}

impl Scope {
    async fn row(visitor: &Visitor, org: &str) -> Result<Row> {
        let slug = Slug::parse(org);
        let rows = of_person(visitor, Some(slug.map_err(|_| Error::NotFound)?)).await?;
        rows.into_iter().next().ok_or(Error::NotFound)
    }

    fn of(visitor: &Visitor, row: Row) -> Self {
        let Membership { organization, role } = row.membership();
        let (seen, visited_at, person) = (row.seen, row.visited_at, row.person());
        visitor.note_entered(organization.id, person.id, role);
        let (server, client) = (visitor.server.clone(), visitor.client.clone());
        let (actor, session) = (Actor::Person(person), visitor.visit().map(|visit| visit.session));
        Self { server, client, organization, actor, role, session, seen, visited_at }
    }

    /// Enters an organization as the server itself, with an Owner's rights, for a reason that the
    /// audit log keeps.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such organization.
    pub async fn system(visitor: &Visitor, org: OrgId, reason: &'static str) -> Result<Self> {
        Self::of_server(&visitor.server, visitor.client.clone(), org, reason).await
    }

    /// The same for a chore, which nobody asked for.
    ///
    /// # Errors
    /// As [`system`](Self::system).
    pub async fn of_chore(server: &Server, org: OrgId, reason: &'static str) -> Result<Self> {
        Self::of_server(server, Arc::default(), org, reason).await
    }

    /// What somebody may do in an organization, without a request of theirs.
    #[cfg(test)]
    pub(crate) async fn of_member(server: &Server, org: OrgId, person: Person) -> Result<Self> {
        let mut scope = Self::of_chore(server, org, "a test").await?;
        let role = scope.query("SELECT role FROM members WHERE org_id = $1 AND user_id = $2");
        let role: Option<(Role,)> = role.bind(person.id).optional().await?;
        (scope.role, scope.actor) = (role.ok_or(Error::NotFound)?.0, Actor::Person(person));
        Ok(scope)
    }

    /// Enters the organization of an API key as that key.
    ///
    /// # Errors
    /// [`Error::SignedOut`] when its organization is no more.
    pub async fn of_key(server: &Server, client: Arc<Client>, key: Arc<Key>) -> Result<Self> {
        let organization = find(server, key.org).await?.ok_or(Error::SignedOut)?;
        Ok(Self::acting(server, client, organization, Actor::Key(key)))
    }

    async fn of_server(
        server: &Server,
        client: Arc<Client>,
        org: OrgId,
        reason: &'static str,
    ) -> Result<Self> {
        let organization = find(server, org).await?.ok_or(Error::NotFound)?;
        Ok(Self::acting(server, client, organization, Actor::System(reason)))
    }

    /// Somebody who is no person. The server has an Owner's rights; a key has its scopes, and the lowest
    /// role wherever one is asked for.
    fn acting(server: &Server, client: Arc<Client>, organization: Organization, actor: Actor) -> Self {
        let role = if matches!(actor, Actor::Key(_)) { Role::Viewer } else { Role::Owner };
        let server = server.clone();
        Self { server, client, organization, actor, role, session: None, seen: 0, visited_at: None }
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
        self.rights().can::<P>()
    }

    /// What the actor may do anything by.
    #[must_use]
    pub fn rights(&self) -> Rights {
        match &self.actor {
            Actor::Key(key) => Rights::Key(key.scopes),
            Actor::Person(_) | Actor::System(_) => Rights::Role(self.role),
        }
    }

    /// The member acting; none when it is a key or the server itself.
    #[must_use]
    pub const fn person(&self) -> Option<&Person> {
        match &self.actor {
            Actor::Person(person) => Some(person),
            Actor::Key(_) | Actor::System(_) => None,
        }
    }

    /// The key acting, if it is one.
    #[must_use]
    pub const fn key(&self) -> Option<&Arc<Key>> {
        match &self.actor {
            Actor::Key(key) => Some(key),
            Actor::Person(_) | Actor::System(_) => None,
        }
    }

    /// When the member was last here, if that was noted.
    #[must_use]
    pub const fn visited_at(&self) -> Option<Timestamp> {
        self.visited_at
    }

    pub(crate) const fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// The number of the organization's newest event when it was entered. Changes of an organization
    /// come one after the other, so whatever is read from here on holds all of them up to it.
    #[must_use]
    pub const fn seen(&self) -> i64 {
        self.seen
    }

    /// The actor, as the audit log has it.
    pub(crate) fn doer(&self) -> Doer {
        match &self.actor {
            Actor::Person(person) => Doer::person(person.id, Some(self.role)),
            Actor::Key(key) => Doer::key(key.id),
            Actor::System(_) => Doer::server(),
        }
    }

    /// Writes into the audit log what was read, before it leaves. A request that only reads begins no change of
    /// its own for that: it waits for what is written of many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note(&self, entry: Entry) -> Result<()> {
        audit::leave(&self.server, self.organization.id, self.doer(), self.client.clone(), entry);
        self.server.deferred_writes.flush(&self.server.db).await
    }

    /// The server.
    #[must_use]
    pub const fn server(&self) -> &Server {
        &self.server
    }

    /// What is for the database there is, of what is for SQLite and what is for PostgreSQL.
    #[must_use]
    pub fn either<T>(&self, sqlite: T, postgres: T) -> T {
        self.server.either(sqlite, postgres)
    }

    /// A read in this organization; `$1` is its id.
    pub fn query(&self, sql: &'static str) -> Query<'_> {
        assert_fenced(sql);
        self.server.db.query_of(self.organization.id, sql).bind(self.organization.id)
    }
}
