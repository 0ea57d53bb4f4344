//! What the editor does in the browser: the draft is kept while one types, names are completed, what is
//! more than text is marked.

mod backup;
mod completion;
mod draft;
mod marks;
mod shortcuts;

use crate::ui::browser::dom;
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{Event, EventTarget, HtmlFormElement};

/// Assists at the form `#editor`.
pub(crate) fn assist() {
    let Some(form) = dom::by_id::<HtmlFormElement>("editor") else { return };
    marks::keep(&form);
    completion::offer(&form);
    let draft = draft::keep(&form);
    shortcuts::take(&form, &draft);
    backup::bring_back(&form);
}

/// Calls `f` on an event before anything else hears of it: also on one that does not bubble.
fn on_first(target: &EventTarget, event: &str, mut f: impl FnMut(&Event) + 'static) {
    let callback = Closure::<dyn FnMut(Event)>::new(move |event| f(&event)).into_js_value();
    let _ = target.add_event_listener_with_callback_and_bool(event, callback.unchecked_ref(), true);
}
