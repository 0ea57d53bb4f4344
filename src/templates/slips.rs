//! What looks like a variable, a reference or a tag in a text and is none, told with its line.

use super::{
    Engine,
    malformed::Malformed,
    spans::{SpanKind, spans},
};

/// A slip in a text: the line it is in, from 1, how it is written, and why it is none of what it looks like.
pub type Slip<'t> = (usize, &'t str, Malformed);

/// What looks like a variable, a reference or a tag in a text and is none, in order.
pub fn slips(engine: Engine, text: &str) -> Vec<Slip<'_>> {
    let (mut line, mut seen, mut slips) = (1, 0, Vec::new());
    for span in spans(engine, text) {
        if let SpanKind::Malformed(why) = span.kind {
            line += text[seen..span.range.start].bytes().filter(|byte| *byte == b'\n').count();
            seen = span.range.start;
            slips.push((line, &text[span.range], why));
        }
    }
    slips
}

/// The first of them, a sentence each, and how many more there are.
#[must_use]
pub fn slips_in_words(engine: Engine, text: &str) -> Vec<String> {
    /// How many are told.
    const TOLD: usize = 5;
    /// The most signs of what is quoted.
    const QUOTED: usize = 40;
    let all = slips(engine, text);
    let sentence = |(line, written, why): &Slip<'_>| {
        let cut = if written.chars().nth(QUOTED).is_some() { "…" } else { "" };
        let written: String = written.chars().take(QUOTED).collect();
        format!("Line {line}: {written}{cut} {}.", why.says())
    };
    let mut told: Vec<String> = all.iter().take(TOLD).map(sentence).collect();
    if let more @ 1.. = all.len().saturating_sub(TOLD) {
        told.push(format!("And {more} more."));
    }
    told
}

/// The line that a sentence about a text begins with, as `Line 3: …`, and what it says of it.
#[must_use]
pub fn line_told(says: &str) -> Option<(usize, &str)> {
    let (line, rest) = says.strip_prefix("Line ")?.split_once(": ")?;
    Some((line.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_nothing_else() {
        use Malformed::{Empty, Name, Open, Reference};
        for (text, expected) in [
            ("{{ a }} \\{{ x }} {{{x}}} {a} }} [[ T ]] \\[[ x ]]", &[][..]),
            (
                "{{ bad name }}\n{{ }}\n{{}}",
                &[(1, "{{ bad name }}", Name), (2, "{{ }}", Empty), (3, "{{}}", Empty)],
            ),
            ("a\n\n{{ open and\n{{ b }}", &[(3, "{{ open", Open)]),
            ("{{", &[(1, "{{", Open)]),
            ("{{ a {{ b }}", &[(1, "{{ a", Open)]),
            ("{{ [[ T ]] }}", &[(1, "{{", Name)]),
            ("[[1,2],[3]] [[\"a\"]] [[ 1 ]] [ [a] ]", &[]),
            ("[[ Tone | x ]] [[ Tone", &[(1, "[[ Tone | x ]]", Reference), (1, "[[ Tone", Open)]),
            ("a\n[[Support/Tone and\n[[ T ]]", &[(2, "[[Support/Tone", Open)]),
            ("[[ Support/Tone] be", &[(1, "[[ Support/Tone", Open)]),
            ("[[a, b],\n[c, d]]", &[]),
            ("{\"a\":{\"b\":{}}}", &[]),
            ("{{ ä ö }}", &[(1, "{{ ä ö }}", Name)]),
        ] {
            assert_eq!(slips(Engine::Plain, text), expected, "{text}");
        }
        for (text, expected) in [
            ("{{ a | b }}{% if x %}{# y #}{% raw %}{{ z{% endraw %}", &[][..]),
            ("{{ a\n{% if", &[(1, "{{", Open), (2, "{%", Open)]),
        ] {
            assert_eq!(slips(Engine::Jinja, text), expected, "{text}");
        }
    }

    #[test]
    fn slips_are_told_in_a_few_sentences() {
        let told = slips_in_words(
            Engine::Plain,
            &format!("x\n{{{{ {} }}}}\n{}", "a b ".repeat(20), "{{ }} ".repeat(6)),
        );
        assert_eq!(told.len(), 6);
        assert!(
            told[0].starts_with("Line 2: {{ a b ") && told[0].contains("… isn't a variable"),
            "{}",
            told[0]
        );
        assert_eq!((told[1].as_str(), told[5].as_str()), ("Line 3: {{ }} has no name in it.", "And 2 more."));
        assert_eq!(slips_in_words(Engine::Plain, "{{ a }}"), [""; 0]);
        assert_eq!(line_told(&told[1]), Some((3, "{{ }} has no name in it.")));
        assert_eq!(line_told(&told[5]), None);
    }

    #[test]
    fn long_texts_are_looked_through_in_no_time() {
        for part in ["{{", "[[ a", "{{ a", "{{ }}", "[[ [", "{{ a\\", "{%", "{{ä", "[[ a | "] {
            for engine in Engine::ALL {
                let text = part.repeat(200_000 / part.len());
                assert!(slips(engine, &text).len() <= text.len());
            }
        }
    }
}
