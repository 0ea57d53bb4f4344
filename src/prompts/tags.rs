use std::fmt;

/// The tags of a prompt: at most 20, each at most 40 characters; sorted, none twice.
#[derive(Debug, Clone, PartialEq, Eq, Default, sqlx::Type)]
#[sqlx(transparent)]
pub struct Tags(String);

impl Tags {
    /// Tags divided by commas or lines. They are counted as they are written, before anything is made of them: a form
    /// may have a great many.
    ///
    /// # Errors
    /// A sentence for the field.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if divided(text).nth(20).is_some() {
            return Err("Use at most 20 tags.");
        }
        let text = crate::fields::without_idle(text);
        let mut tags: Vec<&str> = divided(&text).collect();
        if tags.iter().any(|tag| tag.chars().nth(40).is_some()) {
            return Err("Use at most 40 characters per tag.");
        }
        tags.sort_unstable_by_key(|tag| tag.to_lowercase());
        tags.dedup_by_key(|tag| tag.to_lowercase());
        if let Some(flaw) = tags.iter().find_map(|tag| crate::fields::hidden_flaw(tag)) {
            return Err(flaw);
        }
        if tags.iter().any(|tag| !tag.chars().all(crate::text::is_path_char)) {
            return Err("Tags can't contain brackets, braces, @, |, < or >.");
        }
        Ok(Self(tags.join("\n")))
    }

    /// Whether a tag is among them.
    #[must_use]
    pub fn has(&self, tag: &str) -> bool {
        self.iter().any(|one| one == tag)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.lines()
    }
}

/// The tags in a text, as they are written.
fn divided(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', '\n']).map(str::trim).filter(|tag| !tag.is_empty())
}

/// As they are typed: divided by commas.
impl fmt::Display for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.replace('\n', ", "))
    }
}

#[cfg(test)]
mod tests {
    use super::Tags;

    #[test]
    fn tags_are_sorted_and_unique() {
        assert_eq!(Tags::parse(" b, A,a ,\nc,,").unwrap().to_string(), "A, b, c");
        assert_eq!(Tags::parse("").unwrap().iter().count(), 0);
        let many: Vec<_> = (0..21).map(|n| n.to_string()).collect();
        assert!(Tags::parse(&many.join(",")).is_err() && Tags::parse(&"x".repeat(41)).is_err());
        // However many are the same, they are counted first.
        for too_many in ["a,".repeat(21), format!("{},{}", "a,".repeat(20), "x".repeat(41))] {
            assert_eq!(Tags::parse(&too_many), Err("Use at most 20 tags."));
        }
        assert_eq!(Tags::parse(&"a,,\n".repeat(20)).unwrap().to_string(), "a");
        assert_eq!(Tags::parse("ابزار\u{200c}ها,😀\u{fe0f}").unwrap().to_string(), "ابزارها, 😀");
        assert_eq!(Tags::parse("<b>"), Err("Tags can't contain brackets, braces, @, |, < or >."));
        assert_eq!(Tags::parse("a\u{202e}b"), Err("Remove the invisible characters."));
    }
}
