//! What happens, told to whoever is watching, on every server process.
//!
//! A change writes its events as rows in its own transaction. On SQLite, which has one process,
//! they are published when it has committed. On PostgreSQL a coalescing notifier wakes all
//! processes after the commit (a `NOTIFY` inside the transaction would serialise all commits), and
//! each reads the new rows; reading once a second in any case means that nothing depends on the
//! notification.

use super::{Clock, Server, db::Db, hot::nodes::RENEWED};
use crate::{
    error::Result,
    id::OrgId,
    time::{Span, Timestamp},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::sync::{Notify, broadcast};
use uuid::Uuid;

const CHANNEL: &str = "studio_events";
/// How long a row may stay invisible after a later one was seen: its transaction is still open.
const GAP: Span = Span::seconds(30);

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
    /// its own, whose number is given out only now, so whoever has read it has read all before it.
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
            if let Err(error) = woken.await {
                tracing::warn!(%error, "other processes could not be woken");
            }
        }
    }

    /// Publishes the rows that appear in the table, in this process.
    async fn follow(&self, server: &Server) {
        let (db, clock) = (&server.db, &server.clock);
        let mut reader = Reader::default();
        let mut listener = None;
        loop {
            if listener.is_none() {
                listener = listen(db).await;
            }
            let asked = clock.instant();
            let heard = async {
                let events = reader.read(db, clock).await?;
                server.hot.follow(db, &events, reader.newest, asked).await?;
                Ok::<_, sqlx::Error>(events)
            };
            match heard.await {
                Ok(events) => events.into_iter().for_each(|event| self.publish(event)),
                Err(error) => tracing::warn!(%error, "events could not be read"),
            }
            let wait = RENEWED;
            match &mut listener {
                Some(woken) => {
                    if let Ok(Err(_)) = tokio::time::timeout(wait, woken.recv()).await {
                        listener = None;
                    }
                }
                None => tokio::time::sleep(wait).await,
            }
        }
    }
}

async fn listen(db: &Db) -> Option<sqlx::postgres::PgListener> {
    let mut listener = db.listener().await.ok()??;
    listener.listen(CHANNEL).await.ok()?;
    Some(listener)
}

/// Reads each row once. Numbers are given out before transactions commit, so a lower one may
/// appear after a higher one: recent rows are read again, and those known are passed over.
#[derive(Default)]
struct Reader {
    floor: Option<i64>,
    seen: BTreeSet<i64>,
    /// The highest number that was read.
    newest: i64,
}

impl Reader {
    async fn read(&mut self, db: &Db, clock: &Clock) -> super::db::Result<Vec<Event>> {
        let Some(floor) = self.floor else {
            let (newest,): (i64,) = db.query("SELECT coalesce(max(seq), 0) FROM events").one().await?;
            (self.floor, self.newest) = (Some(newest), newest);
            return Ok(Vec::new());
        };
        let events: Vec<Event> = db
            .query("SELECT seq, org_id, topic, entity_id, created_at FROM events WHERE seq > $1 ORDER BY seq")
            .bind(floor)
            .all()
            .await?;
        self.newest = events.last().map_or(self.newest, |event| event.seq.max(self.newest));
        let settled = clock.now() - GAP;
        let floor = events.iter().filter(|event| event.created_at < settled).map(|event| event.seq).max();
        let fresh = events.into_iter().filter(|event| self.seen.insert(event.seq)).collect();
        if let Some(floor) = floor {
            self.floor = Some(floor);
            self.seen = self.seen.split_off(&(floor + 1));
        }
        Ok(fresh)
    }
}
