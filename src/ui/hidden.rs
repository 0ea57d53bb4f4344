use leptos::prelude::*;

/// A value the form carries unseen.
#[component]
pub fn Hidden(
    /// Its name in the form.
    name: &'static str,
    /// The value.
    #[prop(into)]
    value: String,
) -> impl IntoView {
    view! { <input type="hidden" name=name value=value/> }
}
