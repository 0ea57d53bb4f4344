//! A database of its own for each test, a copy of a migrated template: a file in a folder that goes away, or one on the
//! PostgreSQL that `cargo xtask test` starts.

use super::sql;
use crate::kernel::db::Db;
use sqlx::{Connection, Executor, PgConnection};
use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// Which database a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tests) enum Kind {
    Sqlite,
    Postgres,
}

/// A database that lasts as long as its test.
#[derive(Debug, Clone)]
pub(in crate::tests) struct Database {
    pub(in crate::tests) kind: Kind,
    /// Where it is reached.
    pub(in crate::tests) url: String,
    /// The data directory of its servers.
    pub(super) dir: Arc<TempDir>,
    name: String,
}

/// The name of the template on PostgreSQL, made by whichever test is first. The server is a throwaway, so nobody removes
/// it.
static TEMPLATE: OnceCell<String> = OnceCell::const_new();
/// The file that is the template of SQLite.
static FILE: OnceCell<Vec<u8>> = OnceCell::const_new();
static COUNT: AtomicU32 = AtomicU32::new(0);

impl Database {
    pub(super) async fn create(kind: Kind) -> Self {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        if kind == Kind::Sqlite {
            let file = dir.path().join("studio.db");
            fs::write(&file, FILE.get_or_init(migrated_file).await).unwrap();
            return Self { kind, url: format!("sqlite:{}", file.display()), dir, name: String::new() };
        }
        let template = TEMPLATE.get_or_init(template).await;
        let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        administer(format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        Self { kind, url: url_of(&name), dir, name }
    }

    pub(super) async fn remove(&self) {
        if self.kind == Kind::Postgres {
            let statement = format!("DROP DATABASE {} WITH (FORCE)", self.name);
            // The server's own housekeeping may be in it, which only its superuser can send away.
            for _ in 0..50 {
                match try_administer(&statement).await {
                    Err(error) if error.to_string().contains("process is being terminated") => {
                        tokio::time::sleep(Duration::from_millis(200)).await;
                    }
                    Err(error) => panic!("{statement}: {error}"),
                    Ok(()) => return,
                }
            }
            panic!("{statement}: somebody is always in it");
        }
    }
}

async fn template() -> String {
    let name = format!("template_{}", std::process::id());
    administer(format!("DROP DATABASE IF EXISTS {name}")).await;
    administer(format!("CREATE DATABASE {name}")).await;
    let db = Db::connect(&url_of(&name)).await.unwrap();
    db.migrate().await.unwrap();
    db.close().await;
    name
}

async fn migrated_file() -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("studio.db");
    let db = Db::connect(&format!("sqlite:{}", file.display())).await.unwrap();
    db.migrate().await.unwrap();
    db.close().await;
    fs::read(file).unwrap()
}

/// Runs a statement about databases.
async fn administer(statement: String) {
    try_administer(&statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
}

/// Takes as long as it takes: the connections of [`Db`] end a statement after a while, and copying a database is slow
/// on a busy machine.
async fn try_administer(statement: &str) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(&server_url()).await.unwrap();
    connection.execute(sql(statement)).await?;
    connection.close().await
}

fn server_url() -> String {
    std::env::var("TEST_POSTGRES_URL").unwrap_or_else(|_| {
        panic!("TEST_POSTGRES_URL is not set: run the tests by `cargo xtask test`, which starts a PostgreSQL")
    })
}

fn url_of(name: &str) -> String {
    let url = server_url();
    let (server, _) = url.rsplit_once('/').unwrap();
    format!("{server}/{name}")
}
