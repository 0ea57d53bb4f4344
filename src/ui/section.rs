use leptos::prelude::*;

/// A part of a page of settings: what it is about, and its form.
#[component]
pub fn Section(
    /// What it is about.
    title: &'static str,
    /// A line of help.
    #[prop(optional, into)]
    says: String,
    /// `danger`, or nothing.
    #[prop(optional)]
    kind: &'static str,
    /// Its id.
    #[prop(optional)]
    id: &'static str,
    /// What is in it.
    children: Children,
) -> impl IntoView {
    let some = |text: &'static str| (!text.is_empty()).then_some(text);
    view! {
        <section class="panel" id=some(id) data-kind=some(kind)>
            <header>
                <h2>{title}</h2>
                {(!says.is_empty()).then(|| view! { <p>{says}</p> })}
            </header>
            {children()}
        </section>
    }
}
