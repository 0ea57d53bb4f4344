//! Single characters, and words that are counted, bytes that are written out.

use std::fmt::Write as _;

/// Whether a character is no visible part of a name: controls, line and paragraph separators,
/// marks that reverse the text around them, and characters of no width.
#[must_use]
pub fn is_disruptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// Whether a character may stand in a path: what gives references and selectors their shape may not.
#[must_use]
pub fn is_path_char(c: char) -> bool {
    !is_disruptive(c) && !matches!(c, '[' | ']' | '{' | '}' | '|' | '@' | '<' | '>' | '\\')
}

/// A count with what is counted: "no seconds", "1 second", "18 seconds". The one place where a word is put in the
/// plural.
#[must_use]
pub fn counted(n: impl TryInto<i64>, one: &str) -> String {
    counted_as(n, one, &format!("{one}s"))
}

/// The same of a word whose plural is another: "1 person", "2 people".
#[must_use]
pub fn counted_as(n: impl TryInto<i64>, one: &str, many: &str) -> String {
    match n.try_into().unwrap_or(i64::MAX) {
        0 => format!("no {many}"),
        1 => format!("1 {one}"),
        n => format!("{n} {many}"),
    }
}

/// A text that begins with a capital letter, as a sentence does.
#[must_use]
pub fn capitalized(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// Bytes in hexadecimal, in small letters.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one() {
        let says = [0, 1, 2].map(|n| counted(n, "second"));
        assert_eq!(says, ["no seconds", "1 second", "2 seconds"]);
        assert_eq!(
            [0, 1, 2].map(|n| counted_as(n, "person", "people")),
            ["no people", "1 person", "2 people"]
        );
        assert_eq!(["no people", "ärger", ""].map(capitalized), ["No people", "Ärger", ""]);
    }

    #[test]
    fn bytes_are_written_out() {
        assert_eq!([hex(&[0, 10, 255]), hex(&[])], ["000aff", ""]);
    }
}
