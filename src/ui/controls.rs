use super::{Choice, Field, Icon, form::FormState, glyph};
use crate::web::RequestContext;
use leptos::prelude::*;

/// Something to be switched on, with what that means.
#[component]
pub fn Check(
    /// Its name in the form, and its id.
    name: &'static str,
    /// What it is called.
    label: &'static str,
    /// What it means.
    #[prop(optional)]
    says: &'static str,
    /// Whether it is on at first.
    #[prop(optional)]
    checked: bool,
) -> impl IntoView {
    let state = use_context::<FormState>().unwrap_or_default();
    let flaw = state.flaw(name);
    // What is not switched on is not posted at all.
    let checked = if state.has_failed() { state.value(name).is_some() } else { checked };
    let (id, error_id) = (state.id(name), format!("{}-error", state.id(name)));
    let described = flaw.is_some().then(|| error_id.clone());
    view! {
        <div class="field">
            <label class="choice" for=id.clone()>
                <input type="checkbox" id=id.clone() name=name value="true" checked=checked aria-describedby=described
                    aria-invalid=flaw.is_some().then_some("true")/>
                <span>{label}</span>
                {(!says.is_empty()).then(|| view! { <small>{says}</small> })}
            </label>
            <FieldFlaw name/>
        </div>
    }
}

/// Some things of which any number may be ticked. Each is a field of its own, `<prefix><value>`, since a form
/// may not name one twice.
#[component]
pub fn Ticks(
    /// What they are called together.
    label: &'static str,
    /// What the names of the fields begin with.
    prefix: &'static str,
    /// What there is to tick.
    choices: Vec<Choice>,
    /// A line of help.
    #[prop(optional)]
    hint: &'static str,
) -> impl IntoView {
    let state = use_context::<FormState>().unwrap_or_default();
    let boxes = choices.into_iter().map(|choice| {
        let name = format!("{prefix}{}", choice.value);
        let checked = state.value(&name).is_some();
        view! {
            <label class="choice">
                <input type="checkbox" name=name value="true" checked=checked/>
                <span>{choice.label}</span>
                {(!choice.says.is_empty()).then(|| view! { <small>{choice.says}</small> })}
            </label>
        }
    });
    view! {
        <fieldset class="field">
            <legend>{label}</legend>
            {boxes.collect_view()}
            {(!hint.is_empty()).then(|| view! { <p class="hint">{hint}</p> })}
        </fieldset>
    }
}

/// What is wrong with a field that is put together by hand, if anything is.
#[component]
pub fn FieldFlaw(
    /// Its name in the form.
    name: &'static str,
) -> impl IntoView {
    let state = use_context::<FormState>().unwrap_or_default();
    let id = format!("{}-error", state.id(name));
    let flaw = state.flaw(name);
    flaw.map(|flaw| view! { <p class="error" id=id role="alert"><Icon is=glyph::Problem/>" "{flaw}</p> })
}

/// A file to be chosen.
#[component]
pub fn Upload(
    /// Its name in the form, and its id.
    name: &'static str,
    /// What it is called.
    label: &'static str,
    /// The kinds of files, as browsers take them.
    accept: &'static str,
    /// A line of help.
    hint: &'static str,
) -> impl IntoView {
    let state = use_context::<FormState>().unwrap_or_default();
    let (id, flaw) = (state.id(name), state.flaw(name));
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    let described = if flaw.is_some() { format!("{error_id} {hint_id}") } else { hint_id.clone() };
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input type="file" id=id name=name accept=accept aria-describedby=described aria-invalid=flaw.is_some().then_some("true")/>
            <FieldFlaw name/>
            <p class="hint" id=hint_id>{hint}</p>
        </div>
    }
}

/// Asks for the password where it was entered too long ago for what the form does.
#[component]
pub fn PasswordProof() -> impl IntoView {
    let asks = RequestContext::here().is_ok_and(|caller| !caller.is_fresh());
    asks.then(|| {
        view! {
            <Field name="password" label="Your password" kind="password" autocomplete="current-password" maxlength=128
                hint="Confirm it's you."/>
        }
    })
}
