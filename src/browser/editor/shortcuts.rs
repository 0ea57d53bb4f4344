//! Keys and small buttons: save with Ctrl+S, move a message with Alt and an arrow, fold it.

use super::draft::Draft;
use crate::browser::{
    dom::{self, closest, on},
    morph,
};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlFormElement, KeyboardEvent};

pub(super) fn take(form: &HtmlFormElement, draft: &Rc<Draft>) {
    let draft = draft.clone();
    on(&dom::document(), "keydown", move |event| {
        let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
        if (key.ctrl_key() || key.meta_key()) && !key.alt_key() && key.key().eq_ignore_ascii_case("s") {
            event.prevent_default();
            draft.save();
        }
    });
    let moved = Rc::new(RefCell::new(None::<String>));
    let wanted = moved.clone();
    on(form, "keydown", move |event| {
        let Some(key) = event.dyn_ref::<KeyboardEvent>().filter(|key| key.alt_key()) else { return };
        let verb = match key.key().as_str() {
            "ArrowUp" => "up",
            "ArrowDown" => "down",
            _ => return,
        };
        let (Some(message), Some(text)) = (closest(event, "li.message"), closest(event, "textarea")) else {
            return;
        };
        event.prevent_default();
        let button = message.query_selector(&format!("button[value^={verb}-]:not(:disabled)")).ok().flatten();
        let Some(button) = button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) else { return };
        let n = text.get_attribute("name").and_then(|name| name.rsplit_once('-')?.1.parse::<usize>().ok());
        let to = n.map(|n| if verb == "up" { n.saturating_sub(1) } else { n + 1 });
        *wanted.borrow_mut() = to.map(|n| format!("content-{n}"));
        button.click();
    });
    on(&dom::document(), morph::MORPHED, move |_| {
        if let Some(name) = moved.take() {
            let text = dom::all(&format!("#editor [name={name}]")).next();
            let _ = text.and_then(|text| text.dyn_into::<HtmlElement>().ok()).map(|text| text.focus());
        }
        for message in dom::all("#editor .message[data-folded]") {
            tell(&message);
        }
    });
    on(form, "click", |event| {
        let button = closest(event, "[data-folds]");
        if let Some(message) = button.and_then(|button| button.closest(".message").ok()?) {
            let _ = message.toggle_attribute("data-folded");
            tell(&message);
        }
    });
}

/// Says on the button of a message whether it is folded.
fn tell(message: &Element) {
    if let Ok(Some(button)) = message.query_selector("[data-folds]") {
        let open = if message.has_attribute("data-folded") { "false" } else { "true" };
        let _ = button.set_attribute("aria-expanded", open);
    }
}
