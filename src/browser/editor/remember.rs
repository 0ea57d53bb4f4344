//! What is typed in a form that is not saved (`data-remembers`, the name it goes by) is there again when its page is,
//! for as long as the tab is open.

use crate::browser::{
    dom::{self, closest, document, on, window},
    morph,
};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, EventInit, HtmlTextAreaElement, Storage, UrlSearchParams};

pub(super) fn typed_values() {
    on(&document(), "input", |event| {
        if let Some(form) = closest(event, "form[data-remembers]") {
            keep(&form);
        }
    });
    on(&document(), morph::MORPHED, |_| recall());
    recall();
}

fn storage() -> Option<Storage> {
    window().session_storage().ok()?
}

/// What was typed, by the names of the fields; of those too that are not in the form just now.
fn typed(form: &Element) -> Option<(String, UrlSearchParams)> {
    let key = form.get_attribute("data-remembers")?;
    let kept = storage()?.get_item(&key).ok()?.unwrap_or_default();
    Some((key, UrlSearchParams::new_with_str(&kept).ok()?))
}

fn fields(form: &Element) -> impl Iterator<Item = HtmlTextAreaElement> + use<> {
    let fields = form.query_selector_all("textarea").ok();
    let count = fields.as_ref().map_or(0, web_sys::NodeList::length);
    (0..count).filter_map(move |n| fields.as_ref()?.item(n)?.dyn_into().ok())
}

fn keep(form: &Element) {
    let Some((key, typed)) = typed(form) else { return };
    for field in fields(form) {
        match field.value() {
            empty if empty.is_empty() => typed.delete(&field.name()),
            value => typed.set(&field.name(), &value),
        }
    }
    if let (Some(storage), Some(text)) = (storage(), typed.to_string().as_string()) {
        let _ = storage.set_item(&key, &text);
    }
}

/// Puts what was typed back in the fields.
fn recall() {
    for form in dom::all("form[data-remembers]") {
        let Some((_, typed)) = typed(&form) else { continue };
        let mut is_changed = false;
        for field in fields(&form) {
            if let Some(value) = typed.get(&field.name()).filter(|value| *value != field.value()) {
                field.set_value(&value);
                is_changed = true;
            }
        }
        if is_changed {
            tell(&form);
        }
    }
}

/// Those that follow what is typed hear of it.
fn tell(form: &Element) {
    let init = EventInit::new();
    init.set_bubbles(true);
    if let Ok(input) = Event::new_with_event_init_dict("input", &init) {
        let _ = form.dispatch_event(&input);
    }
}
