use super::name::{INVISIBLE, has_invisible, is_disruptive, words};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a folder or a prompt is called: a level of a path, 1 to 80 characters on one line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(sqlx::Type), sqlx(transparent))]
#[serde(transparent)]
pub struct PathName(String);

/// Words that stand for something else where a path may stand, in references and URLs.
const RESERVED: &[&str] = &[
    "activity",
    "api",
    "batch-order",
    "compare",
    "deployments",
    "diff",
    "draft",
    "export",
    "folders",
    "import",
    "latest",
    "metrics",
    "move",
    "new",
    "render",
    "run",
    "search",
    "settings",
    "trash",
    "usage",
    "variables",
    "versions",
];

/// Whether a character may stand in a path: what gives references and selectors their shape may not.
#[must_use]
pub fn is_path_char(c: char) -> bool {
    !is_disruptive(c) && !matches!(c, '[' | ']' | '{' | '}' | '|' | '@' | '<' | '>' | '\\')
}

impl PathName {
    /// The most characters of a name.
    pub const MAX: usize = 80;

    /// Trims, folds white space to single spaces, and refuses what a path or a reference could not hold,
    /// reserved words, and what looks like an id.
    ///
    /// # Errors
    /// A sentence for the field.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let name = words(text);
        if name.is_empty() {
            return Err("Enter a name.");
        }
        if name.chars().count() > Self::MAX {
            return Err("Use at most 80 characters.");
        }
        if name.contains('/') {
            return Err("Names can't contain “/”.");
        }
        if !name.chars().all(is_path_char) {
            return Err("Names can't contain brackets, braces, @, |, < or >.");
        }
        if has_invisible(&name) {
            return Err(INVISIBLE);
        }
        if name.starts_with('.') {
            return Err("Names can't start with a dot.");
        }
        if RESERVED.contains(&name.to_lowercase().as_str()) {
            return Err("This name is reserved. Choose another one.");
        }
        if name.parse::<uuid::Uuid>().is_ok() {
            return Err("This name looks like an ID. Choose another one.");
        }
        Ok(Self(name))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PathName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kept_as_people_write_them() {
        for name in ["Triage", "Größe & co", "v2.1 (old)", "名前", "it's \"quoted\", 50%"] {
            assert_eq!(PathName::parse(&format!(" {name}  ")).unwrap().as_str(), name);
        }
    }

    #[test]
    fn what_would_break_a_path_is_refused() {
        for name in [
            "",
            " ",
            "a/b",
            "a|b",
            "a@3",
            "a[b",
            "{a}",
            "<b>",
            "a\\b",
            "a\nb",
            "a\u{202e}b",
            "a\u{ad}b",
            "a\u{200d}",
            "\u{3164}",
            "latest",
            "New",
            ".",
            "..",
            ".hidden",
            "01890a5d-ac96-774b-bcce-b302099a8057",
        ] {
            assert!(PathName::parse(name).is_err(), "{name:?}");
        }
        assert!(PathName::parse(&"ä".repeat(80)).is_ok() && PathName::parse(&"ä".repeat(81)).is_err());
        assert!(RESERVED.is_sorted());
    }
}
