use super::{Alert, hidden::Hidden};
use crate::{
    error::Error,
    kernel::tokens::Token,
    web::{
        RequestContext, filled_from::is_meanwhile, form_once, posted::Posted, server_function::PAGE_FIELD,
    },
};
use leptos::prelude::*;
use std::sync::Arc;

/// What the fields of a form need to know: what came of it, if it was just posted, and what tells
/// their ids from those of other forms on the page.
#[derive(Debug, Clone, Default)]
pub(super) struct FormState {
    posted: Option<Arc<Posted>>,
    ids: &'static str,
}

impl FormState {
    /// The id of a field.
    pub(super) fn id(&self, field: &str) -> String {
        format!("{}{field}", self.ids)
    }

    /// Whether the form failed, so that what was typed is shown again.
    pub(super) fn has_failed(&self) -> bool {
        self.posted.as_deref().is_some_and(|posted| posted.error().is_some())
    }

    pub(super) fn value(&self, field: &str) -> Option<String> {
        // After success the form is fresh again.
        let posted = self.posted.as_deref().filter(|posted| posted.error().is_some())?;
        posted.value(field).map(ToOwned::to_owned)
    }

    /// What a field was filled from, of which this is what there is now. What is shown beside what was typed counts
    /// as seen.
    pub(super) fn was(&self, field: &str, now: String) -> String {
        let was = self.value(&format!("was-{field}"));
        was.filter(|_| !self.flaw(field).is_some_and(|flaw| is_meanwhile(&flaw))).unwrap_or(now)
    }

    pub(super) fn flaw(&self, field: &str) -> Option<String> {
        self.posted.as_deref().and_then(|posted| posted.error()?.flaw(field)).map(ToOwned::to_owned)
    }

    /// The first field to be corrected, if the form failed for its fields.
    pub(super) fn first_flaw(&self) -> Option<&str> {
        match self.posted.as_deref()?.error()? {
            Error::Invalid { flaws } => flaws.first().map(|flaw| flaw.field.as_ref()),
            _ => None,
        }
    }

    /// What no field of the form says.
    fn general(&self) -> Option<String> {
        let error = self.posted.as_deref()?.error()?;
        match error {
            Error::Invalid { flaws } if !flaws.iter().any(|flaw| flaw.field.is_empty()) => None,
            error => Some(error.to_string()),
        }
    }
}

/// A form on a server function. It works without script; with it, one that stays on its page is
/// posted and answered in place.
#[component]
pub fn Form(
    /// The path of the server function.
    action: &'static str,
    /// Whether its answer is the page it stands on.
    #[prop(optional)]
    in_place: bool,
    /// What the ids of its fields begin with, where the page has another form with fields of the same
    /// names.
    #[prop(optional)]
    ids: &'static str,
    /// Whether it has files, or so much text that it is to be sent as it is.
    #[prop(optional)]
    files: bool,
    /// Whether it makes something, which is made once however often it is sent.
    #[prop(optional)]
    once: bool,
    /// The fields.
    children: Children,
) -> impl IntoView {
    let caller = RequestContext::here().ok();
    let page = caller.as_ref().map_or_else(|| "/".into(), |caller| caller.page.to_string());
    let posted = caller.as_ref().and_then(RequestContext::posted).filter(|posted| posted.action == action);
    let state = FormState { posted: posted.cloned().map(Arc::new), ids };
    let general = state.general();
    provide_context(state);
    view! {
        <form class="form" method="post" action=action data-in-place=in_place enctype=files.then_some("multipart/form-data")>
            <Hidden name=PAGE_FIELD value=page/>
            {once.then(|| view! { <Once/> })}
            {general.map(|message| view! { <Alert kind="error">{message}</Alert> })}
            {children()}
        </form>
    }
}

/// Says in a form of a row which page it stands on, where the browser does not: on a page that is
/// the answer to a form, it takes the form's own path for the page. Elsewhere it is nothing.
#[component]
pub fn PageField() -> impl IntoView {
    let caller = RequestContext::here().ok().filter(|caller| caller.posted().is_some());
    caller.map(|caller| view! { <Hidden name=PAGE_FIELD value=caller.page.to_string()/> })
}

/// Makes a form one of its own, which is carried out once however often it is sent.
#[component]
pub fn Once() -> impl IntoView {
    view! { <Hidden name=form_once::FIELD value=Token::new().as_str().to_owned()/> }
}
