//! The islands of every page of the app. They take no props: those would bring a JSON parser into the wasm of every page.
//! What they need to know stands in the page.

mod arrange;
mod fold;
mod forms;
mod live;
mod palette;
mod slug;

use leptos::prelude::*;

/// Makes forms, menus and buttons of the page answer in place, folds the tree, and finds at a key. Everything works
/// without it.
#[island]
pub fn InPlace() -> impl IntoView {
    in_browser(|| {
        forms::answer_in_place();
        palette::offer_palette();
        arrange::arrange();
        fold::fold();
    });
}

/// Keeps the regions marked `data-live` as they are on the server, and says in `#live-status` when
/// the page is cut off; the stream is at that element's `data-events`.
#[island]
pub fn Live() -> impl IntoView {
    in_browser(live::follow);
}

/// Suggests a slug while a name is typed, and says in `#slug-status` whether it is free; the URL
/// that answers is that element's `data-check`, to which the slug is added.
#[island]
pub fn SlugAssistant() -> impl IntoView {
    in_browser(slug::assist_slug);
}

/// Runs what an island does. The server, which renders the island as well, leaves it out. An effect would do the same,
/// but brings 5 kB of reactive runtime into the wasm of every page, and nothing here is reactive.
fn in_browser(run: impl FnOnce()) {
    if cfg!(target_family = "wasm") {
        run();
    }
}
