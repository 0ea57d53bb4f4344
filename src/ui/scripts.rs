use crate::web::RequestContext;
use leptos::{nonce::use_nonce, prelude::*};

/// Pages are fetched when a link is pressed, before it is let go. Not earlier: a page fetched in
/// passing would show later what was true then; and so would one of a thing that was pressed to be dragged.
const AHEAD: &str = r#"{"prefetch":[{"where":{"and":[{"href_matches":"/*"},{"not":{"selector_matches":"[data-opens],[download],.tree[data-org] a"}}]},"eagerness":"conservative"}]}"#;

/// Starts the wasm, then each island of the page. Leptos has a script for this as well: it visits
/// every element of the page, waits until the browser is idle, and has ten times the size.
const START: &str = r#"studio.hydrate();for(const island of document.querySelectorAll("leptos-island"))studio[island.dataset.component](island)"#;

/// The scripts that hydrate islands and fetch ahead: on pages of the app only.
#[component]
pub fn Scripts() -> impl IntoView {
    view! {
        {module("prompt-studio", "*as studio", START)}
        <script type="speculationrules" nonce=use_nonce()>{AHEAD}</script>
    }
}

/// Starts a module of the page's own besides: what it exports as `start` is called once it is there.
#[component]
pub fn StartModule(
    /// The name of its files.
    name: &'static str,
    /// What it exports.
    start: &'static str,
) -> impl IntoView {
    module(name, &format!("{{{start}}}"), &format!("{start}()"))
}

/// Loads a module's script and wasm at once, then runs what its imports are for.
fn module(name: &str, imports: &str, run: &str) -> impl IntoView + use<> {
    let url =
        |file: String| RequestContext::here().map(|caller| caller.web.assets.url(&file)).unwrap_or_default();
    let (script, wasm) = (url(format!("{name}.js")), url(format!("{name}_bg.wasm")));
    let run =
        format!(r#"import load,{imports} from"{script}";await load({{module_or_path:"{wasm}"}});{run}"#);
    view! {
        <link rel="modulepreload" href=script/>
        <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
        <script type="module" nonce=use_nonce()>{run}</script>
    }
}
