//! Prompts as a ZIP archive of [Markdown](super::markdown) files.

use super::{
    foreign::{ending, one_prompt},
    format::{LibraryFile, PromptEntry},
    markdown,
    path::shown,
};
use crate::{error::Result, kernel::internal_error::internal};
use std::{
    collections::{HashMap, HashSet},
    io::{self, Cursor, Read, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use zip::{
    ZipArchive, ZipWriter,
    write::{SimpleFileOptions, StreamWriter},
};

/// The most bytes of a file in an archive, and of all of them together.
const MAX_FILE: u64 = 1024 * 1024;
const MAX_ALL: u64 = 32 * 1024 * 1024;

/// The folder for what archivers of a Mac put beside each file, which is no prompt.
const MAC: &str = "__MACOSX";

/// An archive that is made prompt by prompt, each at its path. What is made of it goes out meanwhile.
pub(super) struct Archive {
    zip: ZipWriter<StreamWriter<Made>>,
    made: Made,
    /// The names that are taken, in small letters.
    names: HashSet<String>,
    /// Which number a name may have next.
    next: HashMap<String, usize>,
}

/// What is made of an archive and has not gone out.
#[derive(Clone, Default)]
struct Made(Arc<Mutex<Vec<u8>>>);

impl Made {
    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Made {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Default for Archive {
    fn default() -> Self {
        let made = Made::default();
        Self { zip: ZipWriter::new_stream(made.clone()), made, names: HashSet::new(), next: HashMap::new() }
    }
}

impl Archive {
    /// Adds a prompt.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::error::Error::Internal) when it cannot be written.
    pub(super) fn add(&mut self, prompt: &PromptEntry) -> Result<()> {
        let text = markdown::write(prompt)?;
        let path = safe(&prompt.path);
        let next = self.next.entry(path.to_lowercase()).or_insert(1);
        let mut name = String::new();
        while name.is_empty() || !self.names.insert(name.to_lowercase()) {
            name = if *next == 1 { format!("{path}.md") } else { format!("{path} {next}.md") };
            *next += 1;
        }
        self.zip.start_file(name, SimpleFileOptions::default()).map_err(|error| internal(&error))?;
        self.zip.write_all(text.as_bytes()).map_err(|error| internal(&error))
    }

    /// What was made since it was taken last.
    pub(super) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.made.bytes())
    }

    /// What comes last in it.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub(super) fn finish(self) -> Result<Vec<u8>> {
        self.zip.finish().map_err(|error| internal(&error))?;
        Ok(std::mem::take(&mut *self.made.bytes()))
    }
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
        let (mut bytes, shown) = (Vec::new(), shown(&name));
        let most = room.min(MAX_FILE);
        one.take(most + 1).read_to_end(&mut bytes).map_err(|_| format!("{shown} can't be read."))?;
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if size > most {
            return Err(format!("{shown} is too large: at most 1 MiB per file and 32 MiB in total."));
        }
        room -= size;
        let text = str::from_utf8(&bytes).map_err(|_| format!("{shown} isn't text."))?;
        file.prompts.push(one_prompt(text, &name).map_err(|why| format!("{shown}: {why}"))?);
    }
    if file.prompts.is_empty() {
        return Err("There are no Markdown or text files in this archive.".to_owned());
    }
    Ok(file)
}

/// An archive of all prompts of a file.
#[cfg(test)]
pub(crate) fn write(file: &LibraryFile) -> Result<Vec<u8>> {
    let (mut archive, mut bytes) = (Archive::default(), Vec::new());
    for prompt in &file.prompts {
        archive.add(prompt)?;
        bytes.extend(archive.take());
    }
    bytes.extend(archive.finish()?);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompts::content::{Content, Kind};

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
        let paths = ["A/B", "A/b", "A/b 2", "../x", "C:/d?", "C:/d*", "C:/d|", "...", "__MACOSX/e"];
        let prompts = paths.map(prompt).to_vec();
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
