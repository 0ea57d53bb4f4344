use super::{
    Engine, Reference,
    name::{MAX_NAME, is_dotted},
};
use std::fmt;

/// The most bytes of what stands in a variable, and in a reference: as it is written, and in the canonical form.
const LONGEST: [usize; 2] = [MAX_NAME * 4 * 8, 2048];

/// A text, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    engine: Engine,
    pieces: Vec<Piece>,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text as it is; with Jinja, text that may hold its tags.
    Text(String),
    /// The value of a variable, or of a field of it, its levels divided by dots. None with Jinja, which
    /// finds its own.
    Variable(String),
    /// The text of another prompt.
    Reference(Reference),
}

/// Reads a text. Nothing fails: what is neither a variable nor a reference is text.
#[must_use]
pub fn parse(engine: Engine, text: &str) -> Template {
    let mut template = Template { engine, pieces: Vec::new() };
    let (mut reader, mut start, mut at) = (Reader::new(engine, text), 0, 0);
    while let Some(found) = text.as_bytes()[at..].iter().position(|byte| matches!(byte, b'{' | b'[' | b'\\'))
    {
        at += found;
        match reader.special(at) {
            Special::Escape(taken) => {
                template.push_text(&text[start..at]);
                template.push_text(&text[at + 1..at + taken]);
                (start, at) = (at + taken, at + taken);
            }
            Special::Piece(piece, taken) => {
                template.push_text(&text[start..at]);
                template.pieces.push(piece);
                (start, at) = (at + taken, at + taken);
            }
            Special::Skip(taken) => at += taken,
        }
    }
    template.push_text(&text[start..]);
    template
}

/// What begins at a brace, bracket or backslash, and how many bytes it takes.
pub(super) enum Special {
    Escape(usize),
    Piece(Piece, usize),
    Skip(usize),
}

/// The signs that end something.
const ENDS: [&str; 5] = ["]]", "}}", "%}", "#}", "endraw"];

/// Reads on from a place. It remembers where each end comes next, so that reading takes time linear in
/// the text, whatever stands in it.
pub(super) struct Reader<'t> {
    engine: Engine,
    text: &'t str,
    next: [Option<usize>; ENDS.len()],
}

impl<'t> Reader<'t> {
    pub(super) const fn new(engine: Engine, text: &'t str) -> Self {
        Self { engine, text, next: [None; ENDS.len()] }
    }

    pub(super) fn special(&mut self, at: usize) -> Special {
        let (rest, plain) = (&self.text[at..], self.engine == Engine::Plain);
        if rest.starts_with("\\[[") || (plain && rest.starts_with("\\{{")) {
            return Special::Escape(3);
        }
        if rest.starts_with("[[") {
            let inner = self.inside(at + 2, "]]").filter(|inner| inner.len() <= LONGEST[1]);
            let reference = inner.and_then(|inner| Some((Reference::parse(inner)?, inner.len() + 4)));
            // Quoting its values makes it longer.
            let reference = reference.filter(|(reference, _)| reference.to_string().len() <= LONGEST[1] + 4);
            return reference.map_or(Special::Skip(1), |(reference, taken)| {
                Special::Piece(Piece::Reference(reference), taken)
            });
        }
        if !plain {
            return Special::Skip(self.tag(at).unwrap_or(1));
        }
        if !rest.starts_with("{{") {
            return Special::Skip(1);
        }
        // Its length comes first: trimming may take as long as it is.
        let is_short = |inner: &str| inner.len() <= LONGEST[0] && inner.trim().len() + 2 <= LONGEST[0];
        let name = self.inside(at + 2, "}}").filter(|inner| is_short(inner) && is_dotted(inner.trim()));
        name.map_or(Special::Skip(1), |inner| {
            Special::Piece(Piece::Variable(inner.trim().to_owned()), inner.len() + 4)
        })
    }

    /// How long a tag of Jinja is that begins here, so that no reference is found in it. What is raw is
    /// one up to its end.
    fn tag(&mut self, at: usize) -> Option<usize> {
        let rest = &self.text[at..];
        let ends = [("{{", "}}"), ("{%", "%}"), ("{#", "#}")];
        let (_, end) = ends.into_iter().find(|(begin, _)| rest.starts_with(begin))?;
        let inner = self.inside(at + 2, end)?;
        let taken = inner.len() + 4;
        if end == "%}" && inner.trim_matches(['-', '+', ' ', '\n', '\t']) == "raw" {
            return Some(
                self.inside(at + taken, "endraw").map_or(self.text.len() - at, |raw| taken + raw.len()),
            );
        }
        Some(taken)
    }

    /// What stands between a place and the next `end`.
    fn inside(&mut self, from: usize, end: &str) -> Option<&'t str> {
        let kind = ENDS.iter().position(|one| *one == end)?;
        let known = self.next[kind].filter(|next| *next >= from);
        let next = known.unwrap_or_else(|| self.text[from..].find(end).map_or(usize::MAX, |at| from + at));
        self.next[kind] = Some(next);
        self.text.get(from..next)
    }
}

impl Template {
    /// One of these pieces; texts that follow each other are one.
    #[must_use]
    pub fn of(engine: Engine, pieces: impl IntoIterator<Item = Piece>) -> Self {
        let mut template = Self { engine, pieces: Vec::new() };
        for piece in pieces {
            match piece {
                Piece::Text(text) => template.push_text(&text),
                piece => template.pieces.push(piece),
            }
        }
        template
    }

    fn push_text(&mut self, text: &str) {
        match self.pieces.last_mut() {
            _ if text.is_empty() => {}
            Some(Piece::Text(before)) => before.push_str(text),
            _ => self.pieces.push(Piece::Text(text.to_owned())),
        }
    }

    /// Its parts, in order.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The references in it, in order.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Reference(reference) => Some(reference),
            _ => None,
        })
    }

    /// The variables in it, in order, as they are written: with the fields after the dots. None with
    /// Jinja.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable(name) => Some(name.as_str()),
            _ => None,
        })
    }
}

/// The canonical form: what parses to the same template again.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces.iter().try_for_each(|piece| match piece {
            Piece::Text(text) if self.engine == Engine::Plain => {
                f.write_str(&text.replace("{{", "\\{{").replace("[[", "\\[["))
            }
            Piece::Text(text) => write_jinja(f, text),
            Piece::Variable(name) => write!(f, "{{{{ {name} }}}}"),
            Piece::Reference(reference) => write!(f, "{reference}"),
        })
    }
}

/// Text between the tags of Jinja, in which brackets are escaped; the tags themselves stay as they are.
fn write_jinja(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let (mut reader, mut start, mut at) = (Reader::new(Engine::Jinja, text), 0, 0);
    while let Some(found) = text[at..].find('{') {
        at += found;
        match reader.tag(at) {
            Some(taken) => {
                f.write_str(&text[start..at].replace("[[", "\\[["))?;
                f.write_str(&text[at..at + taken])?;
                at += taken;
                start = at;
            }
            None => at += 1,
        }
    }
    f.write_str(&text[start..].replace("[[", "\\[["))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(engine: Engine, text: &str) -> String {
        let pieces = parse(engine, text).pieces.into_iter().map(|piece| match piece {
            Piece::Text(text) => format!("'{text}'"),
            Piece::Variable(name) => format!("<{name}>"),
            Piece::Reference(reference) => reference.to_string(),
        });
        pieces.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn plain_text_has_variables_and_references() {
        for (text, pieces) in [
            ("", ""),
            ("Hello {{ name }}, {{user.city}}!", "'Hello ' <name> ', ' <user.city> '!'"),
            ("{{{x}}}", "'{' <x> '}'"),
            ("{{ 1 }} {{}} {{ a b }} }} {{", "'{{ 1 }} {{}} {{ a b }} }} {{'"),
            ("\\{{ x }} \\[[ y ]] \\n \\", "'{{ x }} [[ y ]] \\n \\'"),
            ("[[ A/B@3 | k=v ]]{{ x }}", "[[ A/B@3 | k=v ]] <x>"),
            ("[[[a]]] [[1,2],[3]] [[ a", "'[' [[ a ]] '] [[1,2],[3]] [[ a'"),
            ("{{ x\n}}", "<x>"),
            ("{{ {{ x }}", "'{{ ' <x>"),
        ] {
            assert_eq!(shown(Engine::Plain, text), pieces, "{text}");
        }
    }

    #[test]
    fn jinja_keeps_its_tags() {
        for (text, pieces) in [
            ("{{ x }} {% if a[[1]] %}[[ a ]]{% endif %}", "'{{ x }} {% if a[[1]] %}' [[ a ]] '{% endif %}'"),
            ("{% raw %}[[ a ]]{% endraw %}[[ b ]]", "'{% raw %}[[ a ]]{% endraw %}' [[ b ]]"),
            ("{%- raw -%}[[ a ]]", "'{%- raw -%}[[ a ]]'"),
            ("{# [[ a ]] #}\\[[ b ]]", "'{# [[ a ]] #}[[ b ]]'"),
            ("{{ [[ a ]] }", "'{{ ' [[ a ]] ' }'"),
        ] {
            assert_eq!(shown(Engine::Jinja, text), pieces, "{text}");
        }
    }

    #[test]
    fn long_and_hostile_texts_are_read_in_no_time() {
        for part in [
            "{{",
            "[[",
            "{{ a",
            "[[ a |",
            "\\",
            "{%",
            "{#",
            "{{{{ }}",
            "[[a]",
            "{{ x }}",
            "{% raw %}",
            "[[ a | k=\"",
        ] {
            for engine in Engine::ALL {
                let text = part.repeat(200_000 / part.len());
                let canonical = parse(engine, &text).to_string();
                assert_eq!(parse(engine, &canonical).to_string(), canonical, "{part}");
            }
        }
    }

    #[test]
    fn braces_and_overrides_that_lead_nowhere_are_read_in_no_time() {
        let spaces = format!("{}{}}}}}", "{{".repeat(30_000), " ".repeat(60_000));
        assert_eq!(parse(Engine::Plain, &spaces).pieces(), [Piece::Text(spaces.clone())]);
        // Each of them gives values up to the comma that makes it none.
        let names: Vec<_> = (0..190).map(|n| format!("k{n}=")).collect();
        let block = format!("{},{},]]", "[[a|a=".repeat(150), names.join(","));
        assert!(block.len() < LONGEST[1] + 4, "{}", block.len());
        let text = block.repeat(100_000 / block.len());
        assert_eq!(parse(Engine::Plain, &text).references().count(), 0);
    }

    #[test]
    fn what_is_too_long_in_the_canonical_form_is_text() {
        for (begin, part, end) in [("{{", "a.", "a}}"), ("[[a|k=", "\\", "]]"), ("[[a|k=\"", "\\\"", "\"]]")]
        {
            for length in (1..2700 / part.len()).rev() {
                let text = format!("{begin}{}{end}", part.repeat(length));
                let template = parse(Engine::Plain, &text);
                assert_eq!(parse(Engine::Plain, &template.to_string()), template, "{text}");
            }
        }
    }

    proptest! {
        #[test]
        fn the_canonical_form_parses_to_the_same(
            text in "([{}\\[\\]\\\\%#|=@,/\" a1_.ä\n]|\\{\\{ x \\}\\}|\\[\\[ a/b@1 \\| k=\"v\" \\]\\]){0,60}",
            jinja: bool,
        ) {
            let engine = if jinja { Engine::Jinja } else { Engine::Plain };
            let template = parse(engine, &text);
            let canonical = template.to_string();
            prop_assert_eq!(&parse(engine, &canonical), &template, "{}", canonical);
            prop_assert_eq!(parse(engine, &canonical).to_string(), canonical);
        }
    }
}
