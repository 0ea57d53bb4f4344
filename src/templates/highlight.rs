//! The text of a prompt with its variables and references marked: what lies behind the text one types; and what is
//! told of it below. The server writes both once, the browser again with each letter.

use crate::templates::{Engine, SpanKind, line_told, slips_in_words, spans};
use html_escape::encode_double_quoted_attribute_to_string as escape;
use std::collections::BTreeSet;

/// The most parts of a text that are marked; the rest is shown as it is written.
const MARKED: usize = 5_000;

/// What there is to refer to.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The variables that are declared or handed down.
    pub variables: BTreeSet<String>,
    /// The references that lead nowhere, as written without overrides.
    pub missing: BTreeSet<String>,
}

/// The lines of the text as HTML: each variable, reference and tag in a `mark`; those that are not known say so. Of
/// the flaws, sentences, those that name a line mark it.
#[must_use]
pub fn lines(engine: Engine, text: &str, known: &Known, flaws: &[String]) -> Vec<String> {
    let wrong = flaws.iter().filter_map(|flaw| Some(line_told(flaw)?.0)).collect();
    let (mut lines, mut at) = (Lines { wrong, all: Vec::new(), now: String::new() }, 0);
    for span in spans(engine, text).into_iter().take(MARKED) {
        lines.put(&text[at..span.range.start], "");
        let (kind, is_known) = match &span.kind {
            SpanKind::Variable(name) => ("variable", known.variables.contains(name)),
            SpanKind::Reference(target) => ("reference", !known.missing.contains(target)),
            SpanKind::Tag => ("tag", true),
            SpanKind::WrongTag | SpanKind::Malformed(_) => ("malformed", true),
        };
        let unknown = if is_known { "" } else { " data-unknown" };
        lines.put(&text[span.range.clone()], &format!("<mark data-kind=\"{kind}\"{unknown}>"));
        at = span.range.end;
    }
    lines.put(&text[at..], "");
    lines.end();
    lines.all
}

/// Lines that are written.
struct Lines {
    /// The numbers of those in which something is wrong, from 1.
    wrong: BTreeSet<usize>,
    all: Vec<String>,
    now: String,
}

impl Lines {
    /// Goes on with a text: within a `mark`, if there is one.
    fn put(&mut self, text: &str, mark: &str) {
        for (n, part) in text.split('\n').enumerate() {
            if n > 0 {
                self.end();
            }
            if !part.is_empty() {
                self.now.push_str(mark);
                escape(part, &mut self.now);
                self.now.push_str(if mark.is_empty() { "" } else { "</mark>" });
            }
        }
    }

    fn end(&mut self) {
        let wrong = if self.wrong.contains(&(self.all.len() + 1)) { " data-wrong" } else { "" };
        // A line without text has a height, too.
        self.all.push(format!("<span{wrong}>{}\n</span>", self.now));
        self.now.clear();
    }
}

/// What is told of the text of a field, as HTML: its flaws, and what may be a slip in it. A line that is named leads
/// there.
#[must_use]
pub fn notes(field: &str, engine: Engine, text: &str, flaws: &[String]) -> String {
    let slips = slips_in_words(engine, text);
    let flaws = flaws.iter().map(|flaw| ("error", flaw));
    let mut html = String::new();
    for (kind, says) in flaws.chain(slips.iter().map(|slip| ("warning", slip))) {
        html.extend(["<p class=\"note\" data-kind=\"", kind, "\">", &led(field, says), "</p>"]);
    }
    html
}

/// A sentence on the text of a field, as HTML. The line that it begins with leads there.
#[must_use]
pub fn led(field: &str, says: &str) -> String {
    let mut html = String::new();
    let rest = match line_told(says) {
        Some((line, rest)) => {
            let line = line.to_string();
            html.extend(["<a href=\"#", field, "\" data-line=\"", &line, "\">Line ", &line, "</a>: "]);
            rest
        }
        None => says,
    };
    escape(rest, &mut html);
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_stays_text() {
        let known = Known {
            variables: BTreeSet::from(["a".to_owned()]),
            missing: BTreeSet::from(["Gone".to_owned()]),
        };
        let html =
            lines(Engine::Plain, "<b>{{ a }}{{ x }}</b> [[ T | k=\"<\" ]] & [[ Gone ]] {{ < }}", &known, &[]);
        insta::assert_snapshot!(html.concat(), @r#"
        <span>&lt;b&gt;<mark data-kind="variable">{{ a }}</mark><mark data-kind="variable" data-unknown>{{ x }}</mark>&lt;/b&gt; <mark data-kind="reference">[[ T | k=&quot;&lt;&quot; ]]</mark> &amp; <mark data-kind="reference" data-unknown>[[ Gone ]]</mark> <mark data-kind="malformed">{{ &lt; }}</mark>
        </span>
        "#);
    }

    #[test]
    fn what_is_wrong_is_marked_where_it_is() {
        for (engine, text, marked) in [
            (Engine::Plain, "a [[Support/Tone b", "a <mark data-kind=\"malformed\">[[Support/Tone</mark> b"),
            (
                Engine::Jinja,
                "{{ 1 }}{% endfi %}",
                "<mark data-kind=\"tag\">{{ 1 }}</mark><mark data-kind=\"malformed\">{% endfi %}</mark>",
            ),
        ] {
            assert_eq!(lines(engine, text, &Known::default(), &[]), [format!("<span>{marked}\n</span>")]);
        }
    }

    #[test]
    fn each_line_is_written_for_itself() {
        let flaws = ["Line 3: it is wrong".to_owned(), "Something else".to_owned()];
        let html = lines(Engine::Jinja, "a\n\n{% if x\n %}b\n", &Known::default(), &flaws);
        assert_eq!(
            html,
            [
                "<span>a\n</span>",
                "<span>\n</span>",
                "<span data-wrong><mark data-kind=\"tag\">{% if </mark><mark data-kind=\"variable\" data-unknown>x</mark>\n</span>",
                "<span><mark data-kind=\"tag\"> %}</mark>b\n</span>",
                "<span>\n</span>",
            ]
        );
        assert_eq!(lines(Engine::Plain, "", &Known::default(), &[]), ["<span>\n</span>"]);
    }

    #[test]
    fn so_much_is_marked_and_no_more() {
        let html = lines(Engine::Plain, &"{{a}}\n".repeat(MARKED + 2), &Known::default(), &[]);
        assert_eq!(html.iter().filter(|line| line.contains("<mark")).count(), MARKED);
        assert_eq!(html[MARKED + 1], "<span>{{a}}\n</span>");
    }

    #[test]
    fn a_line_that_is_named_leads_there() {
        let flaws = ["Line 2: <odd> & so on".to_owned(), "<All> of it".to_owned()];
        insta::assert_snapshot!(notes("content-1", Engine::Jinja, "a\n{{", &flaws), @r##"<p class="note" data-kind="error"><a href="#content-1" data-line="2">Line 2</a>: &lt;odd&gt; &amp; so on</p><p class="note" data-kind="error">&lt;All&gt; of it</p><p class="note" data-kind="warning"><a href="#content-1" data-line="2">Line 2</a>: {{ is never closed.</p>"##);
    }
}
