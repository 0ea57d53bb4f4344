//! What looks like a variable, a reference or a tag and is none: a slip, most likely, which is kept as text.

use super::Engine;

/// How far it is looked for an end, in bytes.
const REACH: usize = 512;

/// Why something is none of what it looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// There is nothing in the braces.
    Empty,
    /// It does not end in its line.
    Open,
    /// What is in the braces is no name.
    Name,
    /// What is in the brackets is no reference.
    Reference,
}

impl Malformed {
    /// What is wrong, for people.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::Empty => "has no name in it",
            Self::Open => "is never closed",
            Self::Name => {
                "isn't a variable: names have letters, digits and underscores, and start with a letter"
            }
            Self::Reference => "isn't a reference: write a path, such as [[ Folder/Name ]]",
        }
    }
}

/// What begins `rest` as a variable, a reference or a tag does, and is none: how long it is, and why. Nothing that is
/// one is hidden in it.
pub(super) fn malformed(engine: Engine, rest: &str) -> Option<(usize, Malformed)> {
    let (begin, end) = match (rest.get(..2)?, engine) {
        ("{{", _) => ("{{", "}}"),
        ("{%", Engine::Jinja) => ("{%", "%}"),
        ("{#", Engine::Jinja) => ("{#", "#}"),
        ("[[", _) => ("[[", "]]"),
        _ => return None,
    };
    let line = rest[2..rest.floor_char_boundary(REACH.max(2))].split('\n').next().unwrap_or_default();
    let inner = line.find(end).map(|at| &line[..at]).filter(|inner| !inner.contains(begin));
    let is_simple = |inner: &str| !inner.contains(['{', '[', '\\']);
    let is_path = |inner: &str| inner.trim_start().starts_with(char::is_alphabetic);
    if engine == Engine::Jinja && begin != "[[" {
        return inner.is_none().then_some((2, Malformed::Open));
    }
    match inner {
        // Braces around a variable, and lists in lists.
        _ if line.starts_with(['{', '[']) => None,
        Some(inner) if begin == "[[" => {
            (is_path(inner) && is_simple(inner)).then_some((inner.len() + 4, Malformed::Reference))
        }
        Some(inner) => {
            let why = if inner.trim().is_empty() { Malformed::Empty } else { Malformed::Name };
            Some((if is_simple(inner) { inner.len() + 4 } else { 2 }, why))
        }
        // A list of lists goes on in the next line.
        None if begin == "[[" && (!is_path(line) || (!line.starts_with(' ') && line.contains(','))) => None,
        None => {
            let is_of_path = |sign: char| begin == "[[" && "/-.@".contains(sign);
            let ends = |sign: char| !sign.is_alphanumeric() && sign != '_' && !is_of_path(sign);
            let word = line.trim_start().split(ends).next().filter(|word| !word.is_empty());
            let word = word.map_or(0, |word| line.len() - line.trim_start().len() + word.len());
            Some((2 + word, Malformed::Open))
        }
    }
}
