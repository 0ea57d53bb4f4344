use super::{Bake, Icon, form::FormState, glyph};
use leptos::prelude::*;

/// A labelled control of a [`Form`](super::Form), with its help, what was typed before, and what
/// is wrong with it.
#[component]
pub fn Field(
    /// Its name in the form, and its id.
    name: &'static str,
    /// What it is called.
    label: &'static str,
    /// The type of the input; `textarea` for more than a line.
    #[prop(default = "text")]
    kind: &'static str,
    /// What stands in it at first.
    #[prop(optional, into)]
    value: String,
    /// A line of help.
    #[prop(optional, into)]
    hint: String,
    /// What browsers may fill in.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// The most characters.
    #[prop(default = 200)]
    maxlength: u32,
    /// The fewest characters.
    #[prop(optional)]
    minlength: Option<u32>,
    /// Whether it may stay empty.
    #[prop(optional)]
    optional: bool,
    /// Whether it is what one types first.
    #[prop(optional)]
    autofocus: bool,
    /// What stands before the input, such as the host of a URL.
    #[prop(optional, into)]
    prefix: String,
    /// Whether software should leave what is typed alone: addresses, slugs.
    #[prop(optional)]
    verbatim: bool,
) -> impl IntoView {
    let state = use_context::<FormState>().unwrap_or_default();
    let flaw = state.flaw(name);
    // After a failure one goes on at the first field to be corrected.
    let autofocus = state.first_flaw().map_or(autofocus, |first| first == name);
    let value = state.value(name).unwrap_or(value);
    let id = state.id(name);
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    let described = match (hint.is_empty(), flaw.is_some()) {
        (true, false) => None,
        (false, false) => Some(hint_id.clone()),
        (true, true) => Some(error_id.clone()),
        (false, true) => Some(format!("{error_id} {hint_id}")),
    };
    let invalid = flaw.is_some().then_some("true");
    let plain = verbatim.then_some("none");
    let spellcheck = verbatim.then_some("false");
    let control = if kind == "textarea" {
        view! {
            <textarea id=id.clone() name=name rows="4" maxlength=maxlength required=!optional autofocus=autofocus
                aria-invalid=invalid aria-describedby=described autocapitalize=plain spellcheck=spellcheck
            >{value}</textarea>
        }
        .bake()
    } else {
        let input = view! {
            <input id=id.clone() name=name type=kind value=value maxlength=maxlength minlength=minlength required=!optional
                autocomplete=autocomplete autofocus=autofocus aria-invalid=invalid aria-describedby=described
                autocapitalize=plain spellcheck=spellcheck
            />
        };
        if prefix.is_empty() {
            input.bake()
        } else {
            view! { <div class="affix"><span>{prefix}</span>{input}</div> }.bake()
        }
    };
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            {control}
            {flaw.map(|flaw| view! { <p class="error" id=error_id role="alert"><Icon is=glyph::Problem/>" "{flaw}</p> })}
            {(!hint.is_empty()).then(|| view! { <p class="hint" id=hint_id>{hint}</p> })}
        </div>
    }
}

/// One of a few things to choose from.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The value in the form.
    pub value: String,
    /// What it is called.
    pub label: String,
    /// A line on what it means.
    pub says: &'static str,
}

/// A list to choose one from, with what was chosen before.
#[component]
pub fn Select(
    /// Its name in the form, and its id.
    name: &'static str,
    /// What it is called.
    label: &'static str,
    /// What there is to choose from.
    choices: Vec<Choice>,
    /// The value chosen at first.
    #[prop(into)]
    value: String,
    /// A line of help.
    #[prop(optional)]
    hint: &'static str,
) -> impl IntoView {
    let state = use_context::<FormState>().unwrap_or_default();
    let (flaw, chosen) = (state.flaw(name), state.value(name).unwrap_or(value));
    let id = state.id(name);
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    let described = match (&flaw, hint) {
        (Some(_), _) => Some(error_id.clone()),
        (None, "") => None,
        (None, _) => Some(hint_id.clone()),
    };
    let options = choices.into_iter().map(|choice| {
        let selected = choice.value == chosen;
        view! { <option value=choice.value selected=selected>{choice.label}</option> }
    });
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <select id=id.clone() name=name aria-invalid=flaw.is_some().then_some("true") aria-describedby=described>
                {options.collect_view()}
            </select>
            {flaw.map(|flaw| view! { <p class="error" id=error_id role="alert"><Icon is=glyph::Problem/>" "{flaw}</p> })}
            {(!hint.is_empty()).then(|| view! { <p class="hint" id=hint_id>{hint}</p> })}
        </div>
    }
}

/// What a field of a form was filled from, so that only what somebody changed is written.
#[component]
pub fn Was(
    /// The name of the field.
    name: &'static str,
    /// What it is now.
    #[prop(into)]
    value: String,
) -> impl IntoView {
    let was = use_context::<FormState>().unwrap_or_default().was(name, value);
    view! { <input type="hidden" name=format!("was-{name}") value=was/> }
}

/// A few things of which one is chosen, each with what it means.
#[component]
pub fn Choices(
    /// Its name in the form.
    name: &'static str,
    /// What it is called.
    label: &'static str,
    /// What there is to choose from.
    choices: Vec<Choice>,
    /// The value chosen at first.
    #[prop(into)]
    value: String,
) -> impl IntoView {
    let state = use_context::<FormState>().unwrap_or_default();
    let (flaw, chosen) = (state.flaw(name), state.value(name).unwrap_or(value));
    let radios = choices.into_iter().map(|choice| {
        let checked = choice.value == chosen;
        view! {
            <label class="choice">
                <input type="radio" name=name value=choice.value checked=checked required/>
                <span>{choice.label}</span>
                <small>{choice.says}</small>
            </label>
        }
    });
    view! {
        <fieldset class="field">
            <legend>{label}</legend>
            {radios.collect_view()}
            {flaw.map(|flaw| view! { <p class="error" role="alert"><Icon is=glyph::Problem/>" "{flaw}</p> })}
        </fieldset>
    }
}

/// The button that posts a form, with the verb and its object.
#[component]
pub fn Submit(
    /// `primary`, `danger`, `quiet`, or nothing.
    #[prop(default = "primary")]
    kind: &'static str,
    /// What it does.
    children: Children,
) -> impl IntoView {
    view! { <button class="button" type="submit" data-kind=kind>{children()}</button> }
}
