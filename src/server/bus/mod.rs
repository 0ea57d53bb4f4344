//! Events: what happens is told to all who watch, on every server process.
//!
//! A change writes its events as rows in its own transaction. On SQLite, which has one process,
//! they are published when it has committed. On PostgreSQL a coalescing notifier wakes all
//! processes after the commit (a `NOTIFY` inside the transaction would serialise all commits), and
//! each reads the new rows; reading twice a second in any case means that nothing depends on the
//! notification.

mod reader;

use super::{
    Server,
    db::{self, Db},
    hot::nodes::RENEWED,
};
use crate::{error::Result, id::OrgId, time::Timestamp};
use reader::Reader;
use serde::{Deserialize, Serialize};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::{Notify, broadcast},
    time::timeout,
};
use uuid::Uuid;

const CHANNEL: &str = "studio_events";
/// How long the database may take to answer before it is asked anew, on another connection.
const PATIENCE: Duration = Duration::from_secs(2);

/// What an event is about; pages name the topics they show in `data-live`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
#[serde(rename_all = "lowercase")]
pub enum Topic {
    /// Who is a member, and as what; the id is the person's.
    Members,
    /// Invitations; the id is the invitation's.
    Invitations,
    /// The organization's own name and settings; the id is its own.
    Organization,
    /// Folders and prompts, what they are called and where; the id is the folder's or prompt's.
    Prompts,
    /// Drafts; the id is the prompt's.
    Drafts,
    /// What search finds, where it caught up with what was announced before; the id means nothing.
    Search,
    /// Environments, and what is deployed to them; the id is the prompt's or environment's.
    Deployments,
    /// API keys; the id is the key's.
    Keys,
    /// A signed-in browser that is no longer; the id is the session's. Of no organization.
    Session,
}

impl Topic {
    /// The topic's name in pages and streams.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Invitations => "invitations",
            Self::Organization => "organization",
            Self::Prompts => "prompts",
            Self::Drafts => "drafts",
            Self::Search => "search",
            Self::Deployments => "deployments",
            Self::Keys => "keys",
            Self::Session => "session",
        }
    }
}

/// Something that happened and is committed.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Event {
    /// Its place in the order of all events of the database, with gaps.
    pub seq: i64,
    /// The organization it happened in; none for sessions.
    pub org_id: Option<OrgId>,
    /// What it is about.
    pub topic: Topic,
    /// The thing it happened to.
    pub entity_id: Uuid,
    /// When.
    pub created_at: Timestamp,
}

impl Event {
    /// Whether somebody may wait until all processes have heard of it: only marks are of no organization, and
    /// the ends of sessions, which are few.
    const fn is_waited_for(&self) -> bool {
        self.org_id.is_none()
    }
}

/// The switchboard of one process.
#[derive(Debug, Clone)]
pub struct Bus {
    sender: broadcast::Sender<Event>,
    committed: Arc<Notify>,
}

impl Default for Bus {
    fn default() -> Self {
        Self { sender: broadcast::channel(4096).0, committed: Arc::default() }
    }
}

impl Bus {
    /// Everything that happens from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.sender.subscribe()
    }

    /// Waits until all other processes have heard of what is committed, which this one has: with an event of
    /// its own, whose number is given out only now, so a process that has read it has read all before it.
    pub(super) async fn heard_everywhere(&self, server: &Server) -> Result<()> {
        if matches!(server.db, Db::Sqlite { .. }) || !server.hot.has_others(&server.db).await? {
            return Ok(());
        }
        let (id, now) = (server.clock.id(), server.clock.now());
        let mut tx = server.db.begin().await?;
        let mark = tx.query(
            "INSERT INTO events (org_id, topic, entity_id, created_at) VALUES (NULL, $1, $2, $3) RETURNING seq",
        );
        let (seq,): (i64,) = mark.bind(Topic::Session).bind(id).bind(now).one().await?;
        tx.commit().await?;
        self.committed.notify_one();
        server.hot.heard_by_others(&server.db, seq).await
    }

    /// Tells that a transaction with these events has committed.
    pub(super) fn committed(&self, events: Vec<Event>, db: &Db) {
        match db {
            Db::Sqlite { .. } => events.into_iter().for_each(|event| self.publish(event)),
            Db::Postgres { .. } if events.is_empty() => {}
            Db::Postgres { .. } => self.committed.notify_one(),
        }
    }

    fn publish(&self, event: Event) {
        // Nobody watching is no error.
        let _ = self.sender.send(event);
    }

    /// Keeps this process in touch with the others; never returns on PostgreSQL.
    pub async fn run(self, server: Server) {
        if matches!(server.db, Db::Postgres { .. }) {
            tokio::join!(self.notify_others(&server.db), self.follow(&server));
        }
    }

    /// Wakes all processes after commits, at most every 10 ms.
    async fn notify_others(&self, db: &Db) {
        loop {
            self.committed.notified().await;
            tokio::time::sleep(Duration::from_millis(10)).await;
            let woken = async {
                let mut tx = db.begin().await?;
                tx.query("SET LOCAL synchronous_commit = off").execute().await?;
                tx.query("SELECT pg_notify($1, '')").bind(CHANNEL).execute().await?;
                tx.commit().await
            };
            match timeout(PATIENCE, woken).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "other processes could not be woken"),
                Err(_) => tracing::warn!("other processes could not be woken: the database does not answer"),
            }
        }
    }

    /// Publishes the rows that appear in the table, in this process.
    async fn follow(&self, server: &Server) {
        let (mut reader, mut listener) = (Reader::default(), None);
        let mut due = server.clock.instant();
        loop {
            let wait = match timeout(PATIENCE, self.hear(server, &mut reader, &mut due)).await {
                Ok(Ok(())) => {
                    if listener.is_none() {
                        listener = timeout(PATIENCE, listen(&server.db)).await.ok().flatten();
                    }
                    due.saturating_duration_since(server.clock.instant())
                }
                Ok(Err(error)) => {
                    tracing::warn!(%error, "events could not be read");
                    RENEWED
                }
                Err(_) => {
                    tracing::warn!("events could not be read: the database does not answer");
                    // Nor may it here.
                    listener = None;
                    RENEWED
                }
            };
            match &mut listener {
                Some(woken) => match timeout(wait, woken.recv()).await {
                    Ok(Err(_)) => listener = None,
                    // Once is enough for all that wait.
                    _ => while woken.next_buffered().is_some() {},
                },
                None => tokio::time::sleep(wait).await,
            }
        }
    }

    /// Publishes what appeared, and says that it was heard when that is due or somebody may wait for it.
    async fn hear(&self, server: &Server, reader: &mut Reader, due: &mut Instant) -> db::Result<()> {
        let asked = server.clock.instant();
        let events = reader.read(&server.db).await?;
        server.hot.hear(&events);
        if events.iter().any(Event::is_waited_for) {
            *due = asked;
        }
        // Whatever becomes of the rest: they are not read again.
        for event in events {
            self.publish(event);
        }
        if *due <= asked {
            server.hot.renew(&server.db, reader.newest, asked).await?;
            *due = asked + RENEWED;
        }
        Ok(())
    }
}

async fn listen(db: &Db) -> Option<sqlx::postgres::PgListener> {
    let mut listener = db.listener().await.ok()??;
    listener.listen(CHANNEL).await.ok()?;
    Some(listener)
}
