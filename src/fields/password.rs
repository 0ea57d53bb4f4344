use super::Email;
use std::{collections::HashSet, fmt, sync::LazyLock};
use unicode_normalization::UnicodeNormalization;

/// The commonest passwords and the words that others are made of, as [`plain`] has them.
static COMMON: LazyLock<HashSet<String>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().map(plain).collect());

const PRODUCT: &str = "Prompt Studio";

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
        let words = about.iter().flat_map(|text| words(text)).collect();
        if is_made_of(&password.0, words) {
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

    /// Whether it is little more than a name, such as that of the organization somebody joins.
    #[must_use]
    pub fn is_about(&self, name: &str) -> bool {
        is_made_of(&self.0, words(name))
    }

    /// The bytes to hash.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// The words of a text that a password may be made of, and the text itself: only its beginning, since nobody knows
/// how long a text is typed.
fn words(text: &str) -> Vec<String> {
    let text: String = text.chars().take(Email::MAX).flat_map(char::to_lowercase).collect();
    let words = text.split([' ', '@', '.', '+', '-', '_']).take(20).chain([text.as_str()]);
    words.filter(|word| word.chars().count() > 2).map(ToOwned::to_owned).collect()
}

/// Whether most letters of the password are of these words.
fn is_made_of(password: &str, mut words: Vec<String>) -> bool {
    let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).count();
    let mut rest = password.to_lowercase();
    let all = letters(&rest);
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    for word in words {
        rest = rest.replace(&word, " ");
    }
    letters(&rest) * 2 < all
}

/// Whether the password is one that many use, with or without digits and signs around it, or is made of the
/// product's name, of one or two characters, or of a run of them.
fn is_common(password: &str) -> bool {
    let lower = password.to_lowercase();
    let core = lower.trim_matches(|c: char| !c.is_alphabetic());
    let is_most = core.chars().count() * 2 >= lower.chars().count();
    let is_known = |text: &str| is_monotonous(text) || COMMON.contains(&plain(text));
    is_known(&lower) || is_most && is_known(core) || is_made_of(password, words(PRODUCT))
}

/// What people write with other signs, in the same letters: `P4$$-w0rd` and `password`. It takes `l` for `i`, since
/// `1` is either.
fn plain(text: &str) -> String {
    let letters = text.chars().map(|c| match c {
        '0' => 'o',
        '1' | 'l' | '!' | '|' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        c => c,
    });
    letters.filter(|c| c.is_alphanumeric()).collect()
}

/// Whether it is made of one or two characters, or goes on in even steps, as `abcdefgh` and `98765432` do.
fn is_monotonous(text: &str) -> bool {
    let signs: Vec<i64> = text.chars().map(|c| i64::from(u32::from(c))).collect();
    let mut steps = signs.windows(2).map(|pair| pair[1] - pair[0]);
    let first = steps.next().unwrap_or_default();
    let is_run = first.abs() <= 5 && steps.all(|step| step == first);
    is_run || signs.iter().collect::<HashSet<_>>().len() <= 2
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
            "P4$$w0rd",
            "password1",
            "Dragon2024!",
            "I love you 123",
            "1qaz2wsx",
            "aaaaaaaaab",
            "87654321",
            "hijklmno99",
            "PromptStudio!",
            "summer2025",
            "\u{445}\u{445}\u{445}\u{445}\u{445}\u{445}\u{445}\u{445}",
        ] {
            assert!(Password::parse(text, &[]).is_err(), "{text}");
        }
    }

    #[test]
    fn the_persons_own_name_and_address_are_refused() {
        let about = ["Ana Novak", "ana.novak@example.com"];
        for text in
            ["AnaNovak", "ananovak1", "Ana.Novak@example.com", "novak2024!", "ana.novak", "novak-xy-example"]
        {
            assert!(Password::parse(text, &about).is_err(), "{text}");
        }
        assert!(Password::parse("novak likes tea", &about).is_ok());
        let acme = |text| Password::typed(text).unwrap().is_about("Acme Works");
        assert!(acme("AcmeWorks1") && acme("acme-2026") && !acme("acme has seven doors"));
    }

    #[test]
    fn a_common_word_among_others_is_no_reason() {
        for text in ["seven dragons at noon", "x 73920184", "password of the heron", "studio of seven lamps"]
        {
            assert!(Password::parse(text, &[]).is_ok(), "{text}");
        }
    }

    #[test]
    fn the_list_is_sorted_and_in_lower_case() {
        let list: Vec<_> = include_str!("common_passwords.txt").lines().collect();
        assert!(list.is_sorted() && list.len() > 1000);
        assert!(list.iter().all(|word| word.len() >= 4 && word.bytes().all(|c| !c.is_ascii_uppercase())));
    }

    #[test]
    fn what_can_be_read_in_many_ways_is_judged_without_searching_them() {
        let about = ["ab ".repeat(100_000), "a.".repeat(100_000)];
        for text in ["p4$$w0rd".repeat(16), "4@4@a1!i|l".repeat(12), "qwertyuiop123".repeat(9)] {
            for _ in 0..100 {
                assert!(Password::parse(&text, &[&about[0], &about[1]]).is_ok());
            }
        }
    }
}
