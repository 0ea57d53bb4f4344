//! What is more than text is marked, behind what one types; how long a text is stands beside it.

use super::on_first;
use crate::{
    editor::highlight::{Known, highlight},
    templates::{Engine, about_tokens, slips_in_words},
    ui::browser::{
        dom::{self, Latest, on},
        morph,
    },
};
use std::collections::BTreeSet;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlFormElement, HtmlSelectElement, HtmlTextAreaElement};

/// How long after the last key it is told what looks like a variable and is none.
const PAUSE: i32 = 700;

pub(super) fn keep(form: &HtmlFormElement) {
    let (one, pauses) = (form.clone(), Latest::default());
    on(form, "input", move |event| match event.target().map(JsCast::dyn_into::<HtmlTextAreaElement>) {
        Some(Ok(text)) => {
            mark(&one, &text);
            pauses.turn().later(PAUSE, move |_| tell_slips(&text));
        }
        _ => mark_all(&one),
    });
    let one = form.clone();
    on(&dom::document(), morph::MORPHED, move |_| mark_all(&one));
    on_first(form, "scroll", |event| {
        if let Some(text) = event.target().and_then(|target| target.dyn_into::<HtmlTextAreaElement>().ok()) {
            follow(&text);
        }
    });
    mark_all(form);
    let _ = form.set_attribute("data-marked", "");
}

fn mark_all(form: &HtmlFormElement) {
    let _ = form.set_attribute("data-marked", "");
    for text in dom::all("#editor .code > textarea") {
        let text: HtmlTextAreaElement = text.unchecked_into();
        mark(form, &text);
        tell_slips(&text);
    }
}

/// Says below a text what looks like a variable in it and is none.
fn tell_slips(text: &HtmlTextAreaElement) {
    let Some(place) = text.parent_element().and_then(|code| code.next_element_sibling()) else { return };
    let says = slips_in_words(engine(), &text.value()).join("\n");
    if place.class_list().contains("slips") && place.text_content().unwrap_or_default() != says {
        place.set_text_content(Some(&says));
    }
}

/// The names in an attribute of the form, a line each.
pub(super) fn names(form: &Element, attribute: &str) -> BTreeSet<String> {
    form.get_attribute(attribute).unwrap_or_default().lines().map(ToOwned::to_owned).collect()
}

/// How the text in the form is read.
pub(super) fn engine() -> Engine {
    let select = dom::by_id::<HtmlSelectElement>("engine");
    select.and_then(|select| Engine::parse(&select.value())).unwrap_or_default()
}

fn behind(text: &HtmlTextAreaElement) -> Option<HtmlElement> {
    text.previous_element_sibling()?.dyn_into().ok()
}

fn mark(form: &HtmlFormElement, text: &HtmlTextAreaElement) {
    let Some(behind) = behind(text) else { return };
    let mut variables = names(form, "data-variables");
    for field in dom::all("#editor input[name^=var-]") {
        variables.extend(field.dyn_ref().map(web_sys::HtmlInputElement::value));
    }
    let known = Known { variables, missing: names(form, "data-missing") };
    let says = text.value();
    behind.set_inner_html(&highlight(engine(), &says, &known));
    follow(text);
    let tokens = text.closest(".message").ok().flatten();
    if let Some(tokens) = tokens.and_then(|message| message.query_selector(".tokens").ok().flatten()) {
        tokens.set_text_content(Some(&about_tokens(&says)));
    }
}

/// Scrolls what lies behind as far as what is typed.
fn follow(text: &HtmlTextAreaElement) {
    if let Some(behind) = behind(text) {
        behind.set_scroll_top(text.scroll_top());
    }
}
