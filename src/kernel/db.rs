//! The one file that knows there are two databases.
//!
//! SQL is written once with `$1` placeholders, which both understand; values and rows keep their
//! native types. Both read on a [pool](super::read_pool) and write in transactions on
//! another pool, which on SQLite has one connection.
//!
//! Two habits of SQLite to know: it prepares a statement anew at each run when a bare placeholder
//! stands after `LIMIT` or `LIKE`, so these are wrapped (`LIMIT CAST($2 AS BIGINT)`); and a value
//! that was never bound is NULL, so binds are counted.

use super::{
    clock::stopwatch,
    read_pool::{Bounded, Readers},
    writer::{self, Held, SqliteTx, Writer},
};
use crate::{error::Error, id::OrgId};
use sqlx::{
    Arguments, Encode, Executor, FromRow, PgConnection, Postgres, Sqlite, SqliteConnection, Transaction,
    Type,
    migrate::MigrateError,
    pool::PoolOptions,
    postgres::{PgArguments, PgConnectOptions, PgListener, PgPool, PgRow},
    query_as_with, query_with,
    sqlite::{
        SqliteArguments, SqliteConnectOptions, SqliteError, SqliteJournalMode, SqliteRow, SqliteSynchronous,
    },
};
use std::{
    io::ErrorKind,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// The result of a statement.
pub use sqlx::Result;

/// How long a request waits for a connection before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(5);

/// After so many of its steps a statement of SQLite looks whether somebody still waits for it: about a millisecond.
const STEPS: i32 = 10_000;

/// A value both databases can store.
pub trait Value:
    for<'q> Encode<'q, Sqlite> + Type<Sqlite> + for<'q> Encode<'q, Postgres> + Type<Postgres>
{
}
impl<T> Value for T where
    T: for<'q> Encode<'q, Sqlite> + Type<Sqlite> + for<'q> Encode<'q, Postgres> + Type<Postgres>
{
}

/// A row both databases can return; `#[derive(FromRow)]` is enough.
pub trait Record: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T> Record for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// A database.
#[derive(Debug, Clone)]
pub enum Db {
    /// A file: many readers, one writer.
    Sqlite {
        /// Connections that cannot write.
        reads: Readers<Sqlite>,
        /// The one connection that can.
        writes: Writer,
    },
    /// A server.
    Postgres {
        /// Connections for single statements.
        reads: Readers<Postgres>,
        /// Connections for transactions.
        writes: PgPool,
    },
}

/// A transaction; dropping it rolls back.
#[derive(Debug)]
pub enum Tx {
    /// On the one writing connection.
    Sqlite(SqliteTx),
    /// On a connection of the pool.
    Postgres(Transaction<'static, Postgres>),
}

impl Db {
    /// Opens the database, making the file of SQLite if there is none.
    ///
    /// # Errors
    /// When the URL is wrong or the database cannot be reached.
    pub async fn connect(url: &str) -> Result<Self> {
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let options: PgConnectOptions = url.parse()?;
            let writes = PoolOptions::new().max_connections(16).acquire_timeout(PATIENCE);
            let writes = writes.connect_with(options.clone()).await?;
            return Ok(Self::Postgres { reads: Readers::new(options, 16, PATIENCE), writes });
        }
        let options = url
            .parse::<SqliteConnectOptions>()?
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(PATIENCE)
            // Rows cross a channel between threads; one that is full stops the reader at each row.
            .row_buffer_size(1024)
            .pragma("cache_size", "-16384")
            .pragma("temp_store", "memory");
        let writes = Writer::connect(options.clone(), PATIENCE).await?;
        let reads = Readers::new(options.pragma("query_only", "on"), 8, PATIENCE);
        Ok(Self::Sqlite { reads, writes })
    }

    /// Brings the schema up to date.
    ///
    /// # Errors
    /// When a migration fails, or one that ran was changed since.
    pub async fn migrate(&self) -> Result<(), MigrateError> {
        match self {
            Self::Sqlite { writes, .. } => sqlx::migrate!("migrations/sqlite").run(writes.pool()).await,
            Self::Postgres { writes, .. } => sqlx::migrate!("migrations/postgres").run(writes).await,
        }
    }

    /// Begins a transaction that may write.
    ///
    /// # Errors
    /// When the database cannot be reached or stays busy.
    pub async fn begin(&self) -> Result<Tx> {
        writer::note_begin();
        Ok(match self {
            Self::Sqlite { writes, .. } => Tx::Sqlite(writes.begin().await?),
            Self::Postgres { writes, .. } => Tx::Postgres(writes.begin().await?),
        })
    }

    /// A statement that reads what is of no organization, or little of one.
    pub fn query(&self, sql: &'static str) -> Query<'_> {
        self.reading(None, sql)
    }

    /// A statement that reads on behalf of an organization, when it is its turn.
    pub fn query_of(&self, org: OrgId, sql: &'static str) -> Query<'_> {
        self.reading(Some(org), sql)
    }

    fn reading(&self, org: Option<OrgId>, sql: &'static str) -> Query<'_> {
        match self {
            Self::Sqlite { reads, .. } => Query::sqlite(sql, Source::Readers(reads, org)),
            Self::Postgres { reads, .. } => Query::postgres(sql, Source::Readers(reads, org)),
        }
    }

    /// A listener for notifications between server processes; none on SQLite, which has one.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn listener(&self) -> Result<Option<PgListener>> {
        match self {
            Self::Sqlite { .. } => Ok(None),
            Self::Postgres { writes, .. } => PgListener::connect_with(writes).await.map(Some),
        }
    }

    /// Closes all connections.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { reads, writes } => {
                reads.close();
                writes.close().await;
            }
            Self::Postgres { reads, writes } => {
                reads.close();
                writes.close().await;
            }
        }
    }
}

impl Tx {
    /// A statement within the transaction.
    pub fn query(&mut self, sql: &'static str) -> Query<'_> {
        match self {
            Self::Sqlite(SqliteTx { tx, held }) => Query::sqlite(sql, Source::Tx(&mut **tx, Some(held))),
            Self::Postgres(tx) => Query::postgres(sql, Source::Tx(&mut **tx, None)),
        }
    }

    /// Whether other transactions may run at the same time, so that rows need a lock.
    #[must_use]
    pub const fn is_concurrent(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// How many statements were run in it; none where that is not counted.
    #[cfg(test)]
    pub(crate) const fn statements(&self) -> Option<u32> {
        match self {
            Self::Sqlite(tx) => Some(tx.held.statements()),
            Self::Postgres(_) => None,
        }
    }

    /// Makes it so.
    ///
    /// # Errors
    /// When the database is gone; whether it was done is not known then.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
        }
    }
}

impl Bounded for Sqlite {
    async fn bound(connection: &mut SqliteConnection, is_left: Arc<AtomicBool>) -> Result<()> {
        let goes_on = move || !is_left.load(Ordering::Relaxed);
        connection.lock_handle().await?.set_progress_handler(STEPS, goes_on);
        Ok(())
    }
}

impl Bounded for Postgres {
    /// It is not told that nobody waits any more. So a statement ends after as long as a request may take.
    async fn bound(connection: &mut PgConnection, _: Arc<AtomicBool>) -> Result<()> {
        connection.execute("SET statement_timeout = '20s'").await.map(drop)
    }
}

enum Source<'c, DB: Bounded> {
    /// The connections, and the organization on whose behalf one is used.
    Readers(&'c Readers<DB>, Option<OrgId>),
    Tx(&'c mut DB::Connection, Option<&'c mut Held>),
}

/// A statement being built: bind its values in order, then run it.
#[must_use]
pub struct Query<'c> {
    sql: &'static str,
    bound: usize,
    on: On<'c>,
}

enum On<'c> {
    Sqlite(Source<'c, Sqlite>, SqliteArguments),
    Postgres(Source<'c, Postgres>, PgArguments),
}

macro_rules! run {
    ($query:expr, $with:ident, $method:ident) => {{
        let query = $query;
        debug_assert_eq!(query.bound, placeholders(query.sql), "binds of: {}", query.sql);
        match query.on {
            On::Sqlite(source, args) => run!(@on source, $with(query.sql, args).$method),
            On::Postgres(source, args) => run!(@on source, $with(query.sql, args).$method),
        }
    }};
    (@on $source:expr, $with:ident($sql:expr, $args:expr).$method:ident) => {
        match $source {
            Source::Tx(connection, None) => $with($sql, $args).$method(connection).await.map(Into::into),
            Source::Tx(connection, Some(held)) => {
                held.may_go_on()?;
                let began = stopwatch();
                let result = $with($sql, $args).$method(connection).await.map(Into::into);
                held.note($sql, began, &result);
                result
            }
            Source::Readers(readers, org) => {
                let mut reader = readers.get(org).await?;
                let result = $with($sql, $args).$method(reader.connection()?).await.map(Into::into);
                reader.release(&result);
                result
            }
        }
    };
}

#[expect(clippy::disallowed_methods, reason = "the home of SQL")]
impl<'c> Query<'c> {
    fn sqlite(sql: &'static str, source: Source<'c, Sqlite>) -> Self {
        Self { sql, bound: 0, on: On::Sqlite(source, SqliteArguments::default()) }
    }

    fn postgres(sql: &'static str, source: Source<'c, Postgres>) -> Self {
        Self { sql, bound: 0, on: On::Postgres(source, PgArguments::default()) }
    }

    /// Binds the next value.
    ///
    /// # Panics
    /// When the value cannot be encoded, which none of ours can fail at.
    #[expect(clippy::expect_used, reason = "all our values encode")]
    pub fn bind(mut self, value: impl Value) -> Self {
        match &mut self.on {
            On::Sqlite(_, arguments) => Arguments::add(arguments, value),
            On::Postgres(_, arguments) => Arguments::add(arguments, value),
        }
        .expect("a value encodes");
        self.bound += 1;
        self
    }

    /// All rows.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn all<T: Record>(self) -> Result<Vec<T>> {
        run!(self, query_as_with, fetch_all)
    }

    /// The row, if there is one.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn optional<T: Record>(self) -> Result<Option<T>> {
        run!(self, query_as_with, fetch_optional)
    }

    /// The row.
    ///
    /// # Errors
    /// When the statement fails or there is no row.
    pub async fn one<T: Record>(self) -> Result<T> {
        self.optional().await?.ok_or(sqlx::Error::RowNotFound)
    }

    /// Runs the statement and tells how many rows it touched.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn execute(self) -> Result<u64> {
        let done: Touched = run!(self, query_with, execute)?;
        Ok(done.0)
    }
}

struct Touched(u64);

impl From<sqlx::sqlite::SqliteQueryResult> for Touched {
    fn from(result: sqlx::sqlite::SqliteQueryResult) -> Self {
        Self(result.rows_affected())
    }
}

impl From<sqlx::postgres::PgQueryResult> for Touched {
    fn from(result: sqlx::postgres::PgQueryResult) -> Self {
        Self(result.rows_affected())
    }
}

/// The highest `$n` of a statement. SQLite takes a value that was never bound for NULL, silently,
/// so the number of binds is checked against it.
fn placeholders(sql: &str) -> usize {
    sql.split('$')
        .skip(1)
        .filter_map(|rest| {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            rest[..digits].parse().ok()
        })
        .max()
        .unwrap_or(0)
}

/// Whether a statement failed because what it writes must be unique.
#[must_use]
pub fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Io(cause) if cause.kind() == ErrorKind::ResourceBusy => {
                tracing::warn!("the database is busy");
                Self::Unavailable { retry_after: 5 }
            }
            E::PoolTimedOut | E::PoolClosed | E::Io(_) | E::WorkerCrashed | E::Tls(_) => {
                tracing::error!(%error, "the database is away");
                Self::Unavailable { retry_after: 5 }
            }
            E::Database(cause) if is_transient(cause.as_ref()) => {
                tracing::warn!(%error, "the database asks to try again");
                Self::Unavailable { retry_after: 1 }
            }
            _ => crate::kernel::internal_error::internal(&error),
        }
    }
}

/// Whether it means: not now. Of PostgreSQL: serialization failure, deadlock, no room, too many connections, took too
/// long, shutting down, starting up.
fn is_transient(error: &dyn sqlx::error::DatabaseError) -> bool {
    if let Some(error) = error.try_downcast_ref::<SqliteError>() {
        return writer::is_transient(error);
    }
    let code = error.code();
    matches!(
        code.as_deref(),
        Some(
            "40001" | "40P01" | "53100" | "53300" | "57014" | "57P01" | "57P02" | "57P03" | "25006" | "58030"
        )
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_highest_placeholder_is_found() {
        assert_eq!(super::placeholders("SELECT 1"), 0);
        assert_eq!(super::placeholders("SELECT $1, $12, $2 WHERE a=$3"), 12);
    }
}
