//! What hydrates on pages of the app. The work is done in `browser`, which only the wasm has.
//!
//! They take no props: those would bring a JSON parser into the wasm of every page. What they need
//! to know stands in the page. Nothing on them is reactive, so no effect runs either: the browser's
//! body of an island is run once, when it hydrates.

use super::browser;
use leptos::prelude::*;

/// Makes forms, menus and buttons of the page answer in place, folds the tree, and finds at a key. Everything works
/// without it.
#[island]
pub fn InPlace() -> impl IntoView {
    browser::answer_in_place();
    browser::offer_palette();
    browser::arrange();
    browser::fold();
}

/// Keeps the regions marked `data-live` as they are on the server, and says in `#live-status` when
/// the page is cut off; the stream is at that element's `data-events`.
#[island]
pub fn Live() -> impl IntoView {
    browser::follow();
}

/// Suggests a slug while a name is typed, and says in `#slug-status` whether it is free; the URL
/// that answers is that element's `data-check`, to which the slug is added.
#[island]
pub fn SlugAssistant() -> impl IntoView {
    browser::assist_slug();
}
