//! Prompts as a ZIP archive of [Markdown](super::markdown) files.

use super::{
    foreign::{ending, one_prompt},
    format::LibraryFile,
    markdown,
};
use crate::{error::Result, server::caller::internal};
use std::{
    collections::BTreeSet,
    io::{Cursor, Read, Write},
};
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

/// The most bytes of a file in an archive, and of all of them together.
const MAX_FILE: u64 = 1024 * 1024;
const MAX_ALL: u64 = 32 * 1024 * 1024;

/// The folder for what archivers of a Mac put beside each file, which is no prompt.
const MAC: &str = "__MACOSX";

/// An archive of all prompts of a file, each at its path.
///
/// # Errors
/// [`Error::Internal`](crate::error::Error::Internal) when it cannot be written.
pub fn write(file: &LibraryFile) -> Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut taken = BTreeSet::new();
    for prompt in &file.prompts {
        let text = markdown::write(prompt)?;
        let path = safe(&prompt.path);
        let mut name = format!("{path}.md");
        let mut n = 1;
        while !taken.insert(name.to_lowercase()) {
            n += 1;
            name = format!("{path} {n}.md");
        }
        zip.start_file(name, SimpleFileOptions::default()).map_err(|error| internal(&error))?;
        zip.write_all(text.as_bytes()).map_err(|error| internal(&error))?;
    }
    Ok(zip.finish().map_err(|error| internal(&error))?.into_inner())
}

/// A path that every file system takes, and that stays where it is unpacked.
fn safe(path: &str) -> String {
    let level = |level: &str| {
        let signs = level.chars().map(|sign| match sign {
            '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
            sign => sign,
        });
        let name: String = signs.collect();
        match name.as_str() {
            MAC => "MACOSX".to_owned(),
            name if name.chars().all(|sign| sign == '.') => "_".repeat(name.len().max(1)),
            _ => name,
        }
    };
    path.split('/').map(level).collect::<Vec<_>>().join("/")
}

/// The prompts in an archive: its files that end in `.md` or `.txt`.
///
/// # Errors
/// A sentence that says what is wrong.
pub(super) fn read(bytes: &[u8]) -> Result<LibraryFile, String> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|_| "This archive can't be read.")?;
    let (mut file, mut room) = (LibraryFile::empty(), MAX_ALL);
    for n in 0..zip.len() {
        let one = zip.by_index(n).map_err(|_| "This archive can't be read.")?;
        let name = one.name().map_err(|_| "This archive can't be read.")?.into_owned();
        let is_prompt = matches!(ending(&name).as_str(), "md" | "markdown" | "txt");
        if one.is_dir() || !is_prompt || name.split('/').next() == Some(MAC) {
            continue;
        }
        let mut bytes = Vec::new();
        let most = room.min(MAX_FILE);
        one.take(most + 1).read_to_end(&mut bytes).map_err(|_| format!("{name} can't be read."))?;
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if size > most {
            return Err(format!("{name} is too large: at most 1 MiB per file and 32 MiB in total."));
        }
        room -= size;
        let text = str::from_utf8(&bytes).map_err(|_| format!("{name} isn't text."))?;
        file.prompts.push(one_prompt(text, &name).map_err(|why| format!("{name}: {why}"))?);
    }
    if file.prompts.is_empty() {
        return Err("There are no Markdown or text files in this archive.".to_owned());
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        library::exchange::format::PromptEntry,
        prompts::content::{Content, Kind},
    };

    fn prompt(path: &str) -> PromptEntry {
        let draft = Some(Content::empty(Kind::Chat));
        let (path, description) = (path.to_owned(), String::new());
        PromptEntry {
            path,
            description,
            tags: Vec::new(),
            old_paths: Vec::new(),
            versions: Vec::new(),
            draft,
        }
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        let prompts = ["A/B", "A/b", "../x", "C:/d?", "...", "__MACOSX/e"].map(prompt).to_vec();
        let file = LibraryFile { prompts, ..LibraryFile::empty() };
        assert_eq!(read(&write(&file).unwrap()).unwrap(), file);
        assert_eq!(safe("../C:/.../a.b"), "__/C_/___/a.b");
    }

    #[test]
    fn a_bomb_does_not_go_off() {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("a.md", SimpleFileOptions::default()).unwrap();
        zip.write_all(&vec![b' '; 5_000_000]).unwrap();
        let bytes = zip.finish().unwrap().into_inner();
        assert!(bytes.len() < 50_000);
        assert!(read(&bytes).unwrap_err().contains("too large"));
        assert!(read(b"PK\x03\x04garbage").is_err());
    }
}
