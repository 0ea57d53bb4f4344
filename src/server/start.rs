//! The server as a value: what every request and job has at hand.

use super::{
    assets::Assets,
    bodies::Bodies,
    bus::Bus,
    change::Change,
    clock::Clock,
    config::Config,
    db::Db,
    hot::Hot,
    limits::Limits,
    long_work::LongWork,
    mail::Mail,
    notes::Notes,
    passwords::Passwords,
    private,
    ready::Ready,
    sandbox::{Bounds, Sandbox},
    seal::Seal,
    shelf::Shelf,
    stop::Stop,
    streams::Streams,
    turns::Turns,
    workers::Workers,
};
use crate::error::Result;
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
    pub bus: Bus,
    /// Secrets at rest.
    pub seal: Seal,
    /// Work that keeps a core busy, on what is large.
    pub long_work: LongWork,
    /// Work on templates and differences, which tenants write.
    pub sandbox: Sandbox,
    /// Work on pictures, which people send.
    pub pictures: Sandbox,
    /// Hashing.
    pub passwords: Passwords,
    /// How often things may be tried.
    pub limits: Limits,
    /// The bodies of requests that are answered.
    pub bodies: Bodies,
    /// Large answers that are sent.
    pub(super) answers: Bodies,
    /// Whose requests are answered.
    pub(super) requests: Turns,
    /// What requests leave to be written down.
    pub notes: Notes,
    /// What services fetch.
    pub hot: Hot,
    /// What was made and is true until something happens.
    pub(super) shelf: Shelf,
    pub(super) ready: Ready,
    /// Whether the process is to stop.
    pub stop: Stop,
    /// What stays open.
    pub(crate) streams: Streams,
    /// Whose turn it is to catch up with what changed in an organization.
    pub catching_up: Turns,
    /// The files of the site.
    pub assets: Assets,
    pub(super) db: Db,
}

/// How many requests of a person are answered at once, with those of all keys that they made. Who sends more waits for
/// themselves, and others do not wait for them: each connection to the database goes to the one who asked for it first.
const REQUESTS: usize = 16;

/// Processor time for a picture.
const PICTURE: Duration = Duration::from_secs(2);

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory cannot be made.
    #[error("the data directory cannot be used: {0}")]
    DataDir(#[from] std::io::Error),
    /// Another process is on the database, which can have one only.
    #[error("the database {} is in use by another process: stop it first, or use PostgreSQL to run several", .0.display())]
    InUse(std::path::PathBuf),
    /// The database cannot be opened.
    #[error("the database cannot be opened: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema cannot be brought up to date.
    #[error("the database cannot be migrated: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The master key cannot be used.
    #[error(transparent)]
    Seal(#[from] super::seal::SealError),
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
        private::folder(&config.data_dir)?;
        private::database(&config.database_url())?;
        let clock = Clock::default();
        let seal = Seal::load(config.master_key.as_deref(), &config.data_dir)?;
        let mail = Mail::new(&config)?;
        let db = Db::connect(&config.database_url()).await?;
        db.migrate().await?;
        seal.verify(&db, &clock).await?;
        let limits = Limits::new(clock.clone(), config.rate_limits);
        let passwords = Passwords::new(Workers::default());
        let long_work = LongWork::default();
        let (sandbox, pictures) = sandboxes(&config, &long_work);
        let hot = Hot::new(&config, &db, &clock);
        let (bus, assets, shelf) = (Bus::default(), Assets::load(), Shelf::default());
        Ok(Self(Arc::new(Parts {
            config,
            clock,
            mail,
            bus,
            seal,
            long_work,
            sandbox,
            pictures,
            passwords,
            limits,
            bodies: Bodies::default(),
            answers: Bodies::default(),
            requests: Turns::of(REQUESTS),
            notes: Notes::default(),
            hot,
            shelf,
            ready: Ready::default(),
            stop: Stop::default(),
            streams: Streams::default(),
            catching_up: Turns::default(),
            assets,
            db,
        })))
    }

    /// The database beyond the walls. For what belongs to no organization (accounts, tokens) and
    /// for finding the way into one; `tests/architecture.rs` lists the files that may.
    #[must_use]
    pub fn outside_tenancy(&self) -> &Db {
        &self.db
    }

    /// Begins a change beyond the walls; the same files only.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn change_outside_tenancy(&self) -> Result<Change> {
        Change::begin(self).await
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
