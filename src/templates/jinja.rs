//! The words in tags of Jinja, as far as they are understood without running anything: which are variables, and which
//! names the template makes itself. For editors alone; what a template needs in truth is found by reading it.

use super::name::is_dotted;
use std::{collections::BTreeSet, ops::Range};

/// Words that are no variables wherever they stand.
const WORDS: &[&str] = &[
    "and",
    "if",
    "elif",
    "else",
    "endif",
    "for",
    "in",
    "endfor",
    "is",
    "not",
    "or",
    "set",
    "endset",
    "with",
    "endwith",
    "raw",
    "endraw",
    "true",
    "false",
    "none",
    "True",
    "False",
    "None",
    "loop",
    "recursive",
];

/// A word in a tag: where it is, and what stands right before and after it.
struct Word<'t> {
    range: Range<usize>,
    text: &'t str,
    before: Before<'t>,
    after: &'t str,
}

/// What stands before a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before<'t> {
    Sign(char),
    Word(&'t str),
}

/// The words in a tag, without what is quoted.
fn words(tag: &str) -> Vec<Word<'_>> {
    let (mut words, mut at, mut before) = (Vec::new(), 2.min(tag.len()), Before::Sign(' '));
    while let Some(sign) = tag[at..].chars().next() {
        let rest = &tag[at..];
        if sign == '"' || sign == '\'' {
            at += quoted(rest, sign);
            before = Before::Sign(sign);
        } else if sign.is_alphanumeric() || sign == '_' {
            let end = rest.find(|sign: char| !sign.is_alphanumeric() && sign != '_').unwrap_or(rest.len());
            let (text, after) = (&rest[..end], rest[end..].trim_start());
            if !sign.is_numeric() {
                words.push(Word { range: at..at + end, text, before, after });
            }
            before = Before::Word(text);
            at += end;
        } else {
            if !sign.is_whitespace() {
                before = Before::Sign(sign);
            }
            at += sign.len_utf8();
        }
    }
    words
}

/// How long a quoted text is.
fn quoted(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, sign) in text.char_indices().skip(1) {
        if sign == quote && !is_escaped {
            return at + 1;
        }
        is_escaped = sign == '\\' && !is_escaped;
    }
    text.len()
}

/// Whether a tag makes something of variables: neither a comment nor raw text.
fn is_code(tag: &str) -> bool {
    let first = words(tag).first().map(|word| word.text);
    !tag.starts_with("{#") && first != Some("raw")
}

/// Whether a tag is a variable and nothing else, maybe with a field of it.
pub(super) fn is_variable(tag: &str) -> bool {
    let inner = tag.strip_prefix("{{").and_then(|tag| tag.strip_suffix("}}"));
    inner.is_some_and(|inner| is_dotted(inner.trim_matches(['-', '+']).trim()))
}

/// The variables that a tag uses, each where it stands.
pub(super) fn variables(tag: &str) -> Vec<(Range<usize>, &str)> {
    if !is_code(tag) {
        return Vec::new();
    }
    let is_used = |word: &Word<'_>| {
        let is_part = matches!(word.before, Before::Sign('.' | '|') | Before::Word("is"));
        let is_test =
            word.before == Before::Word("not") && tag[..word.range.start].trim_end().ends_with("is not");
        !is_part
            && !is_test
            && !WORDS.contains(&word.text)
            && !word.after.starts_with('(')
            && !is_assigned(word)
    };
    // A tag that is no value begins with what it does, known or not.
    let does = usize::from(tag.starts_with("{%"));
    words(tag).into_iter().skip(does).filter(is_used).map(|word| (word.range, word.text)).collect()
}

/// Whether a word gets a value here: a name that is made, or that of an argument.
fn is_assigned(word: &Word<'_>) -> bool {
    word.after.starts_with('=') && !word.after.starts_with("==")
}

/// The blocks that tags open, by the word that does; `end` before it closes them.
const BLOCKS: [&str; 3] = ["if", "for", "with"];

/// The blocks that are open where one reads.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    /// Their places in [`BLOCKS`], the innermost last.
    open: Vec<usize>,
    /// How many of each kind.
    counts: [usize; BLOCKS.len()],
}

impl Blocks {
    /// Reads a tag. Whether it is right here: it begins with a word that tags begin with, and what it closes or
    /// continues is open.
    pub(super) fn pass(&mut self, tag: &str) -> bool {
        if !tag.starts_with("{%") {
            return true;
        }
        let words = words(tag);
        let first = words.first().map_or("", |word| word.text);
        let kind = |word: &str| BLOCKS.iter().position(|block| *block == word);
        if let Some(opened) = kind(first) {
            self.open.push(opened);
            self.counts[opened] += 1;
            return true;
        }
        if let Some(closed) = first.strip_prefix("end").and_then(kind) {
            return self.close(closed);
        }
        let innermost = self.open.last().map(|open| BLOCKS[*open]);
        match first {
            "set" | "raw" => true,
            "elif" => innermost == Some("if"),
            "else" => matches!(innermost, Some("if" | "for")),
            _ => false,
        }
    }

    /// Closes the innermost block of a kind, with what is still open in it; whether there is one.
    fn close(&mut self, kind: usize) -> bool {
        if self.counts[kind] == 0 {
            return false;
        }
        while let Some(open) = self.open.pop() {
            self.counts[open] -= 1;
            if open == kind {
                break;
            }
        }
        true
    }
}

/// The names that tags make themselves: by `for`, `set` and `with`.
pub(super) fn bound<'t>(tags: &[&'t str]) -> BTreeSet<&'t str> {
    let mut bound = BTreeSet::new();
    for tag in tags.iter().copied().filter(|tag| tag.starts_with("{%")) {
        let words = words(tag);
        let Some((first, others)) = words.split_first() else { continue };
        match first.text {
            "for" => bound.extend(others.iter().map(|word| word.text).take_while(|word| *word != "in")),
            "set" => {
                let value = tag.find('=').unwrap_or(tag.len());
                let names = others.iter().filter(|word| word.range.start <= value);
                bound.extend(names.map(|word| word.text));
            }
            "with" => bound.extend(others.iter().filter(|word| is_assigned(word)).map(|word| word.text)),
            _ => {}
        }
    }
    bound
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_have_their_places() {
        for (tags, wrong) in [
            ("{% if a %} {%- elif b -%} {% else %} {% endif %}", &[][..]),
            ("{% for a in b %} {% else %} {%+ endfor %} {% set c = 1 %} {% raw %} {# x #} {{ y }}", &[]),
            ("{% if a %} {% endfi %} {% endif %}", &["{% endfi %}"]),
            (
                "{% fi %} {% %} {% endset %} {% endraw x %}",
                &["{% fi %}", "{% %}", "{% endset %}", "{% endraw x %}"],
            ),
            ("{% endif %} {% with a = 1 %} {% else %} {% endwith %}", &["{% endif %}", "{% else %}"]),
            // What is not closed within another block ends with it.
            ("{% for a in b %} {% if a %} {% endfor %} {% endif %}", &["{% endif %}"]),
        ] {
            let mut blocks = Blocks::default();
            let tags_of = tags.split_inclusive("} ").map(str::trim);
            assert_eq!(tags_of.filter(|tag| !blocks.pass(tag)).collect::<Vec<_>>(), wrong, "{tags}");
        }
    }

    #[test]
    fn variables_are_told_from_all_other_words() {
        for (tag, expected) in [
            ("{{ a }}", &["a"][..]),
            ("{{ a.b['c'].d | upper | join(sep, attribute='x') }}", &["a", "sep"]),
            ("{% if not a and b is not defined or c is none %}", &["a", "b", "c"]),
            ("{% if x == 'it\\'s y' and \"z\" in w %}", &["x", "w"]),
            ("{% for k, v in map | items if v %}", &["k", "v", "map", "v"]),
            ("{% set t = 1.5 + n2 %}", &["n2"]),
            ("{%- endfi x %}", &["x"]),
            ("{{ range(10) }}", &[]),
            ("{# a #}", &[]),
            ("{% raw %}{{ a }}{% endraw", &[]),
            ("{{ 'never closed }}", &[]),
            ("{{ größe }}", &["größe"]),
        ] {
            assert_eq!(
                variables(tag).into_iter().map(|(_, name)| name).collect::<Vec<_>>(),
                expected,
                "{tag}"
            );
        }
        let tags = ["{% for k, v in a %}", "{% set x, y = b %}", "{% with p = q, r = s %}", "{{ z }}", "{%"];
        assert_eq!(bound(&tags).into_iter().collect::<Vec<_>>(), ["k", "p", "r", "v", "x", "y"]);
        let long = format!("{{% set {}= b %}}", "a ".repeat(100_000));
        assert_eq!(bound(&[&*long]).into_iter().collect::<Vec<_>>(), ["a"]);
        assert!(is_variable("{{- a.b -}}") && !is_variable("{{ a | b }}") && !is_variable("{% a %}"));
    }
}
