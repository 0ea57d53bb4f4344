//! ZIP archives. An input that is none is what is to be in one: files divided by a line `%%%%`, the first line of each
//! its name.

use super::{markdown, run};
use crate::{
    library::exchange::{archive, check, format::LibraryFile},
    prompts::checks,
};
use std::io::{Cursor, Write};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

const WORDS: &[&str] = &[
    "\n%%%%\n",
    "PK\u{3}\u{4}",
    "PK\u{1}\u{2}",
    "PK\u{5}\u{6}",
    "../",
    "/",
    "\\",
    "C:",
    "__MACOSX/",
    "a.md\n",
    "Support/b.TXT\n",
    "c.json\n",
    "---\npath: ",
    "\n---\n",
    "é.md\n",
    "con.md\n",
    ".md\n",
    "\u{ff}\u{ff}",
];

/// The most bytes of all files in an archive.
const MOST: usize = 32 * 1024 * 1024;

#[test]
fn archives() {
    run("archives", WORDS, |input| {
        let archive = if input.starts_with(b"PK") { input.to_vec() } else { packed(input) };
        let Ok(file) = check::read(&archive, "library.zip") else { return };
        let size: usize = file
            .prompts
            .iter()
            .filter_map(|prompt| prompt.content())
            .flat_map(crate::prompts::content::Content::texts)
            .map(str::len)
            .sum();
        assert!(size <= MOST, "{} bytes became {size}", archive.len());
        file.prompts.iter().for_each(markdown::is_kept);
        is_packed_again(file);
    });
}

fn packed(input: &[u8]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut rest = input;
    while !rest.is_empty() {
        let end = rest.windows(6).position(|part| part == b"\n%%%%\n");
        let (entry, after) = end.map_or((rest, &[][..]), |end| (&rest[..end], &rest[end + 6..]));
        rest = after;
        let (name, said) =
            entry.split_at(entry.iter().position(|byte| *byte == b'\n').unwrap_or(entry.len()));
        let method =
            if said.len() % 2 == 0 { CompressionMethod::Deflated } else { CompressionMethod::Stored };
        let options = SimpleFileOptions::default().compression_method(method);
        // Of two files of a name there is one.
        if zip.start_file(String::from_utf8_lossy(name), options).is_ok() {
            zip.write_all(said.strip_prefix(b"\n").unwrap_or(said)).unwrap();
        }
    }
    zip.finish().unwrap().into_inner()
}

/// What was read is packed and read as the same.
fn is_packed_again(mut file: LibraryFile) {
    file.prompts.retain(|prompt| prompt.content().is_some_and(|content| checks::flaws(content).is_empty()));
    if file.prompts.is_empty() {
        return;
    }
    let paths =
        |file: &LibraryFile| -> Vec<_> { file.prompts.iter().map(|prompt| prompt.path.clone()).collect() };
    let again = check::read(&archive::write(&file).unwrap(), "library.zip").unwrap();
    assert_eq!(paths(&again), paths(&file));
}
