/// What a name of a variable must be, for people.
pub const NAME_RULE: &str = "Start with a letter, then use letters, digits and underscores.";

/// The most characters of a name.
pub(super) const MAX_NAME: usize = 80;

/// Whether `text` can be the name of a variable: a letter, then letters, digits and underscores, at most
/// 80 characters.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(is_letter)
        && chars.all(|c| is_letter(c) || c.is_numeric() || c == '_')
        && text.chars().count() <= MAX_NAME
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic() && !c.is_numeric()
}

/// Whether `text` is a name, or names joined by dots.
pub(super) fn is_dotted(text: &str) -> bool {
    text.split('.').all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_letters_then_digits() {
        for good in ["a", "Zürich", "x1_y", "名前", "ж"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "1a", "_a", "a b", "a-b", "a.b", "{", "Ⅷ", "²", "a\u{200b}"] {
            assert!(!is_name(bad), "{bad:?}");
        }
        assert!(is_name(&"ä".repeat(80)) && !is_name(&"ä".repeat(81)));
        assert!(is_dotted("user.city") && !is_dotted("user..city") && !is_dotted(".a") && !is_dotted("a."));
    }
}
