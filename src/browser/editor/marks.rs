//! What is more than text is marked, behind what one types; what is told of it is below, and how long it is beside it.

use super::{on_first, preview::PREVIEWED};
use crate::{
    browser::{
        dom::{self, Latest, closest, on},
        morph,
    },
    templates::highlight::{Known, lines, notes},
    templates::{Engine, about_tokens},
};
use std::{cell::RefCell, collections::BTreeSet, rc::Rc};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, HtmlFormElement, HtmlSelectElement, HtmlTextAreaElement, Node};

/// How long after the last key it is told what looks like a variable and is none.
const PAUSE: i32 = 700;

/// The texts of a form, and what lies behind them.
struct Marks {
    form: HtmlFormElement,
    /// Of what lies behind each text, the lines: what stays the same is not written again.
    written: RefCell<Vec<(HtmlElement, Vec<String>)>>,
}

pub(super) fn keep(form: &HtmlFormElement) {
    let marks = Rc::new(Marks { form: form.clone(), written: RefCell::default() });
    let (one, pauses) = (marks.clone(), Latest::default());
    on(form, "input", move |event| match event.target().map(JsCast::dyn_into::<HtmlTextAreaElement>) {
        Some(Ok(text)) => {
            one.mark(&text);
            pauses.turn().later(PAUSE, move |_| tell(&text));
        }
        _ => one.mark_all(),
    });
    for heard in [morph::MORPHED, PREVIEWED] {
        let one = marks.clone();
        on(&dom::document(), heard, move |_| one.mark_all());
    }
    on_first(form, "scroll", |event| {
        if let Some(text) = event.target().and_then(|target| target.dyn_into::<HtmlTextAreaElement>().ok()) {
            follow(&text);
        }
    });
    on(&dom::document(), "click", |event| {
        let _ = go_to_line(event);
    });
    marks.mark_all();
}

impl Marks {
    fn mark_all(&self) {
        let _ = self.form.set_attribute("data-marked", "");
        self.written.borrow_mut().retain(|(behind, _)| behind.is_connected());
        for text in dom::all("#editor .code > textarea") {
            let text: HtmlTextAreaElement = text.unchecked_into();
            self.mark(&text);
            tell(&text);
        }
    }

    fn mark(&self, text: &HtmlTextAreaElement) {
        let Some(behind) = behind(text) else { return };
        let mut variables = names(&self.form, "data-variables");
        for field in dom::all("#editor input[name^=var-]") {
            variables.extend(field.dyn_ref().map(web_sys::HtmlInputElement::value));
        }
        let known = Known { variables, missing: names(&self.form, "data-missing") };
        let says = text.value();
        let new = lines(engine(), &says, &known, &flaws(text));
        let mut written = self.written.borrow_mut();
        let place = written.iter().position(|(one, _)| *one == behind);
        let old = place.map(|place| written.swap_remove(place).1);
        if old.is_none() {
            behind.set_text_content(None);
        }
        rewrite(&behind, &old.unwrap_or_default(), &new);
        written.push((behind, new));
        follow(text);
        let tokens = text.closest(".message").ok().flatten();
        if let Some(tokens) = tokens.and_then(|message| message.query_selector(".tokens").ok().flatten()) {
            tokens.set_text_content(Some(&about_tokens(&says)));
        }
    }
}

/// Writes the lines that are new in place of those that are gone: a long text is laid out again with each letter
/// otherwise.
fn rewrite(behind: &HtmlElement, old: &[String], new: &[String]) {
    let before = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let (old_rest, new_rest) = (old[before..].iter().rev(), new[before..].iter().rev());
    let after = old_rest.zip(new_rest).take_while(|(old, new)| old == new).count();
    let nodes = behind.child_nodes();
    let node = |n: usize| nodes.item(u32::try_from(n).ok()?);
    let gone: Vec<Node> = (before..old.len() - after).filter_map(node).collect();
    let html = new[before..new.len() - after].concat();
    let _ = match node(before).and_then(|node| node.dyn_into::<Element>().ok()) {
        Some(next) => next.insert_adjacent_html("beforebegin", &html),
        None => behind.insert_adjacent_html("beforeend", &html),
    };
    for node in gone {
        let _ = behind.remove_child(&node);
    }
}

/// What the preview says of lines of a text.
fn flaws(text: &HtmlTextAreaElement) -> Vec<String> {
    let here = format!("#preview [data-at=\"{}\"]", text.name());
    dom::all(&here).filter_map(|flaw| flaw.get_attribute("data-says")).collect()
}

/// Says below a text what is wrong with its lines, and what looks like a variable in it and is none.
fn tell(text: &HtmlTextAreaElement) {
    let Some(place) = text.parent_element().and_then(|code| code.next_element_sibling()) else { return };
    let says = notes(&text.name(), engine(), &text.value(), &flaws(text));
    // Told once, it is not read out again.
    if place.class_list().contains("slips") && place.get_attribute("data-told").as_deref() != Some(&says) {
        place.set_inner_html(&says);
        let _ = place.set_attribute("data-told", &says);
    }
}

/// Takes the caret to the line that a link names.
fn go_to_line(event: &Event) -> Option<()> {
    let named = closest(event, "a[data-line]")?;
    let line: usize = named.get_attribute("data-line")?.parse().ok()?;
    let text: HtmlTextAreaElement = dom::by_id(named.get_attribute("href")?.strip_prefix('#')?)?;
    event.prevent_default();
    if let Some(message) = text.closest(".message[data-folded]").ok()? {
        message.query_selector("[data-folds]").ok()??.dyn_into::<HtmlElement>().ok()?.click();
    }
    let says = text.value();
    let before = says.split('\n').take(line.saturating_sub(1));
    // In UTF-16 units, as the browser counts.
    let start: usize = before.map(|line| line.encode_utf16().count() + 1).sum();
    let start = u32::try_from(start).ok()?;
    text.focus().ok()?;
    text.set_selection_range(start, start).ok()?;
    let node = behind(&text)?.child_nodes().item(u32::try_from(line).ok()?.checked_sub(1)?)?;
    text.set_scroll_top(node.dyn_into::<HtmlElement>().ok()?.offset_top() - text.client_height() / 2);
    Some(())
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

/// Scrolls what lies behind as far as what is typed.
fn follow(text: &HtmlTextAreaElement) {
    if let Some(behind) = behind(text) {
        behind.set_scroll_top(text.scroll_top());
    }
}
