//! The grammar of templates, what the editor makes of a text, and prompts put together and rendered.
//!
//! The input is a text; a line `====` divides the prompts of a small library, which refer to each other as `P0`,
//! `P1` and so on.

use super::run;
use crate::{
    id::PromptId,
    kernel::sandbox::Job,
    prompts::{
        analysis::Analysis,
        content::{Body, Content, Kind},
        references::targets,
        render::{CheckPrompt, Part, Rendered, Resolved, Values, compose, render},
    },
    templates::{
        Engine, Piece, SpanKind,
        highlight::{self, Known},
        names, parse, slips, slips_in_words, spans,
    },
};
use serde_json::json;
use uuid::Uuid;

const WORDS: &[&str] = &[
    "{{",
    "}}",
    "{{ x }}",
    "{{ user.city }}",
    "[[",
    "]]",
    "[[ P1 ]]",
    "[[ P0 ]]",
    "[[ P2@3 | x=\"{{ y }}\", y=1 ]]",
    "@",
    " | ",
    "\\",
    "\\{{",
    "\\[[",
    "{%",
    "%}",
    "{% raw %}",
    "endraw",
    "{#",
    "#}",
    "\n====\n",
    "<script>",
    "&amp;",
    "'",
    "ä",
    "{% if x %}",
    "{% set a, b = x %}",
    "{% for k, v in x %}",
    "x_2",
];

#[test]
fn templates() {
    run("templates", WORDS, |input| {
        let text = String::from_utf8_lossy(input);
        for engine in Engine::ALL {
            is_read(engine, &text);
            is_shown(engine, &text);
        }
        is_rendered(&text);
    });
}

/// The canonical form parses to the same, and is its own.
fn is_read(engine: Engine, text: &str) {
    let template = parse(engine, text);
    let canonical = template.to_string();
    let again = parse(engine, &canonical);
    assert_eq!(again, template, "{engine:?} {canonical}");
    assert_eq!(again.to_string(), canonical, "{engine:?}");
}

/// What the editor marks are parts of the text, in order, and the HTML says the text and nothing else.
fn is_shown(engine: Engine, text: &str) {
    let (all, mut end) = (spans(engine, text), 0);
    for span in &all {
        assert!(span.range.start >= end, "{engine:?} {all:?}");
        assert!(text.get(span.range.clone()).is_some_and(|part| !part.is_empty()), "{engine:?} {all:?}");
        end = span.range.end;
    }
    if engine == Engine::Plain {
        let marked = all.iter().filter(|span| !matches!(span.kind, SpanKind::Malformed(_))).count();
        let pieces = parse(engine, text);
        let pieces = pieces.pieces().iter().filter(|piece| !matches!(piece, Piece::Text(_))).count();
        assert_eq!(marked, pieces, "{all:?}");
    }
    let _ = names(engine, text);
    let lines = text.split('\n').count();
    assert!(slips(engine, text).iter().all(|(line, written, _)| *line <= lines && text.contains(*written)));
    assert!(slips_in_words(engine, text).len() <= 6);
    let html = highlight::lines(engine, text, &Known::default(), &[]).concat();
    assert_eq!(said(&html), format!("{text}\n"), "{engine:?} {html}");
}

/// What HTML says that has no element but a `span` for each line and `mark`.
fn said(html: &str) -> String {
    let mut said = html.replace("<span>", "").replace("</span>", "").replace("</mark>", "");
    for kind in ["variable", "reference", "tag", "malformed"] {
        for known in ["", " data-unknown"] {
            said = said.replace(&format!("<mark data-kind=\"{kind}\"{known}>"), "");
        }
    }
    assert!(!said.contains(['<', '>', '"']), "{html}");
    said.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// Rendering ends within its purse, and putting prompts together does, whatever refers to what.
fn is_rendered(text: &str) {
    let texts: Vec<_> = text.split("\n====\n").take(8).collect();
    let parts = texts.iter().enumerate().map(|(n, text)| part(n, text, texts.len())).collect();
    let resolved = Resolved { parts, ..Resolved::default() };
    let values = json!({ "x": "{{ y }} [[ P0 ]]", "y": 1.5, "user": { "city": ["<", null] } });
    let values: Values = serde_json::from_value(values).unwrap();
    match render(&resolved, &values) {
        Ok(Rendered::Text(text)) => assert!(text.len() <= 1024 * 1024),
        Ok(Rendered::Chat(_)) => panic!("a text became a chat"),
        Err(told) => assert!(!told.is_empty()),
    }
    let _ = CheckPrompt::new(resolved.clone()).run();
    let Some(composed) = compose(&resolved) else { return };
    let Body::Text(body) = &composed.body else { panic!("a text became a chat") };
    // Names grow by a number, escapes by a backslash.
    assert!(body.len() <= 2 * 1024 * 1024, "{}", body.len());
    assert!(parse(Engine::Plain, body).references().next().is_none(), "{body}");
}

fn part(n: usize, text: &str, count: usize) -> Part {
    let content = Content { body: Body::Text(text.to_owned()), ..Content::empty(Kind::Text) };
    let leads = targets(&content).into_iter().filter_map(|(target, reference)| {
        let to: usize = reference.path.strip_prefix('P')?.parse().ok()?;
        (to < count).then_some((target, to))
    });
    Part {
        prompt: PromptId(Uuid::from_u128(n as u128)),
        path: format!("P{n}"),
        version: None,
        analysis: Analysis::here(&content),
        references: leads.collect(),
        inherited: [("company".to_owned(), json!("Acme"))].into(),
        content,
    }
}
