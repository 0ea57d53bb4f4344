//! One process at a time on a database of SQLite: it believes in memory what nobody else changes.

use super::{Config, private_files};
use std::{
    ffi::OsString,
    fs::{self, File, TryLockError},
    path::PathBuf,
};

/// Why a process cannot be the only one.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// The data directory cannot be made, or the lock beside the database.
    #[error("the data directory cannot be used: {0}")]
    Io(#[from] std::io::Error),
    /// Another process is on the database.
    #[error("the database {} is in use by another process: stop it first, or use PostgreSQL to run several", .0.display())]
    InUse(PathBuf),
    /// The URL of the database is wrong.
    #[error("the database cannot be opened: {0}")]
    Database(#[from] sqlx::Error),
}

/// That this process is the only one. It ends when it is dropped, and with the process however that ends.
#[derive(Debug)]
#[must_use]
pub struct InstanceLock {
    #[expect(dead_code, reason = "it is held, not used")]
    lock: Option<File>,
}

impl InstanceLock {
    /// Makes sure that this process is the only one on its database, where that may have one only.
    ///
    /// # Errors
    /// [`LockError::InUse`] when there is another; when the lock beside the database cannot be used.
    pub fn on(config: &Config) -> Result<Self, LockError> {
        private_files::folder(&config.data_dir)?;
        let Some(database) = private_files::file(&config.database_url())? else {
            return Ok(Self { lock: None });
        };
        let mut beside = OsString::from(fs::canonicalize(&database).unwrap_or_else(|_| database.clone()));
        beside.push(".lock");
        let lock = private_files::append(beside)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { lock: Some(lock) }),
            Err(TryLockError::WouldBlock) => Err(LockError::InUse(database)),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
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
        let sole = InstanceLock::on(&config(None, &data)).unwrap();
        let refused = InstanceLock::on(&config(None, &data)).unwrap_err();
        assert!(matches!(refused, LockError::InUse(_)), "{refused}");
        // By whatever name it is reached.
        let url = format!("sqlite://{}?mode=rwc", data.join("../data/studio.db").display());
        File::create(data.join("studio.db")).unwrap();
        let refused = InstanceLock::on(&config(Some(&url), dir.path())).unwrap_err();
        assert!(refused.to_string().contains("is in use by another process"), "{refused}");
        let elsewhere = InstanceLock::on(&config(None, &dir.path().join("other"))).unwrap();
        drop((sole, elsewhere));
        drop(InstanceLock::on(&config(Some(&url), dir.path())).unwrap());
    }

    #[test]
    fn postgresql_has_as_many_as_it_likes() {
        let dir = tempfile::tempdir().unwrap();
        for url in ["postgres://studio@localhost/studio", "postgresql://localhost/studio", "sqlite::memory:"]
        {
            let all = [(); 2].map(|()| InstanceLock::on(&config(Some(url), dir.path())).unwrap());
            drop(all);
        }
        assert_eq!(dir.path().read_dir().unwrap().count(), 0);
    }
}
