//! A change in one organization.

use super::{
    Change, Organization, Scope, Server,
    audit::{Doer, Entry},
    change::Sender,
    events::Topic,
    mail::Letter,
};
use crate::{
    error::{Error, Result},
    id::{AuditId, OrgId, UserId},
    kernel::db::Query,
    role::{Permission, Rights, Role},
    tenancy::{api_key::Key, client::Client, fence::assert_fenced},
};
use std::sync::Arc;
use uuid::Uuid;

/// A change in one organization: every statement is fenced to it, and on PostgreSQL row-level
/// security is a further fence.
#[derive(Debug)]
pub struct OrgChange {
    change: Change,
    org: OrgId,
    organization: Organization,
    doer: Doer,
    sender: Sender,
    client: Arc<Client>,
    role: Role,
    key: Option<Arc<Key>>,
}

impl OrgChange {
    pub(super) async fn fence(mut change: Change, scope: &Scope) -> Result<Self> {
        let organization = scope.organization().clone();
        let org = organization.id;
        change.fence(org).await?;
        // SQLite has one writer anyway.
        let lock = if change.is_concurrent() {
            "SELECT id FROM organizations WHERE id = $1 AND deleted_at IS NULL FOR UPDATE"
        } else {
            "SELECT id FROM organizations WHERE id = $1 AND deleted_at IS NULL"
        };
        let there: Option<(OrgId,)> = change.query(lock).bind(org).optional().await?;
        there.ok_or(Error::NotFound)?;
        let (doer, person) = (scope.doer(), scope.person().map(|person| person.id));
        let (sender, client) = (Sender { org: Some(org), person, about: None }, scope.client().clone());
        let (role, key) = (scope.role(), scope.key().cloned());
        Ok(Self { change, org, organization, doer, sender, client, role, key })
    }

    /// Notes the actor's role, read anew behind the fence.
    pub(super) const fn acts_as(&mut self, role: Role) {
        self.role = role;
    }

    /// The organization, as it was when the actor entered it.
    #[must_use]
    pub const fn organization(&self) -> &Organization {
        &self.organization
    }

    /// The whole URL of a page, for emails.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        self.change.server().config.url(path)
    }

    /// The actor's role, as it is now.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Whether the actor may do `P`, as things are now.
    #[must_use]
    pub fn can<P: Permission>(&self) -> bool {
        let rights = self.key.as_ref().map_or(Rights::Role(self.role), |key| Rights::Key(key.scopes));
        rights.can::<P>()
    }

    /// The key acting, if it is one.
    #[must_use]
    pub const fn key(&self) -> Option<&Arc<Key>> {
        self.key.as_ref()
    }

    /// Says for the audit log that the organization acts for somebody who is no member, or of whom
    /// nothing is known.
    pub fn acts_for(&mut self, user: Option<UserId>) {
        self.doer = user.map_or_else(Doer::somebody, |user| Doer::person(user, None));
    }

    /// The person acting; none when it is a key or the server itself.
    #[must_use]
    pub const fn person(&self) -> Option<UserId> {
        self.sender.person
    }

    /// Who acts, as the audit log has it.
    #[must_use]
    pub const fn doer(&self) -> Doer {
        self.doer
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

    /// Whether other transactions may run at the same time, so that rows need a lock.
    #[must_use]
    pub const fn is_concurrent(&self) -> bool {
        self.change.is_concurrent()
    }

    /// What is for the database there is, of what is for SQLite and what is for PostgreSQL.
    #[must_use]
    pub fn either<T>(&self, sqlite: T, postgres: T) -> T {
        if self.change.is_concurrent() { postgres } else { sqlite }
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

    /// Has something done in this organization once the change has committed: once for each name.
    pub fn afterwards<F>(
        &mut self,
        name: &'static str,
        work: impl FnOnce(Server, OrgId) -> F + Send + Sync + 'static,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        let org = self.org;
        self.change.afterwards(name, move |server| work(server, org));
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
        self.audit_row(entry).await.map(drop)
    }

    /// The same, and tells the id of the row.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_row(&mut self, entry: Entry) -> Result<AuditId> {
        let doer = Doer { role: self.doer.role.map(|_| self.role), ..self.doer };
        self.change.audit(Some(self.org), doer, &self.client, entry).await
    }

    /// How many statements were run in it; none where that is not counted.
    #[cfg(test)]
    pub(crate) const fn statements(&self) -> Option<u32> {
        self.change.statements()
    }

    /// Goes on with the change outside the organization.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unfenced(mut self) -> Result<Change> {
        self.change.unfence().await?;
        Ok(self.change)
    }

    /// Makes it so.
    ///
    /// # Errors
    /// When the database fails; [`Error::Conflict`] when a request of a name is not the one that goes by it any
    /// more.
    pub async fn commit(mut self) -> Result<()> {
        self.note_carried_out().await?;
        self.change.commit().await
    }

    /// Notes of a request with a name that it was carried out, in the very change that does: whatever becomes of
    /// its answer, it is not done again.
    async fn note_carried_out(&mut self) -> Result<()> {
        let Some((key, named)) = self.key.as_ref().zip(self.client.named.as_ref()) else { return Ok(()) };
        let (key, (name, begun_at)) = (key.id, named.clone());
        let note = self.query(
            "UPDATE idempotent_requests SET carried_out = 1
             WHERE org_id = $1 AND key_id = $2 AND name = $3 AND created_at = $4",
        );
        match note.bind(key).bind(name).bind(begun_at).execute().await? {
            0 => Err(Error::conflict("The same request was started again in the meantime.")),
            _ => Ok(()),
        }
    }
}
