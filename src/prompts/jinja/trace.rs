//! Which line of a template runs: a call before each tag notes it, so that a template that takes too long can
//! be told where.

use crate::kernel::sandbox::{self, Place};
use minijinja::{
    machinery::{Token, WhitespaceConfig, tokenize},
    syntax::SyntaxConfig,
};
use std::{borrow::Cow, cell::Cell};

/// What is called before each tag. No variable of people's begins with an underscore.
pub(super) const FUNCTION: &str = "_at";

thread_local! {
    /// The text that is rendered, among those that a prompt is made of.
    static PART: Cell<u32> = const { Cell::new(0) };
}

/// Says which text is rendered next.
pub(in crate::prompts) fn begin(part: usize) {
    PART.set(u32::try_from(part).unwrap_or(u32::MAX));
}

pub(super) fn at_line(line: u32) -> bool {
    sandbox::at(Place { part: PART.get(), line });
    false
}

/// A template that tells at which line it is, and is the same otherwise: no line is added, and white space
/// around tags is trimmed as before.
pub(super) fn traced(source: &str) -> Cow<'_, str> {
    let (mut output, mut copied, mut last) = (String::new(), 0, 0);
    for token in tokenize(source, false, SyntaxConfig, WhitespaceConfig::default()) {
        // What cannot be read is told when it is compiled.
        let Ok((token, span)) = token else { return source.into() };
        if !matches!(token, Token::BlockStart | Token::VariableStart) || span.start_line == last {
            continue;
        }
        let at = span.start_offset as usize;
        let (Some(before), Some(tag)) = (source.get(copied..at), source.get(at + 2..)) else {
            return source.into();
        };
        let mark = match tag.as_bytes().first() {
            Some(b'-') => "-",
            Some(b'+') => "+",
            _ => "",
        };
        let line = span.start_line;
        let inner = if mark == "-" { "-" } else { "" };
        output.extend([
            before,
            &format!("{{%{mark} if {FUNCTION}({line}) {inner}%}}{{%{inner} endif {inner}%}}"),
        ]);
        (copied, last) = (at, line);
    }
    output.push_str(&source[copied..]);
    output.into()
}

#[cfg(test)]
mod tests {
    use super::traced;

    #[test]
    fn the_first_tag_of_a_line_is_noted_before_it() {
        assert_eq!(traced("no tag"), "no tag");
        assert_eq!(
            traced("a {{ x }}{{ y }}\nb\n {%- if x %}é{% endif %}"),
            "a {% if _at(1) %}{% endif %}{{ x }}{{ y }}\nb\n {%- if _at(3) -%}{%- endif -%}{%- if x %}é{% endif %}"
        );
        assert_eq!(traced("{% raw %}{{ x }}{% endraw %}"), "{% raw %}{{ x }}{% endraw %}");
    }
}
