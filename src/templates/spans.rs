//! Where in a text something stands that is not text: for editors, which show it.

use super::{
    Engine,
    jinja::{self, Blocks, is_variable},
    malformed::{Malformed, malformed},
    parse::{Piece, Reader, Special},
};
use std::{collections::BTreeSet, ops::Range};

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
    /// A tag of Jinja, or the rest of one around its variables.
    Tag,
    /// A tag of Jinja that is not known, or that closes or continues what is not open.
    WrongTag,
    /// What looks like one of these and is text.
    Malformed(Malformed),
}

/// The parts of a text that are more than text, in order. Which words in the tags of Jinja are variables is told as
/// far as that is seen without running them.
#[must_use]
pub fn spans(engine: Engine, text: &str) -> Vec<Span> {
    let bound = if engine == Engine::Jinja { jinja::bound(&tags(text)) } else { BTreeSet::new() };
    let (mut spans, mut blocks) = (Vec::new(), Blocks::default());
    walk(engine, text, |at, taken, found| match found {
        Found::Tag if !blocks.pass(&text[at..at + taken]) => {
            spans.push(Span { range: at..at + taken, kind: SpanKind::WrongTag });
        }
        Found::Tag => tag(&text[at..at + taken], at, &bound, &mut spans),
        Found::Other(kind) => spans.push(Span { range: at..at + taken, kind }),
    });
    spans
}

/// The variables in a text, as an editor offers them: those it is given, and those that it binds itself.
#[must_use]
pub fn names(engine: Engine, text: &str) -> BTreeSet<String> {
    let given = spans(engine, text).into_iter().filter_map(|span| match span.kind {
        SpanKind::Variable(name) => Some(name),
        _ => None,
    });
    let mut names: BTreeSet<String> = given.collect();
    if engine == Engine::Jinja {
        names.extend(jinja::bound(&tags(text)).into_iter().map(ToOwned::to_owned));
    }
    names
}

enum Found {
    Tag,
    Other(SpanKind),
}

/// Calls `f` with each part that is more than text: where it begins, how long it is, what it is.
fn walk(engine: Engine, text: &str, mut f: impl FnMut(usize, usize, Found)) {
    let (mut reader, mut at) = (Reader::new(engine, text), 0);
    while let Some(found) = text.as_bytes()[at..].iter().position(|byte| matches!(byte, b'{' | b'[' | b'\\'))
    {
        at += found;
        let (taken, kind) = match reader.special(at) {
            Special::Skip(taken) if taken > 1 => (taken, Some(Found::Tag)),
            Special::Piece(Piece::Variable(name), taken) => {
                let root = name.split('.').next().unwrap_or_default().to_owned();
                (taken, Some(Found::Other(SpanKind::Variable(root))))
            }
            Special::Piece(Piece::Reference(reference), taken) => {
                (taken, Some(Found::Other(SpanKind::Reference(reference.target()))))
            }
            Special::Skip(_) => match malformed(engine, &text[at..]) {
                Some((taken, why)) => (taken, Some(Found::Other(SpanKind::Malformed(why)))),
                None => (1, None),
            },
            Special::Escape(taken) | Special::Piece(Piece::Text(_), taken) => (taken, None),
        };
        if let Some(kind) = kind {
            f(at, taken, kind);
        }
        at += taken;
    }
}

/// The tags of Jinja in a text.
fn tags(text: &str) -> Vec<&str> {
    let mut tags = Vec::new();
    walk(Engine::Jinja, text, |at, taken, found| {
        if let Found::Tag = found {
            tags.push(&text[at..at + taken]);
        }
    });
    tags
}

/// A tag of Jinja: a variable and nothing else, or the variables in it and what is around them.
fn tag(tag: &str, at: usize, bound: &BTreeSet<&str>, spans: &mut Vec<Span>) {
    let mut push = |range: Range<usize>, kind: SpanKind| {
        if !range.is_empty() {
            spans.push(Span { range: at + range.start..at + range.end, kind });
        }
    };
    let variables = jinja::variables(tag).into_iter().filter(|(_, name)| !bound.contains(name));
    let variables: Vec<_> = variables.collect();
    if let [(_, name)] = variables[..]
        && is_variable(tag)
    {
        return push(0..tag.len(), SpanKind::Variable(name.to_owned()));
    }
    let mut end = 0;
    for (range, name) in variables {
        push(end..range.start, SpanKind::Tag);
        end = range.end;
        push(range, SpanKind::Variable(name.to_owned()));
    }
    push(end..tag.len(), SpanKind::Tag);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::templates::parse;
    use proptest::prelude::*;

    fn shown(engine: Engine, text: &str) -> Vec<(String, SpanKind)> {
        spans(engine, text).into_iter().map(|span| (text[span.range].to_owned(), span.kind)).collect()
    }

    fn variable(name: &str) -> SpanKind {
        SpanKind::Variable(name.into())
    }

    #[test]
    fn spans_are_what_is_written() {
        let reference = |to: &str| SpanKind::Reference(to.into());
        assert_eq!(
            shown(Engine::Plain, "a {{ b.c }} \\{{ x }} [[ D/E@2 | k=v ]] {{ 1 }}"),
            [
                ("{{ b.c }}".to_owned(), variable("b")),
                ("[[ D/E@2 | k=v ]]".to_owned(), reference("D/E@2")),
                ("{{ 1 }}".to_owned(), SpanKind::Malformed(Malformed::Name)),
            ]
        );
        assert_eq!(
            shown(Engine::Jinja, "{% if a %}[[ b ]]{{ c }}{# d #}"),
            [
                ("{% if ".to_owned(), SpanKind::Tag),
                ("a".to_owned(), variable("a")),
                (" %}".to_owned(), SpanKind::Tag),
                ("[[ b ]]".to_owned(), reference("b")),
                ("{{ c }}".to_owned(), variable("c")),
                ("{# d #}".to_owned(), SpanKind::Tag),
            ]
        );
    }

    #[test]
    fn what_jinja_binds_itself_is_no_variable() {
        let text = "{% for item in items if item.on %}{{ item.name | default(other, true) }}{{ loop.index }}{% endfor %}
            {%- set k = 'x' ~ n -%}{{ k }}{{- user.name -}}{% raw %}{{ no }}{% endraw %}";
        let found: Vec<_> =
            shown(Engine::Jinja, text).into_iter().filter(|(_, kind)| *kind != SpanKind::Tag).collect();
        let expected = [("items", "items"), ("other", "other"), ("n", "n"), ("{{- user.name -}}", "user")];
        assert_eq!(found, expected.map(|(text, name)| (text.to_owned(), variable(name))));
        let names: Vec<_> = names(Engine::Jinja, text).into_iter().collect();
        assert_eq!(names, ["item", "items", "k", "n", "other", "user"]);
    }

    #[test]
    fn a_wrong_tag_is_one_as_a_whole() {
        let text = "{% if a %}x{% endfi %}{% endif %}";
        let wrong: Vec<_> =
            shown(Engine::Jinja, text).into_iter().filter(|(_, kind)| *kind == SpanKind::WrongTag).collect();
        assert_eq!(wrong, [("{% endfi %}".to_owned(), SpanKind::WrongTag)]);
        assert!(spans(Engine::Plain, text).is_empty());
    }

    proptest! {
        #[test]
        fn spans_are_the_pieces(text in "([{}\\[\\]\\\\%#, a1.ä\n]|\\{\\{ x \\}\\}|\\[\\[ a/b \\]\\]){0,40}") {
            let all = spans(Engine::Plain, &text);
            let pieces = parse(Engine::Plain, &text);
            let pieces = pieces.pieces().iter().filter(|piece| !matches!(piece, crate::templates::Piece::Text(_))).count();
            // What is marked as wrong hides nothing that is right.
            prop_assert_eq!(all.iter().filter(|span| !matches!(span.kind, SpanKind::Malformed(_))).count(), pieces);
            for engine in Engine::ALL {
                let all = spans(engine, &text);
                prop_assert!(all.iter().all(|span| text.get(span.range.clone()).is_some_and(|part| !part.is_empty())));
                for pair in all.windows(2) {
                    prop_assert!(pair[0].range.end <= pair[1].range.start);
                }
            }
        }
    }
}
