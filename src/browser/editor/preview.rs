//! The preview shows the draft with the test values that are typed.

use super::read_again;
use crate::browser::{
    dom::{self, Latest, on},
    morph,
};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, FormData, HtmlFormElement, HtmlTextAreaElement};

/// How long after the last key the values are sent.
const PAUSE: i32 = 300;
/// What tells that the preview is not to be replaced.
const HELD: &str = "data-dirty";
/// Heard on the document when the preview shows something else.
pub(super) const PREVIEWED: &str = "previewed";

/// Keeps the preview up to the draft and the values.
pub(super) fn keep() {
    let (typed, asked) = (Latest::default(), Latest::default());
    let last = asked.clone();
    on(&dom::document(), "input", move |event| {
        if dom::closest(event, "#try").is_some() {
            hold();
            let last = last.clone();
            typed.turn().later(PAUSE, move |_| show(&last));
        }
    });
    let last = asked.clone();
    on(&dom::document(), morph::MORPHED, move |_| {
        let was_held = dom::by_id::<Element>("preview").is_some_and(|preview| preview.has_attribute(HELD));
        if hold() {
            show(&last);
        } else if was_held {
            // The fields went away, and with them the values: no answer about them counts.
            let _ = last.turn();
            dom::spawn(read_again("#preview-panel"));
        }
    });
    if hold() {
        show(&asked);
    }
}

/// Whether there are test values. With them the preview is not replaced by what it is without.
fn hold() -> bool {
    let has_values = dom::all("#try textarea")
        .any(|field| field.dyn_ref::<HtmlTextAreaElement>().is_some_and(|field| !field.value().is_empty()));
    if let Some(preview) = dom::by_id::<Element>("preview") {
        let _ = preview.toggle_attribute_with_force(HELD, has_values);
    }
    has_values
}

/// Shows what the draft renders to with the values; of several answers, the last.
fn show(asked: &Latest) {
    let Some(form) = dom::by_id::<HtmlFormElement>("try") else { return };
    let Ok(body) = FormData::new_with_form(&form) else { return };
    let turn = asked.turn();
    dom::spawn(async move {
        let Some(answer) = dom::fetch(&form.action(), Some(&body)).await else { return };
        let new = answer.document().and_then(|page| page.get_element_by_id("preview"));
        let (Some(new), Some(old)) = (new, dom::by_id::<Element>("preview")) else { return };
        if turn.is_last() && old.inner_html() != new.inner_html() {
            old.set_inner_html(&new.inner_html());
            if let Ok(previewed) = Event::new(PREVIEWED) {
                let _ = dom::document().dispatch_event(&previewed);
            }
        }
    });
}
