use crate::text::counted;

/// About how many tokens a model counts in a text: a rule of thumb that needs no model's vocabulary.
///
/// Words count a token for every six letters begun, digits one for every three, other scripts one for
/// each character, punctuation one for each.
#[must_use]
pub fn estimate(text: &str) -> usize {
    let (mut tokens, mut run, mut kind) = (0, 0, Kind::Space);
    for c in text.chars() {
        let now = Kind::of(c);
        if now != kind {
            tokens += kind.tokens(run);
            (run, kind) = (0, now);
        }
        run += 1;
    }
    tokens + kind.tokens(run)
}

/// The same in words: "about 12 tokens".
#[must_use]
pub fn about_tokens(text: &str) -> String {
    match estimate(text) {
        0 => "no text yet".to_owned(),
        count => format!("about {}", counted(count, "token")),
    }
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Kind {
    Space,
    Break,
    Letter,
    Digit,
    Other,
}

impl Kind {
    fn of(c: char) -> Self {
        match c {
            '\n' => Self::Break,
            _ if c.is_whitespace() => Self::Space,
            '0'..='9' => Self::Digit,
            _ if c.is_alphabetic() && c < '\u{600}' => Self::Letter,
            _ => Self::Other,
        }
    }

    const fn tokens(self, run: usize) -> usize {
        match self {
            // A space goes with the word after it; many of them are one token.
            Self::Space => run / 2 / 8,
            Self::Break => 1,
            Self::Letter => run.div_ceil(6),
            Self::Digit => run.div_ceil(3),
            Self::Other => run,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::estimate;

    #[test]
    fn texts_are_counted_about_as_models_do() {
        assert_eq!(estimate(""), 0);
        assert_eq!(estimate("Hello, world!"), 4);
        assert_eq!(estimate("You are a helpful assistant."), 8);
        assert_eq!(estimate("1234567"), 3);
        assert_eq!(estimate("東京タワー"), 5);
        assert!(estimate(&" ".repeat(1000)) < 100);
    }
}
