//! What the browser gets of us: nothing of the server may be in it, and its size is watched.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// Pieces of SQL that tell that the store was compiled into the browser bundle.
const SQL: &[&[u8]] = &[b"SELECT ", b"INSERT INTO ", b"DELETE FROM ", b"CREATE TABLE "];

/// The extensions of what the browser loads.
const SERVED: &[&str] = &["css", "js", "wasm"];

/// How far after `UPDATE` its `SET` may stand.
const UPDATE_REACH: usize = 100;

/// Prints the sizes of what the browser loads from the folder, and checks every wasm module there.
pub(crate) fn check(pkg: &Path) -> Result<()> {
    let mut modules = 0;
    let mut leaks = Vec::new();
    for path in served(pkg)? {
        let bytes = fs::read(&path)?;
        let packed =
            fs::metadata(path.with_added_extension("br")).context("a release has compressed twins")?.len();
        println!("{:>9} bytes, {packed:>7} in brotli  {}", bytes.len(), path.display());
        if path.extension().is_some_and(|extension| extension == "wasm") {
            modules += 1;
            if has_sql(&bytes) {
                leaks.push(path.display().to_string());
            }
        }
    }
    ensure!(modules > 0, "no wasm module in {}", pkg.display());
    ensure!(leaks.is_empty(), "the store leaked into the browser bundle: SQL in {}", leaks.join(", "));
    Ok(())
}

/// The files that a page names, in the order of their names; not their compressed twins.
fn served(pkg: &Path) -> Result<Vec<PathBuf>> {
    let paths = fs::read_dir(pkg)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    let is_served =
        |path: &PathBuf| path.extension().is_some_and(|ext| SERVED.iter().any(|served| ext == *served));
    let mut paths: Vec<_> = paths.into_iter().filter(is_served).collect();
    paths.sort();
    Ok(paths)
}

fn has_sql(bytes: &[u8]) -> bool {
    SQL.iter().any(|word| find(bytes, word).is_some()) || has_update(bytes)
}

fn has_update(mut bytes: &[u8]) -> bool {
    while let Some(at) = find(bytes, b"UPDATE ") {
        bytes = &bytes[at + 1..];
        if find(&bytes[..bytes.len().min(UPDATE_REACH)], b" SET ").is_some() {
            return true;
        }
    }
    false
}

fn find(bytes: &[u8], word: &[u8]) -> Option<usize> {
    bytes.windows(word.len()).position(|window| window == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sql_is_found_wherever_it_stands() {
        assert!(has_sql(b"\0asm..SELECT id FROM members"));
        assert!(has_sql(b"x INSERT INTO audit"));
        assert!(has_sql(b"UPDATE now. UPDATE members SET role = $2"));
    }

    #[test]
    fn plain_words_are_no_sql() {
        assert!(!has_sql(b"Select a role. UPDATE your profile, then SET-UP is complete"));
        assert!(!has_sql(b"UPDATE something"));
        assert!(!has_sql(b""));
    }
}
