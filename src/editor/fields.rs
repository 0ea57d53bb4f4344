//! What the fields of the form have to know: what is wrong with them, and what is marked in them.

use super::{
    SaveDraft,
    marked::{Marked, Texts},
};
use crate::{
    error::Error,
    ui::{Alert, Bake, Html, Icon, glyph},
    web::RequestContext,
};
use leptos::{prelude::*, server_fn::ServerFn};

/// What is wrong with the fields, if the form was posted and failed.
pub(super) struct Flaws<'a>(pub(super) &'a RequestContext);

impl Flaws<'_> {
    /// The message at a field, with its id.
    pub(super) fn at(&self, field: &str) -> (Option<&'static str>, Option<String>, Option<Html>) {
        let posted = self.0.posted().filter(|posted| posted.action == SaveDraft::PATH);
        let message = posted.and_then(|posted| posted.error()?.flaw(field).map(ToOwned::to_owned));
        let id = format!("{field}-error");
        let shown = message.map(|message| {
            view! { <p class="error" id=id.clone() role="alert"><Icon is=glyph::Problem/>" "{message}</p> }.bake()
        });
        match shown {
            Some(shown) => (Some("true"), Some(id), Some(shown)),
            None => (None, None, None),
        }
    }

    /// What no field says.
    pub(super) fn general(&self) -> Option<Html> {
        let posted = self.0.posted().filter(|posted| posted.action == SaveDraft::PATH)?;
        let error = posted.error()?;
        // What is wrong with a field is said there, and a conflict above the form.
        if error.status() == 409 || (matches!(error, Error::Invalid { .. }) && error.flaw("").is_none()) {
            return None;
        }
        let says = error.flaw("").map_or_else(|| error.to_string(), ToOwned::to_owned);
        Some(view! { <Alert kind="error">{says}</Alert> }.bake())
    }
}

/// What the fields of the form have to know.
pub(super) struct Field<'a> {
    pub(super) flaws: &'a Flaws<'a>,
    pub(super) texts: &'a Texts,
}

impl Field<'_> {
    /// What describes the control of a text: what is wrong with it, and what is told of its lines.
    pub(super) fn described(field: &str, flaw: Option<String>) -> String {
        flaw.into_iter().chain([format!("{field}-notes")]).collect::<Vec<_>>().join(" ")
    }

    /// A control for the text of a prompt, over the same text with what is more than text marked. What is told of
    /// its lines comes below.
    pub(super) fn code(&self, field: &str, control: Html) -> Html {
        let none = Marked::default();
        let Marked { text, notes, .. } = self.texts.get(field).unwrap_or(&none);
        let (text, notes) = (text.clone(), notes.clone());
        // The script that marks while one types looks after what it has marked.
        view! {
            <div class="code"><pre class="prompt-text" aria-hidden="true" data-own inner_html=text></pre>{control}</div>
            <div class="slips" id=format!("{field}-notes") aria-live="polite" data-told=notes.clone() inner_html=notes></div>
        }
        .bake()
    }

    /// How long a text is.
    pub(super) fn tokens(&self, field: &str) -> String {
        self.texts.get(field).map_or_else(String::new, |marked| marked.tokens.clone())
    }
}
