use super::{Icon, glyph};
use crate::web::RequestContext;
use leptos::prelude::*;

/// A message that stands out: `error`, `info`, `success` or `warning`.
#[component]
pub fn Alert(
    /// Its kind.
    kind: &'static str,
    /// What it says.
    children: Children,
) -> impl IntoView {
    let (icon, role) = match kind {
        "error" | "warning" => (glyph::Problem, "alert"),
        "success" => (glyph::Check, "status"),
        _ => (glyph::Info, "status"),
    };
    view! {
        <div class="alert" data-kind=kind role=role>
            <Icon is=icon/>
            <div>{children()}</div>
        </div>
    }
}

/// What went wrong with a form that has no field to say it at, if anything did.
#[component]
pub fn FormAlert(
    /// The path of the form's server function.
    action: &'static str,
) -> impl IntoView {
    let caller = RequestContext::here().ok();
    let posted = caller.as_ref().and_then(RequestContext::posted).filter(|posted| posted.action == action);
    let message = posted.and_then(|posted| posted.error()).map(ToString::to_string);
    message.map(|message| view! { <Alert kind="error">{message}</Alert> })
}
