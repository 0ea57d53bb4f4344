//! One process at a time on a database of SQLite: it believes in memory what nobody else changes.

use super::{Config, private, start::StartError};
use sqlx::sqlite::SqliteConnectOptions;
use std::{
    ffi::OsString,
    fs::{self, File, TryLockError},
    path::PathBuf,
};

/// That this process is the only one. It ends when it is dropped, and with the process however that ends.
#[derive(Debug)]
#[must_use]
pub struct Sole {
    #[expect(dead_code, reason = "it is held, not used")]
    lock: Option<File>,
}

impl Sole {
    /// Makes sure that this process is the only one on its database, where that may have one only.
    ///
    /// # Errors
    /// [`StartError::InUse`] when there is another; when the lock beside the database cannot be used.
    pub fn on(config: &Config) -> Result<Self, StartError> {
        private::folder(&config.data_dir)?;
        let Some(database) = file(&config.database_url())? else { return Ok(Self { lock: None }) };
        let mut beside = OsString::from(fs::canonicalize(&database).unwrap_or_else(|_| database.clone()));
        beside.push(".lock");
        let lock = private::append(beside)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { lock: Some(lock) }),
            Err(TryLockError::WouldBlock) => Err(StartError::InUse(database)),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}

/// The file of a database; none for one of PostgreSQL, or in memory.
pub(super) fn file(url: &str) -> Result<Option<PathBuf>, sqlx::Error> {
    if url.starts_with("postgres:") || url.starts_with("postgresql:") || url.contains(":memory:") {
        return Ok(None);
    }
    Ok(Some(url.parse::<SqliteConnectOptions>()?.get_filename().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    fn config(url: Option<&str>, dir: &std::path::Path) -> Config {
        let mut config = Config::parse_from(["prompt-studio"]);
        (config.database_url, config.data_dir) = (url.map(ToOwned::to_owned), dir.to_owned());
        config
    }

    #[test]
    fn a_second_process_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let sole = Sole::on(&config(None, &data)).unwrap();
        let refused = Sole::on(&config(None, &data)).unwrap_err();
        assert!(matches!(refused, StartError::InUse(_)), "{refused}");
        // By whatever name it is reached.
        let url = format!("sqlite://{}?mode=rwc", data.join("../data/studio.db").display());
        File::create(data.join("studio.db")).unwrap();
        let refused = Sole::on(&config(Some(&url), dir.path())).unwrap_err();
        assert!(refused.to_string().contains("is in use by another process"), "{refused}");
        let elsewhere = Sole::on(&config(None, &dir.path().join("other"))).unwrap();
        drop((sole, elsewhere));
        drop(Sole::on(&config(Some(&url), dir.path())).unwrap());
    }

    #[test]
    fn postgresql_has_as_many_as_it_likes() {
        let dir = tempfile::tempdir().unwrap();
        for url in ["postgres://studio@localhost/studio", "postgresql://localhost/studio", "sqlite::memory:"]
        {
            let all = [(); 2].map(|()| Sole::on(&config(Some(url), dir.path())).unwrap());
            drop(all);
        }
        assert_eq!(dir.path().read_dir().unwrap().count(), 0);
    }
}
