//! The server as a value: what every request and job has at hand.

use super::{deferred_writes::DeferredWrites, events::EventBus, mail::Mail, stream_limit::Streams};
use crate::kernel::{
    Clock, Config,
    cpu_pool::CpuPool,
    db::Db,
    encryption::Encryption,
    fragment_cache::FragmentCache,
    keyed_semaphore::KeyedSemaphore,
    long_work::LongWork,
    passwords::Passwords,
    private_files,
    sandbox::{Bounds, Sandbox},
    shutdown::Shutdown,
};
use std::{ops::Deref, sync::Arc, thread, time::Duration};

/// Everything that lives as long as the process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Server(Arc<Parts>);

/// The parts of a [`Server`].
#[derive(Debug)]
pub struct Parts {
    /// What the operator set.
    pub config: Config,
    /// The time.
    pub clock: Clock,
    /// The way letters leave.
    pub mail: Mail,
    /// What happens.
    pub events: EventBus,
    /// Secrets at rest.
    pub encryption: Encryption,
    /// Work that keeps a core busy, on what is large.
    pub long_work: LongWork,
    /// Work on templates and differences, which tenants write.
    pub sandbox: Sandbox,
    /// Work on pictures, which people send.
    pub pictures: Sandbox,
    /// Hashing.
    pub passwords: Passwords,
    /// What requests leave to be written down.
    pub deferred_writes: Arc<DeferredWrites>,
    /// What was made and is true until something happens.
    pub(super) fragments: FragmentCache,
    /// Whether the process is to stop.
    pub shutdown: Shutdown,
    /// What stays open.
    pub(crate) streams: Streams,
    /// Whose turn it is to catch up with what changed in an organization.
    pub catching_up: KeyedSemaphore,
    pub(super) db: Db,
}

/// Processor time for a picture.
const PICTURE: Duration = Duration::from_secs(2);

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory cannot be made.
    #[error("the data directory cannot be used: {0}")]
    DataDir(#[from] std::io::Error),
    /// The database cannot be opened.
    #[error("the database cannot be opened: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema cannot be brought up to date.
    #[error("the database cannot be migrated: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The master key cannot be used.
    #[error(transparent)]
    Encryption(#[from] crate::kernel::encryption::EncryptionError),
    /// Mail cannot be set up.
    #[error(transparent)]
    Mail(#[from] super::mail::MailError),
}

impl Server {
    /// What is for the database there is, of what is for SQLite and what is for PostgreSQL.
    #[must_use]
    pub fn either<T>(&self, sqlite: T, postgres: T) -> T {
        match self.db {
            Db::Sqlite { .. } => sqlite,
            Db::Postgres { .. } => postgres,
        }
    }

    /// Opens the database, brings it up to date, checks the master key. No job runs yet.
    ///
    /// # Errors
    /// When anything it needs cannot be used.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        private_files::folder(&config.data_dir)?;
        private_files::database(&config.database_url())?;
        let clock = Clock::default();
        let encryption = Encryption::load(config.master_key.as_deref(), &config.data_dir)?;
        let mail = Mail::new(&config)?;
        let db = Db::connect(&config.database_url()).await?;
        db.migrate().await?;
        encryption.verify(&db, &clock).await?;
        let passwords = Passwords::new(CpuPool::default());
        let long_work = LongWork::default();
        let (sandbox, pictures) = sandboxes(&config, &long_work);
        let (events, shutdown) = (EventBus::new(&db, &clock), Shutdown::default());
        Ok(Self(Arc::new(Parts {
            config,
            clock,
            mail,
            events,
            encryption,
            long_work,
            sandbox,
            pictures,
            passwords,
            deferred_writes: Arc::default(),
            fragments: FragmentCache::default(),
            streams: Streams::new(shutdown.clone()),
            shutdown,
            catching_up: KeyedSemaphore::default(),
            db,
        })))
    }

    /// The database beyond the walls. For what belongs to no organization (accounts, tokens) and
    /// for finding the way into one; `tests/architecture.rs` lists the files that may.
    #[must_use]
    pub fn outside_tenancy(&self) -> &Db {
        &self.db
    }
}

/// As many workers as there are cores; pictures, which take longer, have one of their own.
fn sandboxes(config: &Config, long_work: &LongWork) -> (Sandbox, Sandbox) {
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let deadline = Duration::from_millis(config.render_timeout_ms.into());
    let templates = Bounds { workers: cores.max(2), deadline, waiting: 32 };
    let pictures = Bounds { workers: 1, deadline: PICTURE, waiting: 1 };
    (Sandbox::new(templates, long_work.clone()), Sandbox::new(pictures, long_work.clone()))
}

impl Deref for Server {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
