//! A prompt as Markdown: what is read is no larger than it may be, and written again it is read as the same.

use super::{as_in_markdown, run};
use crate::{
    library::exchange::{
        check,
        format::{LibraryFile, PromptEntry},
        markdown,
    },
    prompts::checks,
};

pub(super) const WORDS: &[&str] = &[
    "---\n",
    "\n---\n",
    "path: ",
    "description: ",
    "tags: [",
    "kind: chat\n",
    "kind: text\n",
    "engine: jinja\n",
    "variables:\n",
    "  - name: ",
    "    type: number\n",
    "    default: ",
    "model:\n",
    "  temperature: ",
    "  tools: [{",
    "  response_format: {",
    "<!-- user -->\n",
    "\\<!-- user -->\n",
    "<!-- tool: x -->\n",
    "<!-- placeholder: x -->\n",
    " -->",
    "&a ",
    "*a",
    "!!binary ",
    "|\n",
    ">-\n",
    "? ",
    "<<: ",
    "# ",
    "[",
    "{",
    "~",
    "yes",
    ".inf",
    "0x1F",
    "1_000",
    "2026-01-31",
    "%YAML 1.2\n",
    "\t",
    "...\n",
];

#[test]
fn markdown() {
    run("markdown", WORDS, |input| {
        for name in ["a.md", "Folder/b.txt", ""] {
            let Ok(file) = check::read(input, name) else { continue };
            is_bounded(&file, input.len());
            file.prompts.iter().for_each(is_kept);
        }
    });
}

/// YAML can say much in few words, but not without end.
fn is_bounded(file: &LibraryFile, length: usize) {
    let json = serde_json::to_string(file).unwrap();
    assert!(json.len() <= 1024 * 1024 + 16 * length, "{length} bytes became {}", json.len());
    // As it waits to be imported.
    assert_eq!(check::read(json.as_bytes(), "library.json").as_ref(), Ok(file), "{json}");
}

/// A prompt that may be kept is the same when it is written and read again.
pub(super) fn is_kept(entry: &PromptEntry) {
    let Some(content) = entry.content().filter(|content| checks::flaws(content).is_empty()) else { return };
    let written = markdown::write(entry).unwrap();
    let again = markdown::read(&written).unwrap_or_else(|why| panic!("{why}: {written}"));
    let told = |entry: &PromptEntry| (entry.path.clone(), entry.description.clone(), entry.tags.clone());
    assert_eq!(told(&again), told(entry), "{written}");
    assert_eq!(again.draft.map(as_in_markdown), Some(as_in_markdown(content.clone())), "{written}");
}
