//! Connections for statements that read.
//!
//! sqlx's own pool asks a connection before each use and after it whether it is alive: two more
//! round trips on PostgreSQL, two more hops between threads on SQLite, for one statement. Here a
//! connection is asked only when it has rested, and closed when a statement finds it broken.
//!
//! The organizations that wait get one in turn, and none ever has more than half of them: statements that take long
//! in one keep no other waiting. What nobody waits for any more is ended, and has its connection until it is.

use super::{
    clock::stopwatch,
    fair_queue::{Place, Queue, Room},
    writer::is_broken,
};
use crate::id::OrgId;
use sqlx::{ConnectOptions, Connection, Database, Result};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{runtime::Handle, time::timeout};
use uuid::Uuid;

/// After how long a connection is asked whether it is alive.
const REST: Duration = Duration::from_secs(1);
/// How long a statement that nobody waits for has to end. Then its connection is closed.
const END: Duration = Duration::from_secs(30);
/// The most statements of one organization that wait, and of all together.
const WAITING: usize = 1024;
const WAITING_IN_ALL: usize = 8 * WAITING;

/// A database whose statements end when nobody waits for them any more, or some time after.
pub trait Bounded: Database {
    /// Sees to it on a new connection: `is_left` tells that nobody waits for its statement.
    fn bound(
        connection: &mut Self::Connection,
        is_left: Arc<AtomicBool>,
    ) -> impl Future<Output = Result<()>> + Send;
}

/// A pool of connections.
pub struct Readers<DB: Bounded>(Arc<Pool<DB>>);

struct Pool<DB: Bounded> {
    options: <DB::Connection as Connection>::Options,
    queue: Queue<Open<DB>>,
    patience: Duration,
    /// Numbers the statements that are of no organization.
    next: AtomicU64,
    is_closed: AtomicBool,
}

/// A connection.
struct Open<DB: Bounded> {
    connection: DB::Connection,
    is_left: Arc<AtomicBool>,
    used: Instant,
}

/// A connection in use. Dropping it before it is released ends its statement.
pub struct Reader<DB: Bounded>(Option<(Place<Open<DB>>, Open<DB>)>);

impl<DB: Bounded> Readers<DB> {
    /// A pool of at most `size` connections, each opened when it is needed first; a request waits
    /// for one as long as `patience`.
    pub fn new(options: <DB::Connection as Connection>::Options, size: usize, patience: Duration) -> Self {
        let share = (size / 2).max(1);
        let room = Room { places: size, share, waiting: WAITING, in_all: WAITING_IN_ALL };
        Self(Arc::new(Pool {
            options,
            queue: Queue::within(room),
            patience,
            next: AtomicU64::new(0),
            is_closed: AtomicBool::new(false),
        }))
    }

    /// A connection on behalf of an organization.
    ///
    /// # Errors
    /// When none is free in time, or none can be opened.
    pub async fn get(&self, org: Option<OrgId>) -> Result<Reader<DB>> {
        let pool = &*self.0;
        if pool.is_closed.load(Ordering::Relaxed) {
            return Err(sqlx::Error::PoolClosed);
        }
        let place = timeout(pool.patience, pool.queue.place(pool.turn(org))).await;
        let mut place = place.ok().flatten().ok_or(sqlx::Error::PoolTimedOut)?;
        let open = match place.resource.take() {
            Some(open) if open.used.elapsed() <= REST => open,
            // Boxed: what is done now and then would make the future of every statement tens of kilobytes.
            rested => Box::pin(pool.open(rested)).await?,
        };
        Ok(Reader(Some((place, open))))
    }

    /// Closes the connections that are not in use, and hands out no more.
    pub fn close(&self) {
        self.0.is_closed.store(true, Ordering::Relaxed);
        self.0.queue.clear();
    }
}

impl<DB: Bounded> Pool<DB> {
    /// Whose turn it is. What is of no organization is short; each such statement waits by itself.
    fn turn(&self, org: Option<OrgId>) -> Uuid {
        let alone = || Uuid::from_u128(u128::from(self.next.fetch_add(1, Ordering::Relaxed)));
        org.map_or_else(alone, |org| org.0)
    }

    /// The connection that has rested, if it is alive, or a new one.
    async fn open(&self, rested: Option<Open<DB>>) -> Result<Open<DB>> {
        if let Some(mut open) = rested
            && is_alive(&mut open, self.patience).await
        {
            return Ok(open);
        }
        let opening = async {
            let (mut connection, is_left) = (self.options.connect().await?, Arc::<AtomicBool>::default());
            DB::bound(&mut connection, is_left.clone()).await?;
            Ok::<_, sqlx::Error>(Open { connection, is_left, used: stopwatch() })
        };
        timeout(self.patience, opening).await.map_err(|_| sqlx::Error::PoolTimedOut)?
    }
}

/// Whether a connection answers in time, once its statement has ended.
async fn is_alive<DB: Bounded>(open: &mut Open<DB>, patience: Duration) -> bool {
    matches!(timeout(patience, open.connection.ping()).await, Ok(Ok(())))
}

impl<DB: Bounded> Reader<DB> {
    /// The connection.
    ///
    /// # Errors
    /// None: it is there until it is released.
    pub fn connection(&mut self) -> Result<&mut DB::Connection> {
        let open = self.0.as_mut().map(|(_, open)| &mut open.connection);
        open.ok_or(sqlx::Error::WorkerCrashed)
    }

    /// Gives the connection back, unless it is broken.
    pub fn release<T>(mut self, result: &Result<T>) {
        if let Some((mut place, mut open)) = self.0.take()
            && !result.as_ref().is_err_and(is_broken)
        {
            open.used = stopwatch();
            place.resource = Some(open);
            drop(place);
        }
    }
}

impl<DB: Bounded> Drop for Reader<DB> {
    fn drop(&mut self) {
        let Some((mut place, mut open)) = self.0.take() else { return };
        open.is_left.store(true, Ordering::Relaxed);
        let Ok(runtime) = Handle::try_current() else { return };
        runtime.spawn(async move {
            if is_alive(&mut open, END).await {
                open.is_left.store(false, Ordering::Relaxed);
                open.used = stopwatch();
                place.resource = Some(open);
            }
            drop(place);
        });
    }
}

impl<DB: Bounded> Clone for Readers<DB> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<DB: Bounded> fmt::Debug for Readers<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readers").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::db::Db;

    /// Counts to far more than it can.
    const ENDLESS: &str =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000000)
        SELECT count(*) FROM n";
    /// Looks some times whether somebody still waits.
    const SHORT: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
        SELECT count(*) FROM n";
    const ACME: OrgId = OrgId(Uuid::from_u128(1 << 100));
    const BOLD: OrgId = OrgId(Uuid::from_u128(2 << 100));

    async fn database() -> (tempfile::TempDir, Db) {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::connect(&format!("sqlite:{}", dir.path().join("studio.db").display())).await.unwrap();
        (dir, db)
    }

    #[tokio::test]
    async fn one_organization_leaves_connections_to_others_and_what_is_left_ends() {
        let (_dir, db) = database().await;
        let read = async |org| db.query_of(org, SHORT).one::<(i64,)>().await;
        let endless: Vec<_> = (0..20)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move { db.query_of(ACME, ENDLESS).one::<(i64,)>().await })
            })
            .collect();
        for _ in 0..5 {
            tokio::task::yield_now().await;
            assert_eq!(read(BOLD).await.unwrap(), (10_000,));
            assert_eq!(db.query("SELECT 1").one::<(i64,)>().await.unwrap(), (1,));
        }
        assert!(timeout(Duration::from_millis(50), read(ACME)).await.is_err(), "it has its half");
        for one in &endless {
            one.abort();
        }
        for _ in 0..5 {
            assert_eq!(read(ACME).await.unwrap(), (10_000,));
        }
        // No connection that was left ends what comes after it.
        let together = (0..4).map(|_| {
            let db = db.clone();
            tokio::spawn(async move { db.query_of(ACME, SHORT).one::<(i64,)>().await })
        });
        for one in together.collect::<Vec<_>>() {
            assert_eq!(one.await.unwrap().unwrap(), (10_000,));
        }
    }
}
