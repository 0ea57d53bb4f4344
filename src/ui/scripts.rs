use leptos::{nonce::use_nonce, prelude::*};

/// Pages are fetched when a link is pressed, before it is let go. Not earlier: a page fetched in
/// passing would show later what was true then.
const AHEAD: &str = r#"{"prefetch":[{"where":{"and":[{"href_matches":"/*"},{"not":{"selector_matches":"[data-opens]"}}]},"eagerness":"conservative"}]}"#;

/// The scripts that hydrate islands and fetch ahead: on pages of the app only.
#[component]
pub fn Scripts() -> impl IntoView {
    let options = expect_context::<LeptosOptions>();
    view! {
        <HydrationScripts options islands=true/>
        <script type="speculationrules" nonce=use_nonce()>{AHEAD}</script>
    }
}
