//! Single characters: what may stand in a line of text, and in a path.

/// Whether a character is no visible part of a name: controls, line and paragraph separators,
/// marks that reverse the text around them, and characters of no width.
pub(super) fn is_disruptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// Whether a character may stand in a path: what gives references and selectors their shape may not.
#[must_use]
pub fn is_path_char(c: char) -> bool {
    !is_disruptive(c) && !matches!(c, '[' | ']' | '{' | '}' | '|' | '@' | '<' | '>' | '\\')
}
