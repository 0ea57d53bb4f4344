//! What the editor does in the browser: the draft is kept while one types, names are completed, what is
//! more than text is marked.

mod backup;
mod completion;
mod draft;
mod marks;
mod preview;
mod remember;
mod shortcuts;
mod status;

use crate::browser::{dom, morph};
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{Event, EventTarget, HtmlFormElement};

/// Assists where values are tried, and at the form `#editor` for those who may edit.
pub fn assist() {
    preview::keep();
    remember::typed_values();
    let Some(form) = dom::by_id::<HtmlFormElement>("editor") else { return };
    marks::keep(&form);
    completion::offer(&form);
    let draft = draft::keep(&form);
    shortcuts::take(&form, &draft);
    backup::bring_back(&form);
}

/// Reads the page again and brings regions of it up to that, where it is still there for the one who looks.
async fn read_again(regions: &str) {
    let href = dom::window().location().href().unwrap_or_default();
    let Some(answer) = dom::reread(&href).await else { return };
    // Who is signed out is led to another page.
    let is_here = answer.url == href.split('#').next().unwrap_or_default();
    if let (200..300, Some(page), true) = (answer.status, answer.document(), is_here) {
        morph::regions(&page, regions);
    }
}

/// Calls `f` on an event before anything else hears of it: also on one that does not bubble.
fn on_first(target: &EventTarget, event: &str, mut f: impl FnMut(&Event) + 'static) {
    let callback = Closure::<dyn FnMut(Event)>::new(move |event| f(&event)).into_js_value();
    let _ = target.add_event_listener_with_callback_and_bool(event, callback.unchecked_ref(), true);
}
