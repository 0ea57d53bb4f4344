//! Connections for statements that read.
//!
//! sqlx's own pool asks a connection before each use and after it whether it is alive: two more
//! round trips on PostgreSQL, two more hops between threads on SQLite, for one statement. Here a
//! connection is asked only when it has rested, and closed when a statement finds it broken.

use super::{db::Result, writer::is_broken};
use deadpool::{
    Runtime,
    managed::{Manager, Metrics, Object, Pool, PoolError, QueueMode, RecycleResult, Timeouts},
};
use sqlx::{ConnectOptions, Connection, Database};
use std::{
    fmt,
    ops::{Deref, DerefMut},
    time::Duration,
};

/// After how long a connection is asked whether it is alive.
const REST: Duration = Duration::from_secs(1);

/// A pool of connections.
pub struct Readers<DB: Database>(Pool<Opener<DB>>);

/// A connection in use; it goes back when dropped.
pub struct Reader<DB: Database>(Object<Opener<DB>>);

struct Opener<DB: Database> {
    options: <DB::Connection as Connection>::Options,
}

impl<DB: Database> Manager for Opener<DB> {
    type Type = DB::Connection;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<DB::Connection> {
        // Boxed, as is the ping: what is done now and then would make the future of every statement
        // tens of kilobytes.
        Box::pin(self.options.connect()).await
    }

    async fn recycle(&self, connection: &mut DB::Connection, used: &Metrics) -> RecycleResult<sqlx::Error> {
        if used.last_used() > REST {
            Box::pin(connection.ping()).await?;
        }
        Ok(())
    }
}

impl<DB: Database> Readers<DB> {
    /// A pool of at most `size` connections, each opened when it is needed first; a request waits
    /// for one as long as `patience`.
    ///
    /// # Errors
    /// Outside the runtime.
    pub fn new(
        options: <DB::Connection as Connection>::Options,
        size: usize,
        patience: Duration,
    ) -> Result<Self> {
        let timeouts = Timeouts { wait: Some(patience), create: Some(patience), recycle: Some(patience) };
        let pool = Pool::builder(Opener { options }).max_size(size).timeouts(timeouts);
        // The one used last has what it needs in memory.
        let pool = pool.queue_mode(QueueMode::Lifo).runtime(Runtime::Tokio1).build();
        pool.map(Self).map_err(|error| sqlx::Error::Configuration(error.into()))
    }

    /// A connection.
    ///
    /// # Errors
    /// When none is free in time, or none can be opened.
    pub async fn get(&self) -> Result<Reader<DB>> {
        self.0.get().await.map(Reader).map_err(|error| match error {
            PoolError::Backend(error) => error,
            PoolError::Closed => sqlx::Error::PoolClosed,
            _ => sqlx::Error::PoolTimedOut,
        })
    }

    /// Closes all connections.
    pub fn close(&self) {
        self.0.close();
    }
}

impl<DB: Database> Reader<DB> {
    /// Gives the connection back, unless it is broken.
    pub fn release<T>(self, result: &Result<T>) {
        if result.as_ref().is_err_and(is_broken) {
            drop(Object::take(self.0));
        }
    }
}

impl<DB: Database> Clone for Readers<DB> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<DB: Database> fmt::Debug for Readers<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Readers").field(&self.0.status()).finish()
    }
}

impl<DB: Database> Deref for Reader<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        &self.0
    }
}

impl<DB: Database> DerefMut for Reader<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        &mut self.0
    }
}
