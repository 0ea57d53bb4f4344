//! What lies behind the texts of the form, and what is told of them: made before the page is, since they may be long.

use super::form::Typed;
use crate::{
    error::Result,
    templates::{
        Engine, about_tokens,
        highlight::{Known, lines, notes},
    },
    tenancy::Scope,
};
use std::collections::{BTreeMap, BTreeSet};

/// A flaw in a text of the draft: the field of the form that it is in, and a sentence that begins with its line.
pub(super) type LineFlaw = (String, String);

/// What is made of a text.
#[derive(Debug, Default)]
pub(super) struct Marked {
    /// The text with what is more than text marked, as HTML.
    pub(super) text: String,
    /// What is told of its lines, as HTML.
    pub(super) notes: String,
    /// How long it is.
    pub(super) tokens: String,
}

/// What is made of the texts of a form, by field.
pub(super) type Texts = BTreeMap<String, Marked>;

/// Makes it, with what is wrong with lines.
pub(super) async fn marked(
    scope: &Scope,
    typed: &Typed,
    known: &Known,
    flaws: &BTreeSet<LineFlaw>,
) -> Result<Texts> {
    let engine = Engine::parse(&typed.engine).unwrap_or_default();
    let messages = typed.messages.iter().enumerate();
    let messages = messages.map(|(n, message)| (format!("content-{n}"), message.content.clone()));
    let texts: Vec<_> = messages.chain([("text".to_owned(), typed.text.clone())]).collect();
    let bytes = texts.iter().map(|(_, text)| text.len()).sum();
    let (known, flaws) = (known.clone(), flaws.clone());
    let mark = move || {
        let mark = |(field, text): (String, String)| {
            let here = flaws.iter().filter(|(at, _)| *at == field).map(|(_, says)| says.clone());
            let here: Vec<_> = here.collect();
            let marked = Marked {
                text: lines(engine, &text, &known, &here).concat(),
                notes: notes(&field, engine, &text, &here),
                tokens: about_tokens(&text),
            };
            (field, marked)
        };
        texts.into_iter().map(mark).collect()
    };
    scope.server().long_work.run_on(scope.behalf(), bytes, mark).await
}
