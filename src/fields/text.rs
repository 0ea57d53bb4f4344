use crate::text::is_disruptive;

/// A text of some lines, at most `max` characters: trimmed, its line ends made one kind; without
/// characters that cannot be seen.
///
/// # Errors
/// A sentence for the field.
pub fn text(typed: &str, max: usize) -> Result<String, String> {
    let lines = typed.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<_> = lines.trim().lines().map(str::trim_end).collect();
    let text = lines.join("\n");
    if text.chars().count() > max {
        return Err(format!("Use at most {max} characters."));
    }
    if text.chars().any(|c| c != '\n' && is_disruptive(c)) {
        return Err("Use letters, digits and punctuation only.".to_owned());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn lines_are_kept_and_what_cannot_be_seen_is_refused() {
        assert_eq!(
            text(" 1 Main St \r\n\tTown\r", 100).err(),
            Some("Use letters, digits and punctuation only.".to_owned())
        );
        assert_eq!(text(" 1 Main St \r\nTown\r", 100).unwrap(), "1 Main St\nTown");
        assert_eq!(text(&"ä".repeat(10), 10).unwrap().chars().count(), 10);
        assert!(
            text(&"ä".repeat(11), 10).is_err() && text("a\u{202e}b", 10).is_err() && text("\0", 10).is_err()
        );
    }
}
