//! The line of a text in which search found something, what was found marked.

use crate::prompts::index::{fold, is_undivided};
use std::collections::BTreeSet;
use unicode_normalization::char::is_combining_mark;

/// The most signs of a line that are shown.
const LONGEST: usize = 200;
/// How many signs are shown before the first that was found: on a phone both are in one line.
const BEFORE: usize = 28;

/// A text in pieces, each with whether it was looked for.
pub(super) type Marked = Vec<(bool, String)>;

/// Of the lines that hold something of what was looked for the first that holds most of it. `words` are folded.
pub(super) fn excerpt<'t>(texts: impl Iterator<Item = &'t str>, words: &[String]) -> Option<Marked> {
    let mut best: Option<(usize, Vec<(bool, &str)>)> = None;
    for line in texts.flat_map(str::lines) {
        let (count, pieces) = marked(line.trim(), words);
        if count > best.as_ref().map_or(0, |(count, _)| *count) {
            best = Some((count, pieces));
        }
        if best.as_ref().is_some_and(|(count, _)| *count == words.len()) {
            break;
        }
    }
    best.map(|(_, pieces)| shortened(&pieces))
}

/// How many of the words a line holds, and the line with them marked: those of its words that begin as one of them.
fn marked<'t>(line: &'t str, words: &[String]) -> (usize, Vec<(bool, &'t str)>) {
    let (mut found, mut pieces) = (BTreeSet::new(), Vec::<(bool, &str)>::new());
    for piece in pieces_of(line) {
        let folded = fold(piece);
        let fits = |word: &&String| !folded.is_empty() && folded.starts_with(word.as_str());
        let fitting: Vec<&String> = words.iter().filter(fits).collect();
        pieces.push((!fitting.is_empty(), piece));
        found.extend(fitting);
    }
    (found.len(), pieces)
}

/// A line in words and what is between them. Scripts that do not divide words are taken sign by sign.
fn pieces_of(line: &str) -> Vec<&str> {
    let (mut pieces, mut start, mut before) = (Vec::new(), 0, None);
    for (at, sign) in line.char_indices() {
        let is_word = sign.is_alphanumeric() || is_combining_mark(sign);
        if before.is_some_and(|before| before != is_word) || (is_undivided(sign) && at > start) {
            pieces.push(&line[start..at]);
            start = at;
        }
        before = Some(is_word);
        if is_undivided(sign) {
            pieces.push(&line[start..at + sign.len_utf8()]);
            (start, before) = (at + sign.len_utf8(), None);
        }
    }
    if start < line.len() {
        pieces.push(&line[start..]);
    }
    pieces
}

/// Neighbours of a kind as one piece, and of the line the part around the first that was found.
fn shortened(pieces: &[(bool, &str)]) -> Marked {
    let first: usize =
        pieces.iter().take_while(|(is_found, _)| !is_found).map(|(_, text)| text.chars().count()).sum();
    let total: usize = pieces.iter().map(|(_, text)| text.chars().count()).sum();
    let skip = first.saturating_sub(BEFORE);
    let (mut at, mut shown) = (0, Marked::new());
    for (is_found, text) in pieces {
        for sign in text.chars() {
            if (skip..skip + LONGEST).contains(&at) {
                match shown.last_mut() {
                    Some((same, text)) if same == is_found => text.push(sign),
                    _ => shown.push((*is_found, sign.to_string())),
                }
            }
            at += 1;
        }
    }
    if skip > 0 {
        shown.insert(0, (false, "…".to_owned()));
    }
    if skip + LONGEST < total {
        shown.push((false, "…".to_owned()));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, typed: &str) -> Option<String> {
        let words: Vec<String> = crate::prompts::index::words(typed).collect();
        let piece = |(is_found, text): (bool, String)| if is_found { format!("[{text}]") } else { text };
        Some(excerpt(std::iter::once(text), &words)?.into_iter().map(piece).collect())
    }

    #[test]
    fn the_line_that_holds_most_is_shown() {
        let text = "Sort tickets.\n  Sort for the Größe team.\nBilling, billing-team: été 2026";
        for (typed, line) in [
            ("sort", "[Sort] tickets."),
            ("sort gröss", "[Sort] tickets."),
            ("größ sort", "[Sort] for the [Größe] team."),
            ("bill ETE", "[Billing], [billing]-team: [été] 2026"),
            ("20", "Billing, billing-team: été [2026]"),
        ] {
            assert_eq!(shown(text, typed).as_deref(), Some(line), "{typed}");
        }
        assert_eq!(shown(text, "nothing"), None);
        assert_eq!(shown("東京タワーは高い", "京高").as_deref(), Some("東[京]タワーは[高]い"));
        assert_eq!(shown("e\u{301}te\u{301} x", "ete").as_deref(), Some("[e\u{301}te\u{301}] x"));
    }

    #[test]
    fn a_long_line_is_cut_around_what_was_found() {
        let line = format!("{}needle{}", "hay ".repeat(100), " hay".repeat(100));
        let said = shown(&line, "need").unwrap_or_default();
        assert!(said.starts_with("…") && said.ends_with("…") && said.contains("[needle]"), "{said}");
        assert_eq!(said.chars().count(), LONGEST + 4);
        let before = "hay ".repeat(10);
        let said = shown(&format!("{before}needle"), "need");
        assert_eq!(said.as_deref(), Some(format!("…{}[needle]", &before[40 - BEFORE..]).as_str()));
    }
}
