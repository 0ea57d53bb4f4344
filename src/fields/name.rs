use serde::{Deserialize, Serialize};
use std::fmt;

/// The name of a person or an organization: 1 to 80 characters on one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(sqlx::Type), sqlx(transparent))]
#[serde(transparent)]
pub struct Name(String);

impl Name {
    /// The most characters a name may have.
    pub const MAX: usize = 80;

    /// Trims, folds white space to single spaces, and refuses what could not be shown or would
    /// change how the text around it reads (line breaks, control and direction characters).
    ///
    /// # Errors
    /// A sentence for the field.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let name = text.split([' ', '\u{a0}']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        if name.is_empty() {
            return Err("Enter a name.");
        }
        if name.chars().count() > Self::MAX {
            return Err("Use at most 80 characters.");
        }
        if name.chars().any(is_disruptive) {
            return Err("Use letters, digits and punctuation only, on one line.");
        }
        Ok(Self(name))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
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
        for name in ["Ana", "O’Brien & Søn", "李小龙", "<script>alert(1)</script>", "👩‍🚀 Zoë"]
        {
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
    }
}
