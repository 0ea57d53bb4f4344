//! The words that people read: those that were mended must not come back.
//!
//! Read from the string literals of the source (screens, emails, errors), the document of the API, `--help` and the
//! README. Names in code are not words that people read.

use super::support::{Literal, literals};
use crate::{api, kernel::Config};
use clap::CommandFactory;
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::Path};

/// Words and phrases that must not be seen, and what to say instead.
const BANNED: &[(&str, &str)] = &[
    ("letter", "email"),
    ("letters", "emails"),
    ("workspace", "organization; one's own is the personal workspace"),
    ("workspaces", "organizations; one's own are personal workspaces"),
    ("your address", "your email"),
    ("this address", "this email"),
    ("address of the", "email or URL of the"),
    ("your mail", "your email"),
    ("send mail", "send email"),
    ("sends no mail", "does not send email"),
    ("whoever", "the person who, everyone who"),
    ("somebody", "someone"),
    ("anybody", "anyone"),
    ("everybody", "everyone"),
    ("run out", "expired"),
    ("runs out", "expires"),
    ("ran out", "expired"),
    ("is good", "is valid"),
    ("are good", "are valid"),
    ("good for", "valid for, expires in"),
    ("no longer good", "no longer valid"),
    ("is dead", "no longer works"),
    ("are dead", "no longer work"),
    ("is away", "is unreachable"),
    ("leads nowhere", "not found"),
    ("goes in a circle", "circular reference"),
    ("take out", "restore"),
    ("taken out", "restored"),
    ("taken back", "revoked"),
    ("take away", "remove"),
    ("stand", "is, comes"),
    ("stands", "is"),
    ("of this one", "with this name"),
    ("told from", "recognized by"),
    ("divided by", "separated by"),
    ("divides", "separates"),
    ("belong together", "match"),
    ("hand over", "transfer"),
    ("handed over", "transferred"),
    ("hands over", "transfers"),
    ("put together", "includes"),
    ("put in order", "reorder"),
    ("led on", "redirected"),
    ("at it", "editing"),
    ("anew", "again"),
    ("which is the most", "the maximum"),
    ("one a line", "one per line"),
    ("go on working", "keep working"),
    ("goes on working", "keeps working"),
    ("asks its members", "requires"),
    ("it may be that", "maybe"),
    ("as it should be", "valid"),
    ("nothing here", "not found"),
    ("made the", "created the"),
    ("what to find", "search"),
    ("may not", "can't"),
    ("who may", "who can"),
    ("may deploy", "can deploy"),
    ("asks to", "wants to"),
    ("any more", "anymore, no longer"),
    ("two factor", "two-factor authentication"),
    ("what yours", "your"),
    ("was not you", "wasn't you"),
    ("need not", "doesn't need to"),
    ("only now", "only once"),
    ("protected less", "with less protection"),
    ("further on", "later in the text"),
    ("lead elsewhere", "point to other prompts"),
    ("of an authenticator", "from an authenticator"),
    ("of your authenticator", "from your authenticator app"),
    ("too much work", "too complex"),
    ("loop over less", "loop over fewer items"),
    ("cannot be seen", "invisible"),
    ("as it comes", "unchanged"),
    ("than digits", "at least one letter"),
    ("nobody is waiting", "no pending invitations"),
    ("colour", "color"),
    ("colours", "colors"),
    ("honour", "honor"),
    ("behaviour", "behavior"),
    ("cancelled", "canceled"),
    ("whilst", "while"),
    ("noted", "saved"),
    ("says nothing", "does not answer"),
    ("can be said", "is supported"),
    ("put in", "inserted"),
    ("goes on", "continues"),
    ("the studio", "Prompt Studio, the server"),
    ("this studio", "this server"),
];

/// What holds a banned word for a reason.
const ALLOWED: &[(&str, &str)] = &[
    ("personal workspace", "the name of one's own organization"),
    ("personal workspaces", "the same, of several"),
    ("lowercase letters", "of the alphabet"),
    ("use letters", "of the alphabet"),
    ("letters or digits", "of the alphabet"),
    ("letters digits", "of the alphabet"),
    ("two factor authentication", "the whole name of it"),
    ("database asks to", "an error of the log, in the words of the code"),
    ("a letter then", "of the alphabet"),
    ("start with a letter", "of the alphabet"),
    ("one letter a number", "of the alphabet"),
    ("address of the connection", "an IP address"),
    ("the database is away", "an error of the log, in the words of the code"),
];

/// A text as words with single spaces around them. Flags, names of variables and placeholders are no words.
fn words(text: &str) -> String {
    let mut plain = String::new();
    let mut depth = 0_u32;
    for c in text.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            c if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    let is_name =
        |word: &&str| word.trim_start_matches(['`', '<', '[']).starts_with("--") || word.contains('_');
    let words = plain.split_whitespace().filter(|word| !is_name(word)).collect::<Vec<_>>().join(" ");
    let letters = words.to_lowercase();
    let letters = letters.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty());
    format!(" {} ", letters.collect::<Vec<_>>().join(" "))
}

/// The banned words of a text, with what to say instead.
fn banned(text: &str) -> Vec<String> {
    let mut words = words(text);
    for (allowed, _) in ALLOWED {
        words = words.replace(&format!(" {allowed} "), " … ");
    }
    let found = BANNED.iter().filter(|(word, _)| words.contains(&format!(" {word} ")));
    found.map(|(word, instead)| format!("“{word}” (say: {instead}) in “{}”", text.trim())).collect()
}

/// Whether a literal is a text: not SQL, not a single name.
fn is_text(literal: &str) -> bool {
    let is_sql =
        ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM "].iter().any(|word| literal.contains(word));
    !is_sql && (literal.trim().contains(char::is_whitespace) || literal.starts_with(char::is_uppercase))
}

/// All descriptions, summaries and titles in a document.
fn described(value: &Value, texts: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if matches!(name.as_str(), "description" | "summary" | "title") => {
                        texts.insert(text.clone());
                    }
                    value => described(value, texts),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| described(item, texts)),
        _ => {}
    }
}

/// Where a text of the document comes from: the line that holds its beginning.
fn place(text: &str) -> String {
    let beginning: String = text.lines().next().unwrap_or_default().chars().take(60).collect();
    let found = super::architecture::files().into_iter().find_map(|(file, source)| {
        let line = source.lines().position(|line| line.contains(beginning.as_str()))?;
        Some(format!("src/{file}:{}", line + 1))
    });
    found.unwrap_or_else(|| "the document of the API".to_owned())
}

#[test]
fn no_mended_word_comes_back() {
    let mut wrong = Vec::new();
    for (file, source) in super::architecture::files() {
        let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for Literal { line, text } in literals(source).into_iter().filter(|one| is_text(&one.text)) {
            wrong.extend(banned(&text).into_iter().map(|what| format!("src/{file}:{line}: {what}")));
        }
    }
    let mut texts = BTreeSet::new();
    described(api::document(), &mut texts);
    assert!(texts.len() > 200, "{} descriptions", texts.len());
    for text in texts {
        wrong.extend(banned(&text).into_iter().map(|what| format!("{}: {what}", place(&text))));
    }
    let help = Config::command().render_long_help().to_string();
    for line in help.lines() {
        wrong.extend(banned(line).into_iter().map(|what| format!("{}: {what}", place(line.trim()))));
    }
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    for (n, line) in readme.lines().enumerate() {
        wrong.extend(banned(line).into_iter().map(|what| format!("README.md:{}: {what}", n + 1)));
    }
    assert!(wrong.is_empty(), "{} to mend:\n{}", wrong.len(), wrong.join("\n"));
}

/// What is counted on screen.
const COUNTED: &[&str] = &[
    "approvals",
    "attempts",
    "characters",
    "codes",
    "days",
    "drafts",
    "emails",
    "environments",
    "folders",
    "hours",
    "invitations",
    "items",
    "keys",
    "lines",
    "members",
    "messages",
    "minutes",
    "organizations",
    "people",
    "prompts",
    "requests",
    "scopes",
    "seconds",
    "times",
    "tokens",
    "values",
    "variables",
    "versions",
];

/// The placeholders of a text that are followed by what is counted, in the plural: of one of them it is wrong.
/// A limit is many.
fn plurals(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices('}') {
        let name = text[..at].rsplit('{').next().unwrap_or_default();
        // A variable of a template is no placeholder.
        let is_limit = name.starts_with(' ')
            || ["max", "most", "size"].iter().any(|limit| name.to_lowercase().starts_with(limit));
        let rest = text[at + 1..].trim_start_matches(char::is_whitespace);
        let mut words = rest.split(|c: char| !c.is_alphabetic());
        let word = words.next().unwrap_or_default();
        if !is_limit && rest.len() < text[at + 1..].len() && COUNTED.contains(&word) {
            found.push(format!("{{{name}}} {word}"));
        }
    }
    found
}

#[test]
fn counts_are_written_in_one_place() {
    let mut wrong = Vec::new();
    for (file, source) in super::architecture::files() {
        let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for Literal { line, text } in literals(source).into_iter().filter(|one| is_text(&one.text)) {
            wrong.extend(plurals(&text).into_iter().map(|what| format!("src/{file}:{line}: {what}")));
        }
    }
    assert!(wrong.is_empty(), "say these with fields::counted:\n{}", wrong.join("\n"));
    assert_eq!(plurals("{n} versions and {} prompts"), ["{n} versions", "{} prompts"]);
    for text in ["Use at most {max} characters.", "{MAX} keys", "{name} asks", "{id}versions", "{n} version"]
    {
        assert!(plurals(text).is_empty(), "{text}");
    }
}

#[test]
fn words_are_found_wherever_they_are() {
    for text in ["We sent a letter.", "Your *Workspace*", "It\nruns out", "Ask whoever, {name}", "Workspaces"]
    {
        assert_eq!(banned(text).len(), 1, "{text}");
    }
    for text in [
        "Use lowercase letters, digits and hyphens.",
        "This is your personal workspace.",
        "--max-letters-an-hour <MAX_LETTERS_AN_HOUR>",
        "`STUDIO_MAX_LETTERS_AN_HOUR`",
        "{email} got {letters} emails",
        "Newsletter",
    ] {
        assert!(banned(text).is_empty(), "{text}");
    }
    let is_needed =
        |allowed: &str| BANNED.iter().any(|(word, _)| format!(" {allowed} ").contains(&format!(" {word} ")));
    assert!(ALLOWED.iter().all(|(allowed, _)| is_needed(allowed)), "nothing is allowed that is not banned");
}
