use super::is_name;
use crate::text::is_path_char;
use std::{collections::BTreeSet, fmt};

/// The most characters of a path.
const MAX_PATH: usize = 255;
/// The most values that a reference gives. None in a text is long enough for more.
const MAX_OVERRIDES: usize = 512;

/// The text of another prompt, called for by its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Its path, levels divided by `/`.
    pub path: String,
    /// Which version of it.
    pub selector: Selector,
    /// Values for its variables, in the order they were written in.
    pub overrides: Vec<(String, String)>,
}

/// Which version of a prompt is meant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Selector {
    /// The newest, as it is when the version that refers to it is saved.
    #[default]
    Latest,
    /// The version of this number.
    Version(u32),
    /// The one that is deployed to this environment.
    Environment(String),
}

impl Reference {
    /// What stands between `[[` and `]]`; none when that is no reference.
    #[must_use]
    pub fn parse(inner: &str) -> Option<Self> {
        let (target, overrides) = inner.split_once('|').map_or((inner, None), |(a, b)| (a, Some(b)));
        let (path, selector) = match target.split_once('@') {
            Some((path, selector)) => (path, Selector::parse(selector.trim())?),
            None => (target, Selector::Latest),
        };
        let path = path.trim();
        let is_path = path.chars().all(is_path_char)
            && path.chars().count() <= MAX_PATH
            && path.split('/').all(|level| !level.is_empty() && level.trim() == level);
        if !is_path {
            return None;
        }
        let overrides = overrides.map_or(Some(Vec::new()), parse_overrides)?;
        Some(Self { path: path.to_owned(), selector, overrides })
    }

    /// Where it leads to, as written: path and selector, without overrides.
    #[must_use]
    pub fn target(&self) -> String {
        format!("{}{}", self.path, self.selector)
    }
}

impl Selector {
    fn parse(text: &str) -> Option<Self> {
        if text == "latest" {
            return Some(Self::Latest);
        }
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().ok().filter(|number| *number > 0).map(Self::Version);
        }
        let is_slug = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        (text.len() <= 40 && text.bytes().all(is_slug)).then(|| Self::Environment(text.to_owned()))
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latest => Ok(()),
            Self::Version(number) => write!(f, "@{number}"),
            Self::Environment(name) => write!(f, "@{name}"),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[[ {}{}", self.path, self.selector)?;
        for (n, (key, value)) in self.overrides.iter().enumerate() {
            f.write_str(if n == 0 { " | " } else { ", " })?;
            write!(f, "{key}={}", quoted(value))?;
        }
        f.write_str(" ]]")
    }
}

/// `a=1, b="x, y"`; a value is bare up to the next comma, or stands in quotes. Nothing is copied before all is right:
/// most of what begins like a reference in a hostile text is none.
fn parse_overrides(text: &str) -> Option<Vec<(String, String)>> {
    let (mut rest, mut names, mut overrides) = (text.trim(), BTreeSet::new(), Vec::new());
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=')?;
        let key = key.trim();
        if overrides.len() >= MAX_OVERRIDES || !is_name(key) || !names.insert(key) {
            return None;
        }
        let (value, is_quoted, after) = split_value(after.trim_start())?;
        overrides.push((key, value, is_quoted));
        rest = match after.strip_prefix(',').map(str::trim_start) {
            // A comma that nothing follows is a slip, and no reference.
            Some("") => return None,
            Some(more) => more,
            None => after,
        };
    }
    let copied = |(key, value, is_quoted): (&str, &str, bool)| {
        let value = if is_quoted { unescaped(value) } else { value.to_owned() };
        (key.to_owned(), value)
    };
    Some(overrides.into_iter().map(copied).collect())
}

/// A value as it is written, whether quotes stand around it, and what follows it: nothing, or a comma and more.
fn split_value(text: &str) -> Option<(&str, bool, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(',').unwrap_or(text.len());
        return Some((text[..end].trim_end(), false, &text[end..]));
    };
    let mut chars = quoted.char_indices();
    loop {
        match chars.next()? {
            (_, '\\') => {
                chars.next()?;
            }
            (at, '"') => {
                let after = quoted[at + 1..].trim_start();
                let is_end = after.is_empty() || after.starts_with(',');
                return is_end.then_some((&quoted[..at], true, after));
            }
            _ => {}
        }
    }
}

/// What stands in quotes, without the backslashes before its signs.
fn unescaped(quoted: &str) -> String {
    let (mut value, mut chars) = (String::with_capacity(quoted.len()), quoted.chars());
    while let Some(c) = chars.next() {
        value.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    value
}

fn quoted(value: &str) -> String {
    let is_bare = value.trim() == value && !value.contains([',', '|', '"', '\\']);
    if is_bare {
        return value.to_owned();
    }
    let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(inner: &str) -> Option<String> {
        Reference::parse(inner).map(|reference| reference.to_string())
    }

    #[test]
    fn references_are_read_as_people_write_them() {
        for (inner, canonical) in [
            ("Tone", "[[ Tone ]]"),
            (" Support/Sub folder/Tone ", "[[ Support/Sub folder/Tone ]]"),
            ("a@3", "[[ a@3 ]]"),
            ("a @ production", "[[ a@production ]]"),
            ("a@latest", "[[ a ]]"),
            ("a|k=v,k2 = v2", "[[ a | k=v, k2=v2 ]]"),
            ("a | k=x=y", "[[ a | k=x=y ]]"),
            ("a | k=\"x, y\", l=", "[[ a | k=\"x, y\", l= ]]"),
            ("a | k=\"\\\"q\\\" \\\\\"", "[[ a | k=\"\\\"q\\\" \\\\\" ]]"),
            ("a | k = \"x\" , l=\"\"", "[[ a | k=x, l= ]]"),
            ("a | k=\"a\\,\\b\", l=c\\d", "[[ a | k=\"a,b\", l=\"c\\\\d\" ]]"),
            ("a | k=x\"y\", l= b c ", "[[ a | k=\"x\\\"y\\\"\", l=b c ]]"),
            ("a |", "[[ a ]]"),
        ] {
            assert_eq!(written(inner).as_deref(), Some(canonical), "{inner}");
            let again = canonical.trim_start_matches("[[").trim_end_matches("]]");
            assert_eq!(Reference::parse(again), Reference::parse(inner), "{inner}");
        }
    }

    #[test]
    fn what_is_no_reference_is_text() {
        for inner in [
            "",
            " ",
            "/a",
            "a/",
            "a//b",
            "a/ b",
            "a@",
            "a@0",
            "a@A_1",
            "a@A",
            "a@1@2",
            "a@99999999999",
            "a<b",
            "a\nb",
            "a | 1=2",
            "a | k",
            "a | k=1, k=2",
            "a | k=1,",
            "a | ,k=1",
            "a | k=1,,l=2",
            "a | k=\"x",
            "a | k=\"x\\",
            "a | k=\"x\\\"",
            "a | k=\"x\" y",
            "a\\b",
        ] {
            assert_eq!(written(inner), None, "{inner:?}");
        }
        assert!(Reference::parse(&"a".repeat(255)).is_some() && Reference::parse(&"a".repeat(256)).is_none());
    }

    #[test]
    fn a_reference_gives_so_many_values() {
        let giving = |count: usize| {
            let all: Vec<_> = (0..count).map(|n| format!("k{n}=\"v, {n}\"")).collect();
            format!("a | {}", all.join(", "))
        };
        let most = Reference::parse(&giving(MAX_OVERRIDES)).unwrap();
        assert_eq!(most.overrides.len(), MAX_OVERRIDES);
        assert_eq!(most.overrides[7], ("k7".to_owned(), "v, 7".to_owned()));
        // 100 kB of them are read no further than that.
        for more in [giving(MAX_OVERRIDES + 1), giving(7_000)] {
            assert_eq!(Reference::parse(&more), None);
        }
    }
}
