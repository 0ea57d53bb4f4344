use leptos::prelude::*;

/// The scripts that hydrate islands: on pages of the app only.
#[component]
pub fn Scripts() -> impl IntoView {
    let options = expect_context::<LeptosOptions>();
    view! { <HydrationScripts options islands=true/> }
}
