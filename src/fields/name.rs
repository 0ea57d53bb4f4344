use serde::{Deserialize, Serialize};
use std::fmt;

/// The name of a person, an organization or a key: 1 to 80 characters on one line, and no address: names stand in
/// emails, where programs make links of those.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(sqlx::Type), sqlx(transparent))]
#[serde(transparent)]
pub struct Name(String);

impl Name {
    /// The most characters a name may have.
    pub const MAX: usize = 80;

    /// Trims, folds white space to single spaces, and refuses what could not be shown or would
    /// change how the text around it reads (line breaks, control, direction and invisible characters), and
    /// addresses.
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
        if name.chars().any(is_disruptive) {
            return Err("Use letters, digits and punctuation only, on one line.");
        }
        if has_invisible(&name) {
            return Err(INVISIBLE);
        }
        if name.split(' ').any(is_address) {
            return Err("Use a name, not an email address or a URL.");
        }
        Ok(Self(name))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What to do about characters that cannot be seen.
pub(super) const INVISIBLE: &str = "Remove the invisible characters.";

/// The words of a name with single spaces between them.
pub(super) fn words(text: &str) -> String {
    let is_space = |c: char| c.is_whitespace() && !is_disruptive(c);
    text.split(is_space).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Whether a name has characters that cannot be seen, so that it could look like another one. Those that join what
/// stands around them may do so, as in 👩‍🚀 and in words of Persian; those that vary the one before them too.
pub(super) fn has_invisible(name: &str) -> bool {
    let is_joiner = |c: char| matches!(c, '\u{200c}' | '\u{200d}');
    let is_variant = |c: char| matches!(c, '\u{fe0e}' | '\u{fe0f}');
    let mut before = ' ';
    for c in name.chars() {
        let stands_alone = before == ' ' || is_joiner(before) || before == '\u{fe0e}';
        if is_invisible(c) || (is_variant(c) || is_joiner(c)) && stands_alone || c == ' ' && is_joiner(before)
        {
            return true;
        }
        before = c;
    }
    is_joiner(before)
}

/// Fillers, marks and tags that show nothing.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'
            ..='\u{180f}' | '\u{200b}' | '\u{206a}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'
            ..='\u{fe0d}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffc}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'
            ..='\u{e0fff}'
    )
}

/// Ends of host names that programs make links of without being asked: the common ones.
const ENDS: &[&str] = &[
    "ai", "app", "at", "au", "be", "biz", "br", "ca", "cc", "ch", "click", "cloud", "club", "cn", "co",
    "com", "cz", "de", "dev", "edu", "es", "eu", "fr", "gov", "icu", "in", "info", "io", "ir", "it", "jp",
    "kr", "link", "live", "ly", "me", "mobi", "mx", "net", "nl", "online", "org", "page", "pl", "pro", "ru",
    "se", "shop", "site", "store", "su", "tk", "to", "top", "tr", "tv", "ua", "uk", "us", "vip", "website",
    "work", "ws", "xyz", "zip",
];

/// Whether a word is, or would be read as, an email address or a URL.
fn is_address(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '/');
    if word.contains("://") || word.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www.")) {
        return true;
    }
    if word.split_once('@').is_some_and(|(_, host)| host.contains('.')) {
        return true;
    }
    let host = word.split(['/', ':', '?', '#']).next().unwrap_or_default();
    let has_more = host.len() < word.len();
    let is_label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    let Some((_, end)) = host.rsplit_once('.').filter(|_| host.split('.').all(is_label)) else {
        return false;
    };
    let is_end = end.len() > 1 && end.chars().all(char::is_alphabetic);
    is_end && (has_more || ENDS.contains(&end.to_ascii_lowercase().as_str()))
}

/// Whether a character is no visible part of a name: controls, line and paragraph separators,
/// marks that reverse the text around them, and characters of no width.
pub(super) fn is_disruptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kept_as_people_write_them() {
        for name in [
            "Ana",
            "O’Brien & Søn",
            "李小龙",
            "<script>alert(1)</script>",
            "👩‍🚀 Zoë",
            "❤️ Team",
            "می‌خواهم",
            "J.R.R. Tolkien",
            "St.John, Ph.D.",
            "Node.js",
            "R&D @ Acme",
            "AC/DC",
            "10:30 club",
            "v2.0",
        ] {
            assert_eq!(Name::parse(&format!("  {name} ")).unwrap().as_str(), name);
        }
        assert_eq!(Name::parse("Ana   Novak").unwrap().as_str(), "Ana Novak");
    }

    #[test]
    fn names_cannot_break_a_line_or_turn_the_text_around() {
        for name in ["", "   ", "Ana\r\nBcc: x@y.z", "a\tb", "\u{202e}evil", "\u{200b}", "a\u{0}b"] {
            assert!(Name::parse(name).is_err(), "{name:?}");
        }
        assert!(Name::parse(&"ä".repeat(80)).is_ok());
        assert!(Name::parse(&"ä".repeat(81)).is_err());
        assert_eq!(Name::parse("\u{3000}Ana\u{2003}Novak ").unwrap().as_str(), "Ana Novak");
    }

    #[test]
    fn names_are_no_addresses() {
        for name in [
            "ana@example.com",
            "Ana <ana@example.test>",
            "https://evil.test",
            "Open HTTP://x now",
            "www.evil.test",
            "WWW.evil",
            "evil.com",
            "Go to evil.co.uk!",
            "(evil.com)",
            "evil.test/pay",
            "evil.test:8080",
            "evil.test?x=1",
            "müller.com",
        ] {
            assert!(Name::parse(name).is_err_and(|why| why.contains("not an email")), "{name:?}");
        }
    }

    #[test]
    fn names_have_nothing_that_cannot_be_seen() {
        for name in [
            "A\u{ad}na",
            "Ana\u{3164}",
            "\u{2800}",
            "A\u{34f}na",
            "\u{200d}Ana",
            "Ana\u{200d}",
            "Ana\u{200c} Novak",
            "A\u{200d}\u{200d}na",
            "\u{fe0f}",
            "Ana \u{fe0f}",
            "Ana\u{e0041}",
            "A\u{fe01}na",
        ] {
            assert_eq!(Name::parse(name).err(), Some(INVISIBLE), "{name:?}");
        }
    }
}
