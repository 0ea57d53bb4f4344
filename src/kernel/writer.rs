//! Transactions of SQLite, which has one connection that writes.
//!
//! A transaction has that connection until it ends, and all other writers wait. So a page that only reads must not take
//! it, and nobody may keep it long: both are logged, and the first fails the tests. An error of the machine (a full
//! disk, a disk that fails, too little memory) may end a transaction silently: then nothing more is
//! done in it, and its connection is closed, so that the next transaction has a new one.

use super::clock::stopwatch;
use sqlx::{
    Connection, Result, Sqlite, SqlitePool, Transaction,
    pool::PoolOptions,
    sqlite::{SqliteConnectOptions, SqliteError},
};
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// How long a transaction may keep the others waiting.
const LONG: Duration = Duration::from_millis(50);

tokio::task_local! {
    static LOOKING: ();
}

/// Answers a request that changes nothing, and so takes the writer from nobody.
pub(crate) async fn looking<T>(answer: impl Future<Output = T>) -> T {
    LOOKING.scope((), answer).await
}

/// Tells when a request that should only look begins to write.
pub(super) fn note_begin() {
    if LOOKING.try_with(|()| ()).is_ok() {
        tracing::error!("a request that only reads has begun to write");
        debug_assert!(false, "a request that only reads has begun to write");
    }
}

/// The one connection that writes.
#[derive(Debug, Clone)]
pub struct Writer {
    pool: SqlitePool,
    is_broken: Arc<AtomicBool>,
}

impl Writer {
    /// Opens it; those who wait for it do so as long as `patience`.
    pub(super) async fn connect(options: SqliteConnectOptions, patience: Duration) -> Result<Self> {
        let is_broken = Arc::new(AtomicBool::new(false));
        let broken = is_broken.clone();
        let pool = PoolOptions::<Sqlite>::new().max_connections(1).acquire_timeout(patience);
        // Whatever is still in a transaction now could not be rolled back.
        let pool = pool.after_release(move |connection, _| {
            let is_whole = !broken.swap(false, Ordering::AcqRel) && !connection.is_in_transaction();
            Box::pin(async move {
                if !is_whole {
                    tracing::warn!("the write connection is reopened");
                }
                Ok(is_whole)
            })
        });
        Ok(Self { pool: pool.connect_with(options).await?, is_broken })
    }

    pub(super) const fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// Begins a transaction.
    ///
    /// It asks for the write lock at once: one that began as a reader could not wait for it later.
    pub(super) async fn begin(&self) -> Result<SqliteTx> {
        let tx = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(busy)?;
        let held = Held {
            since: stopwatch(),
            statements: 0,
            slowest: (Duration::ZERO, ""),
            has_failed: false,
            is_broken: self.is_broken.clone(),
        };
        Ok(SqliteTx { tx, held })
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

/// Waiting in vain for the one connection means that others have it, not that the file is unreachable.
fn busy(error: sqlx::Error) -> sqlx::Error {
    match error {
        sqlx::Error::PoolTimedOut => io::Error::from(io::ErrorKind::ResourceBusy).into(),
        error => error,
    }
}

/// A transaction; dropping it rolls back.
#[derive(Debug)]
pub struct SqliteTx {
    pub(super) tx: Transaction<'static, Sqlite>,
    pub(super) held: Held,
}

impl SqliteTx {
    /// Makes it so.
    pub(super) async fn commit(mut self) -> Result<()> {
        self.held.may_go_on()?;
        let began = stopwatch();
        let committed = self.tx.commit().await;
        self.held.note("COMMIT", began, &committed);
        committed
    }
}

/// What is known of a transaction.
#[derive(Debug)]
pub(super) struct Held {
    since: Instant,
    statements: u32,
    slowest: (Duration, &'static str),
    has_failed: bool,
    is_broken: Arc<AtomicBool>,
}

impl Held {
    /// Whether the transaction still is one: what is written after it was rolled back would stay.
    pub(super) fn may_go_on(&self) -> Result<()> {
        if self.has_failed { Err(sqlx::Error::WorkerCrashed) } else { Ok(()) }
    }

    /// How many statements were run.
    #[cfg(test)]
    pub(super) const fn statements(&self) -> u32 {
        self.statements
    }

    /// Notes how a statement went that was begun at a moment.
    pub(super) fn note<T>(&mut self, sql: &'static str, began: Instant, result: &Result<T>) {
        self.statements += 1;
        self.slowest = self.slowest.max((began.elapsed(), sql));
        if let Err(error) = result
            && is_broken(error)
        {
            self.has_failed = true;
            self.is_broken.store(true, Ordering::Release);
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let (held, (slowest, sql)) = (self.since.elapsed(), self.slowest);
        if held > LONG {
            let (held, slowest) = (held.as_millis(), slowest.as_millis());
            let statements = self.statements;
            tracing::warn!(
                held,
                statements,
                slowest,
                sql,
                "a change held the write connection for long, in ms"
            );
        }
    }
}

/// Whether an error says that the connection, or what it was about to do, is not to be relied on any more.
#[must_use]
pub fn is_broken(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed => {
            true
        }
        sqlx::Error::Database(cause) => {
            let cause = cause.try_downcast_ref::<SqliteError>();
            cause.and_then(primary).is_some_and(|code| BREAKING.contains(&code))
        }
        _ => false,
    }
}

/// INTERNAL, NOMEM, READONLY, INTERRUPT, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB: those after which SQLite may
/// have rolled back by itself (<https://sqlite.org/lang_transaction.html>), and those that are of the file.
const BREAKING: [u32; 10] = [2, 7, 8, 9, 10, 11, 13, 14, 15, 26];

/// The kind of an error of SQLite, without what it says more of it.
fn primary(error: &SqliteError) -> Option<u32> {
    use sqlx::error::DatabaseError;
    error.code()?.parse::<u32>().ok().map(|code| code & 0xff)
}

/// Whether SQLite says: not now. It is busy or locked, or cannot reach or extend its file.
pub(super) fn is_transient(error: &SqliteError) -> bool {
    matches!(primary(error), Some(5..=10 | 13 | 14))
}
