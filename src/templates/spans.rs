//! Where in a text something stands that is not text: for editors, which show it.

use super::{
    Engine,
    parse::{Piece, Reader, Special},
};
use std::ops::Range;

/// A part of a text that is more than text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Where, in bytes.
    pub range: Range<usize>,
    /// What it is.
    pub kind: SpanKind,
}

/// What a part of a text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpanKind {
    /// A variable, with its name up to the first dot.
    Variable(String),
    /// A reference, with where it leads as written, without overrides.
    Reference(String),
    /// A tag of Jinja.
    Tag,
}

/// The parts of a text that are more than text, in order.
#[must_use]
pub fn spans(engine: Engine, text: &str) -> Vec<Span> {
    let (mut reader, mut at, mut spans) = (Reader::new(engine, text), 0, Vec::new());
    while let Some(found) = text.as_bytes()[at..].iter().position(|byte| matches!(byte, b'{' | b'[' | b'\\'))
    {
        at += found;
        let (taken, kind) = match reader.special(at) {
            Special::Skip(taken) if taken > 1 => (taken, Some(SpanKind::Tag)),
            Special::Piece(Piece::Variable(name), taken) => {
                let root = name.split('.').next().unwrap_or_default().to_owned();
                (taken, Some(SpanKind::Variable(root)))
            }
            Special::Piece(Piece::Reference(reference), taken) => {
                (taken, Some(SpanKind::Reference(reference.target())))
            }
            Special::Escape(taken) | Special::Skip(taken) | Special::Piece(Piece::Text(_), taken) => {
                (taken, None)
            }
        };
        spans.extend(kind.map(|kind| Span { range: at..at + taken, kind }));
        at += taken;
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::templates::parse;
    use proptest::prelude::*;

    fn shown(engine: Engine, text: &str) -> Vec<(String, SpanKind)> {
        spans(engine, text).into_iter().map(|span| (text[span.range].to_owned(), span.kind)).collect()
    }

    #[test]
    fn spans_are_what_is_written() {
        let (variable, reference) =
            (|name: &str| SpanKind::Variable(name.into()), |to: &str| SpanKind::Reference(to.into()));
        assert_eq!(
            shown(Engine::Plain, "a {{ b.c }} \\{{ x }} [[ D/E@2 | k=v ]] {{ 1 }}"),
            [("{{ b.c }}".to_owned(), variable("b")), ("[[ D/E@2 | k=v ]]".to_owned(), reference("D/E@2")),]
        );
        assert_eq!(
            shown(Engine::Jinja, "{% if a %}[[ b ]]{{ c }}{# d #}"),
            [
                ("{% if a %}".to_owned(), SpanKind::Tag),
                ("[[ b ]]".to_owned(), reference("b")),
                ("{{ c }}".to_owned(), SpanKind::Tag),
                ("{# d #}".to_owned(), SpanKind::Tag),
            ]
        );
    }

    proptest! {
        #[test]
        fn spans_are_the_pieces(text in "([{}\\[\\]\\\\%#, a1.ä\n]|\\{\\{ x \\}\\}|\\[\\[ a/b \\]\\]){0,40}") {
            let spans = spans(Engine::Plain, &text);
            let pieces = parse(Engine::Plain, &text);
            let pieces = pieces.pieces().iter().filter(|piece| !matches!(piece, crate::templates::Piece::Text(_))).count();
            prop_assert_eq!(spans.len(), pieces);
            for pair in spans.windows(2) {
                prop_assert!(pair[0].range.end <= pair[1].range.start);
            }
        }
    }
}
