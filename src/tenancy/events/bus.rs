//! The switchboard of a process: it publishes what is committed, here and on all other processes.

use super::{
    Event, Topic,
    epochs::Epochs,
    leases::{Lease, RENEWED},
    reader::Reader,
};
use crate::{
    error::Result,
    kernel::{
        Clock,
        db::{self, Db},
    },
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::{Notify, broadcast},
    time::timeout,
};

const CHANNEL: &str = "studio_events";
/// How long the database may take to answer before it is asked anew, on another connection.
const PATIENCE: Duration = Duration::from_secs(2);

/// The switchboard of one process.
#[derive(Debug, Clone)]
pub struct EventBus {
    sender: broadcast::Sender<Event>,
    committed: Arc<Notify>,
    /// How often what services fetch has changed.
    pub epochs: Arc<Epochs>,
    lease: Arc<Lease>,
}

impl EventBus {
    /// The switchboard of a process that begins.
    #[must_use]
    pub fn new(db: &Db, clock: &Clock) -> Self {
        let (sender, lease) = (broadcast::channel(4096).0, Arc::new(Lease::new(db, clock)));
        Self { sender, committed: Arc::default(), epochs: Arc::default(), lease }
    }

    /// Whether this process may serve from memory.
    #[must_use]
    pub fn may_serve_from_memory(&self) -> bool {
        self.lease.lasts()
    }

    /// Counts what happened, as it commits.
    pub(crate) fn count(&self, events: &[Event]) {
        for event in events {
            self.epochs.note(event);
        }
    }

    /// Everything that happens from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.sender.subscribe()
    }

    /// Waits until all other processes have heard of what is committed, which this one has: with an event of
    /// its own, whose number is given out only now, so a process that has read it has read all before it.
    pub(crate) async fn heard_everywhere(&self, db: &Db, clock: &Clock) -> Result<()> {
        if matches!(db, Db::Sqlite { .. }) || !self.lease.has_others(db).await? {
            return Ok(());
        }
        let (id, now) = (clock.id(), clock.now());
        let mut tx = db.begin().await?;
        let mark = tx.query(
            "INSERT INTO events (org_id, topic, entity_id, created_at) VALUES (NULL, $1, $2, $3) RETURNING seq",
        );
        let (seq,): (i64,) = mark.bind(Topic::Session).bind(id).bind(now).one().await?;
        tx.commit().await?;
        self.committed.notify_one();
        self.lease.heard_by_others(db, seq).await
    }

    /// Tells that a transaction with these events has committed.
    pub(crate) fn committed(&self, events: Vec<Event>, db: &Db) {
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
    pub async fn run(self, db: Db, clock: Clock) {
        if matches!(db, Db::Postgres { .. }) {
            tokio::join!(self.notify_others(&db), self.follow(&db, &clock));
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
    async fn follow(&self, db: &Db, clock: &Clock) {
        let (mut reader, mut listener) = (Reader::default(), None);
        let mut due = clock.instant();
        loop {
            let wait = match timeout(PATIENCE, self.hear((db, clock), &mut reader, &mut due)).await {
                Ok(Ok(())) => {
                    if listener.is_none() {
                        listener = timeout(PATIENCE, listen(db)).await.ok().flatten();
                    }
                    due.saturating_duration_since(clock.instant())
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
    async fn hear(
        &self,
        (db, clock): (&Db, &Clock),
        reader: &mut Reader,
        due: &mut Instant,
    ) -> db::Result<()> {
        let asked = clock.instant();
        let events = reader.read(db).await?;
        self.count(&events);
        if events.iter().any(Event::is_waited_for) {
            *due = asked;
        }
        // Whatever becomes of the rest: they are not read again.
        for event in events {
            self.publish(event);
        }
        if *due <= asked {
            if !self.lease.renew(db, reader.newest, asked).await? {
                // Nobody waited for it meanwhile, and of what it missed the events may be gone.
                self.epochs.note_anything();
            }
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
