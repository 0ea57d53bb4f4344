//! Files that nobody else on the machine may read: the database and what lies beside it.

use sqlx::sqlite::SqliteConnectOptions;
use std::{
    ffi::OsString,
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

const FOLDER: u32 = 0o700;
const FILE: u32 = 0o600;
/// Of a folder that everybody may write to, such as `/tmp`: not one of ours.
const STICKY: u32 = 0o1000;

/// Makes a folder that is closed to others, or closes one that is there.
pub(crate) fn folder(path: &Path) -> io::Result<()> {
    if !path.exists() {
        return DirBuilder::new().recursive(true).mode(FOLDER).create(path);
    }
    let is_shared = fs::metadata(path)?.mode() & STICKY != 0;
    if is_shared {
        tracing::warn!(path = %path.display(), "the data directory is shared: give it one of its own");
    } else {
        close(path, FOLDER);
    }
    Ok(())
}

/// Opens a file to append to, which is made so that others cannot read it.
pub(super) fn append(path: impl AsRef<Path>) -> io::Result<File> {
    let file = OpenOptions::new().create(true).append(true).mode(FILE).open(&path)?;
    close(path.as_ref(), FILE);
    Ok(file)
}

/// Makes the file of a database of SQLite, unless it is there, and closes it and those beside it to others. What
/// SQLite puts beside it from here on has the mode of the file itself.
pub(crate) fn database(url: &str) -> sqlx::Result<()> {
    let Some(file) = file(url)? else { return Ok(()) };
    if !file.exists() && file.parent().is_none_or(|folder| folder.as_os_str().is_empty() || folder.exists()) {
        append(&file)?;
    }
    for beside in ["", "-wal", "-shm", "-journal"] {
        let mut name = OsString::from(&file);
        name.push(beside);
        let path = PathBuf::from(name);
        if path.exists() {
            close(&path, FILE);
        }
    }
    Ok(())
}

/// That it cannot be closed is no reason not to start: it may be of somebody else, on purpose.
fn close(path: &Path, mode: u32) {
    let is_closed = fs::metadata(path).is_ok_and(|found| found.mode() & 0o777 & !mode == 0);
    if !is_closed && let Err(error) = fs::set_permissions(path, Permissions::from_mode(mode)) {
        tracing::warn!(%error, path = %path.display(), "others on this machine may read this");
    }
}

/// The file of a database; none for one of PostgreSQL, or in memory.
pub(super) fn file(url: &str) -> Result<Option<PathBuf>, sqlx::Error> {
    if url.starts_with("postgres:") || url.starts_with("postgresql:") || url.contains(":memory:") {
        return Ok(None);
    }
    Ok(Some(url.parse::<SqliteConnectOptions>()?.get_filename().to_owned()))
}
