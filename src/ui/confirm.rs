use super::{Hidden, Once, PageField};
use leptos::prelude::*;

/// Asks once, in words that name the thing, before something is done. Whatever opens it names its id in
/// `popovertarget`.
#[component]
pub fn Confirm(
    /// Its id.
    #[prop(into)]
    id: String,
    /// The question.
    #[prop(into)]
    question: String,
    /// What comes of it.
    #[prop(into)]
    says: String,
    /// The form, or the button of one.
    children: Children,
) -> impl IntoView {
    view! { <div class="menu confirm" id=id popover><p><strong>{question}</strong></p><p>{says}</p>{children()}</div> }
}

/// A button that deletes something, once a question is answered.
#[component]
pub fn Delete(
    /// The id of the question.
    id: &'static str,
    /// What the buttons say, which is the question as well.
    label: String,
    /// What comes of it.
    says: &'static str,
    /// The path of the server function.
    action: &'static str,
    /// What it is about: names and values that nobody types.
    about: Vec<(&'static str, String)>,
) -> impl IntoView {
    view! {
        <button class="button" data-kind="danger" type="button" popovertarget=id>{label.clone()}</button>
        <Confirm id question=format!("{label}?") says>
            <Act action about><Once/><button class="button" data-kind="danger">{label}</button></Act>
        </Confirm>
    }
}

/// A form of nothing but what it is about and its button.
#[component]
pub fn Act(
    /// The path of the server function.
    action: &'static str,
    /// What it is about: names and values that nobody types.
    about: Vec<(&'static str, String)>,
    /// The button.
    children: Children,
) -> impl IntoView {
    view! { <form method="post" action=action><PageField/><About of=about/>{children()}</form> }
}

/// What a form is about: names and values that nobody types.
#[component]
pub fn About(
    /// The names and values.
    of: Vec<(&'static str, String)>,
) -> impl IntoView {
    of.into_iter().map(|(name, value)| view! { <Hidden name value/> }).collect::<Vec<_>>()
}
