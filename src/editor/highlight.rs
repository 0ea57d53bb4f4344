//! The text of a prompt with its variables and references marked: what lies behind the text one types.
//! The server writes it once, the browser again with each letter.

use crate::templates::{Engine, SpanKind, spans};
use std::collections::BTreeSet;

/// What there is to refer to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    /// The variables that are declared or handed down.
    pub(crate) variables: BTreeSet<String>,
    /// The references that lead nowhere, as written without overrides.
    pub(crate) missing: BTreeSet<String>,
}

/// The text as HTML: each variable, reference and tag in a `mark`; those that are not known say so.
#[must_use]
pub(crate) fn highlight(engine: Engine, text: &str, known: &Known) -> String {
    let (mut html, mut at) = (String::with_capacity(text.len() * 2), 0);
    for span in spans(engine, text) {
        escape(&mut html, &text[at..span.range.start]);
        let (kind, is_known) = match &span.kind {
            SpanKind::Variable(name) => ("variable", known.variables.contains(name)),
            SpanKind::Reference(target) => ("reference", !known.missing.contains(target)),
            SpanKind::Tag => ("tag", true),
            SpanKind::Malformed(_) => ("malformed", true),
        };
        html.push_str("<mark data-kind=\"");
        html.push_str(kind);
        html.push_str(if is_known { "\">" } else { "\" data-unknown>" });
        escape(&mut html, &text[span.range.clone()]);
        html.push_str("</mark>");
        at = span.range.end;
    }
    escape(&mut html, &text[at..]);
    // A line that ends the text has a height, too.
    html.push('\n');
    html
}

fn escape(html: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            c => html.push(c),
        }
    }
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
            highlight(Engine::Plain, "<b>{{ a }}{{ x }}</b> [[ T | k=\"<\" ]] & [[ Gone ]] {{ < }}", &known);
        insta::assert_snapshot!(html, @r#"&lt;b&gt;<mark data-kind="variable">{{ a }}</mark><mark data-kind="variable" data-unknown>{{ x }}</mark>&lt;/b&gt; <mark data-kind="reference">[[ T | k=&quot;&lt;&quot; ]]</mark> &amp; <mark data-kind="reference" data-unknown>[[ Gone ]]</mark> <mark data-kind="malformed">{{ &lt; }}</mark>"#);
    }
}
