use std::fmt;
use unicode_normalization::UnicodeNormalization;
use zxcvbn::matching::{Match, patterns::MatchPattern};

/// A password somebody chose: 8 to 128 characters, any of them.
///
/// There are no rules of composition (NIST SP 800-63B §3.1.1.2); what everybody would guess first
/// is refused. Never shown, not even in a debug print.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// The fewest characters of a password.
    pub const MIN: usize = 8;
    /// The most characters of a password.
    pub const MAX: usize = 128;

    /// How many of the commonest passwords are refused.
    const COMMON: usize = 10_000;

    /// Takes a new password; `about` are the words an attacker would try for this person first:
    /// the name and the address.
    ///
    /// # Errors
    /// A sentence for the field.
    pub fn parse(text: &str, about: &[&str]) -> Result<Self, &'static str> {
        let password = Self::typed(text)?;
        if password.0.chars().count() < Self::MIN {
            return Err("Use at least 8 characters.");
        }
        let words = about.iter().flat_map(|text| text.split([' ', '@', '.', '+', '-', '_']).chain([*text]));
        let words: Vec<&str> = words.filter(|word| word.chars().count() > 2).collect();
        if is_about(&password.0, &words) {
            return Err("Choose a password that isn't your name or email.");
        }
        if is_common(&password.0) {
            return Err("Too common. Choose one that's harder to guess.");
        }
        Ok(password)
    }

    /// Takes a password as typed to sign in: its length is bounded, nothing else is asked.
    ///
    /// # Errors
    /// A sentence for the field.
    pub fn typed(text: &str) -> Result<Self, &'static str> {
        // Composed, so that the same password typed on another keyboard is the same bytes.
        let password: String = text.chars().take(Self::MAX + 1).nfc().collect();
        if password.chars().count() > Self::MAX || text.chars().nth(Self::MAX).is_some() {
            return Err("Use at most 128 characters.");
        }
        Ok(Self(password))
    }

    /// The bytes to hash.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Whether the password is nothing but words about the person, digits and punctuation.
fn is_about(password: &str, words: &[&str]) -> bool {
    let mut rest = password.to_lowercase();
    let mut words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let before = rest.len();
    for word in words {
        rest = rest.replace(&word, "");
    }
    rest.len() < before && !rest.chars().any(char::is_alphabetic)
}

/// Whether the whole password, or its lower case, is among the most used ones, or one key or one
/// short run repeated.
fn is_common(password: &str) -> bool {
    let lower = password.to_lowercase();
    let estimate = zxcvbn::zxcvbn(&lower, &[]);
    let [Match { pattern, .. }] = estimate.sequence() else { return false };
    match pattern {
        MatchPattern::Dictionary(word) => {
            word.dictionary_name == passwords() && word.rank <= Password::COMMON && !word.l33t
        }
        MatchPattern::Repeat(run) => run.base_token.chars().count() <= 2,
        MatchPattern::Sequence(_) => true,
        _ => false,
    }
}

/// The dictionary of passwords: the default of a type that has no public name.
fn passwords<T: Default>() -> T {
    T::default()
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_characters_make_a_password() {
        for text in
            ["correct horse battery", "ünïcødé pass", "        8 spaces", "🦀🦀🦀🦀 crabs", "Tr0ub4dor&3x"]
        {
            assert!(Password::parse(text, &["Ana Novak", "ana@example.com"]).is_ok(), "{text}");
        }
        assert!(Password::parse(&"x9!".repeat(42), &[]).is_ok());
    }

    #[test]
    fn what_everybody_guesses_first_is_refused() {
        for text in [
            "password",
            "Password",
            "12345678",
            "iloveyou",
            "qwertyuiop",
            "aaaaaaaaaa",
            "abcdefgh",
            "baseball",
        ] {
            assert!(Password::parse(text, &[]).is_err(), "{text}");
        }
    }

    #[test]
    fn the_persons_own_name_and_address_are_refused() {
        let about = ["Ana Novak", "ana.novak@example.com"];
        for text in ["AnaNovak", "ananovak1", "Ana.Novak@example.com", "novak2024!", "ana.novak"] {
            assert!(Password::parse(text, &about).is_err(), "{text}");
        }
        assert!(Password::parse("novak likes tea", &about).is_ok());
    }

    #[test]
    fn lengths_are_bounded() {
        assert!(Password::parse("short7!", &[]).is_err());
        assert!(Password::parse(&"ä".repeat(129), &[]).is_err());
        assert!(Password::typed(&"a".repeat(10_000_000)).is_err());
        assert!(Password::typed("x").is_ok());
    }
}
