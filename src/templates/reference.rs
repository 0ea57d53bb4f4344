use super::is_name;
use crate::fields::is_path_char;
use std::fmt;

/// The most characters of a path.
const MAX_PATH: usize = 255;

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
        let overrides = overrides.map_or(Some(Vec::new()), parse_overrides)?;
        is_path.then(|| Self { path: path.to_owned(), selector, overrides })
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

/// `a=1, b="x, y"`; a value is bare up to the next comma, or stands in quotes.
fn parse_overrides(text: &str) -> Option<Vec<(String, String)>> {
    let (mut rest, mut overrides) = (text.trim(), Vec::new());
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=')?;
        let key = key.trim();
        let (value, after) = parse_value(after.trim_start())?;
        if !is_name(key) || overrides.iter().any(|(other, _)| other == key) {
            return None;
        }
        overrides.push((key.to_owned(), value));
        rest = match after.strip_prefix(',') {
            // A comma that nothing follows is a slip, and no reference.
            Some(more) if more.trim().is_empty() => return None,
            Some(more) => more.trim_start(),
            None => after,
        };
    }
    Some(overrides)
}

/// A value and what follows it: nothing, or a comma and more.
fn parse_value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(',').unwrap_or(text.len());
        return Some((text[..end].trim_end().to_owned(), &text[end..]));
    };
    let (mut value, mut chars) = (String::new(), quoted.char_indices());
    loop {
        match chars.next()? {
            (_, '\\') => value.push(chars.next()?.1),
            (at, '"') => {
                let after = quoted[at + 1..].trim_start();
                return (after.is_empty() || after.starts_with(',')).then_some((value, after));
            }
            (_, c) => value.push(c),
        }
    }
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
            "a | k=\"x",
            "a | k=\"x\" y",
            "a\\b",
        ] {
            assert_eq!(written(inner), None, "{inner:?}");
        }
        assert!(Reference::parse(&"a".repeat(255)).is_some() && Reference::parse(&"a".repeat(256)).is_none());
    }
}
