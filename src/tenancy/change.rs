//! One transaction, and with it all that a change carries: its audit row, its letters, its events.

use super::{
    Server,
    audit::{self, Doer, Entry},
    events::{Event, Topic},
    mail::Letter,
};
use crate::{
    error::Result,
    id::{AuditId, LetterId, OrgId, UserId},
    kernel::{
        Clock,
        db::{Query, Tx},
        open_changes::Open,
    },
    tenancy::{
        client::Client,
        fence::{fence, unfence},
    },
};
use std::{collections::BTreeMap, fmt, pin::Pin};
use tracing::Instrument;
use uuid::Uuid;

/// A change being made; dropping it undoes it.
#[derive(Debug)]
pub struct Change {
    tx: Tx,
    server: Server,
    events: Vec<Event>,
    has_letters: bool,
    after: After,
    _open: Open,
}

type Work = Box<dyn FnOnce(Server) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// What is done once the change has committed, by name.
#[derive(Default)]
struct After(BTreeMap<&'static str, Work>);

impl fmt::Debug for After {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Server {
    /// Begins a change beyond the walls; the same files only.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn change_outside_tenancy(&self) -> Result<Change> {
        Change::begin(self).await
    }
}

impl Change {
    pub(crate) async fn begin(server: &Server) -> Result<Self> {
        let tx = server.db.begin().await?;
        let (server, events, after) = (server.clone(), Vec::new(), After::default());
        Ok(Self { tx, server, events, has_letters: false, after, _open: Open::begin() })
    }

    /// A statement within the change, not fenced to an organization.
    pub fn query(&mut self, sql: &'static str) -> Query<'_> {
        self.tx.query(sql)
    }

    /// The server.
    #[must_use]
    pub const fn server(&self) -> &Server {
        &self.server
    }

    /// The clock of the server.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.server.clock
    }

    /// Whether other transactions may run at the same time, so that rows need a lock.
    #[must_use]
    pub const fn is_concurrent(&self) -> bool {
        self.tx.is_concurrent()
    }

    /// How many statements were run in it; none where that is not counted.
    #[cfg(test)]
    pub(super) const fn statements(&self) -> Option<u32> {
        self.tx.statements()
    }

    /// Fences what follows to the rows of an organization, where the database can.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn fence(&mut self, org: OrgId) -> Result<()> {
        fence(&mut self.tx, org).await
    }

    /// Takes the fence away.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unfence(&mut self) -> Result<()> {
        unfence(&mut self.tx).await
    }

    /// Announces an event, once the change has committed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn announce(&mut self, org_id: Option<OrgId>, topic: Topic, entity_id: Uuid) -> Result<()> {
        let created_at = self.clock().now();
        let (seq,): (i64,) = self
            .query("INSERT INTO events (org_id, topic, entity_id, created_at) VALUES ($1, $2, $3, $4) RETURNING seq")
            .bind(org_id)
            .bind(topic)
            .bind(entity_id)
            .bind(created_at)
            .one()
            .await?;
        self.events.push(Event { seq, org_id, topic, entity_id, created_at });
        Ok(())
    }

    /// Puts a letter in the outbox; it is sent once the change has committed. Without mail there
    /// is no outbox, and nothing happens.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mail(&mut self, from: Sender, letter: &Letter) -> Result<()> {
        if !self.server.mail.is_on() {
            return Ok(());
        }
        let (id, now) = (LetterId(self.clock().id()), self.clock().now());
        let sealed = letter.encrypt(&self.server.encryption, id);
        self.query(
            "INSERT INTO letters (id, org_id, sender_id, about_id, kind, recipient, sealed, attempts, due_at, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9)",
        )
        .bind(id)
        .bind(from.org)
        .bind(from.person)
        .bind(from.about)
        .bind(letter.kind)
        .bind(letter.to.clone())
        .bind(sealed)
        .bind(now)
        .bind(now)
        .execute()
        .await?;
        self.has_letters = true;
        Ok(())
    }

    /// Writes an audit row of something done by `doer` outside any organization, or in `org`, and tells its id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit(
        &mut self,
        org: Option<OrgId>,
        doer: Doer,
        client: &Client,
        entry: Entry,
    ) -> Result<AuditId> {
        audit::record(&mut self.tx, &self.server.clock, (org, doer), client, entry).await
    }

    /// Writes an audit row of something done by or to a person in no organization.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_of_person(
        &mut self,
        done: (UserId, Doer),
        client: &Client,
        entry: Entry,
    ) -> Result<()> {
        audit::record_of_person(&mut self.tx, &self.server.clock, done, client, entry).await
    }

    /// Has something done once the change has committed, before its author goes on: once for each name.
    pub fn afterwards<F>(
        &mut self,
        name: &'static str,
        work: impl FnOnce(Server) -> F + Send + Sync + 'static,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        self.after.0.insert(name, Box::new(move |server| Box::pin(work(server))));
    }

    /// Makes it so: the change, its audit rows, letters and events, or none of them.
    ///
    /// Once begun it goes on though nobody waits for it any more, as when a client goes away: what has committed
    /// is heard of.
    ///
    /// # Errors
    /// When the database fails; nothing has happened then, unless it went away while committing.
    pub async fn commit(self) -> Result<()> {
        to_its_end(self.commit_and_tell()).await
    }

    async fn commit_and_tell(self) -> Result<()> {
        let committed = self.tx.commit().await;
        // Whether or not it is known to have committed: hearing of what did not happen does no harm.
        self.server.events.count(&self.events);
        committed?;
        let is_waited_for =
            |event: &Event| matches!(event.topic, Topic::Keys | Topic::Organization | Topic::Deployments);
        let is_waited_for = self.events.iter().any(is_waited_for);
        self.server.events.committed(self.events, &self.server.db);
        if is_waited_for {
            // The person who is answered may rely on it: what was closed lets nobody in, and what is live is served.
            self.server.events.heard_everywhere(&self.server.db, &self.server.clock).await?;
        }
        if self.has_letters {
            self.server.mail.wake();
        }
        for work in self.after.0.into_values() {
            work(self.server.clone()).await;
        }
        Ok(())
    }
}

/// Carries something out to its end, whether or not the one who waits for it stays.
///
/// # Panics
/// As it does.
pub async fn to_its_end<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    match tokio::spawn(work.in_current_span()).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Only the end of the process ends tasks of ours.
            Err(_) => std::future::pending().await,
        },
    }
}

/// On whose behalf a letter goes out; limits are counted by it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sender {
    /// The organization.
    pub org: Option<OrgId>,
    /// The person.
    pub person: Option<UserId>,
    /// The thing it is about, such as an invitation.
    pub about: Option<Uuid>,
}
