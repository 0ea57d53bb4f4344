//! Turns one piece of a page into another, touching only what differs: what keeps its place keeps
//! its focus, its selection, its scroll and what was typed into it.

use super::dom::document;
use std::cell::Cell;
use wasm_bindgen::JsCast;
use web_sys::{Document, Element, Event, HtmlElement, HtmlTextAreaElement, Node};

/// Heard on the document when pieces of the page were brought up to date.
pub(crate) const MORPHED: &str = "morphed";

thread_local! {
    /// Whether what comes is the answer to the page's own form, which may change what was typed.
    static IS_ANSWER: Cell<bool> = const { Cell::new(false) };
}

/// Brings the whole page up to date: its content, its notices and every live region.
pub(crate) fn page(new: &Document) {
    document().set_title(&new.title());
    IS_ANSWER.set(true);
    regions(new, "#main, #crumbs, #toast, [data-live]");
    IS_ANSWER.set(false);
}

/// Brings the regions that match up to date; each has an id, by which it is found again.
pub(crate) fn regions(new: &Document, selector: &str) {
    let focused = document().active_element();
    for old in super::dom::all(selector) {
        // A region within another was brought up with it, unless that one went away.
        let twin = new.get_element_by_id(&old.id());
        if let Some(twin) = twin {
            element(&old, &twin);
        }
    }
    refocus(focused);
    if let Ok(morphed) = Event::new(MORPHED) {
        let _ = document().dispatch_event(&morphed);
    }
}

/// Moving a node takes the focus off it; gives it back.
fn refocus(focused: Option<Element>) {
    let Some(focused) = focused.and_then(|element| element.dyn_into::<HtmlElement>().ok()) else { return };
    if focused.is_connected() && document().active_element().as_ref() != Some(focused.as_ref()) {
        let _ = focused.focus();
    }
}

fn element(old: &Element, new: &Element) {
    // A hydrated island looks after itself, as does what scripts write.
    if old.tag_name() == "LEPTOS-ISLAND" || old.has_attribute("data-own") {
        return;
    }
    // What somebody is writing is theirs.
    if old.has_attribute("data-dirty") && !IS_ANSWER.get() {
        return;
    }
    attributes(old, new);
    children(old, new);
    // A field that was typed in shows what was typed, whatever stands in the page.
    if let Some(field) = old.dyn_ref::<HtmlTextAreaElement>().filter(|_| !IS_ANSWER.get() && is_kept(old)) {
        let says = field.default_value().unwrap_or_default();
        if field.value() != says {
            field.set_value(&says);
        }
    }
}

/// Whether it stands in a form that is kept while one types.
fn is_kept(field: &Element) -> bool {
    field.closest("form[data-backup]").is_ok_and(|form| form.is_some())
}

fn attributes(old: &Element, new: &Element) {
    for name in names(new) {
        let value = new.get_attribute(&name);
        if value != old.get_attribute(&name) {
            let _ = old.set_attribute(&name, value.as_deref().unwrap_or_default());
        }
    }
    for name in names(old) {
        // An open dialog stays open; busy buttons are made free by whoever made them busy.
        let kept = matches!(name.as_str(), "open" | "aria-busy" | "data-folded");
        if !kept && !new.has_attribute(&name) {
            let _ = old.remove_attribute(&name);
        }
    }
}

fn names(element: &Element) -> Vec<String> {
    element.get_attribute_names().iter().filter_map(|name| name.as_string()).collect()
}

fn children(old: &Element, new: &Element) {
    let mut place = old.first_child();
    let mut next_new = new.first_child();
    while let Some(wanted) = next_new {
        next_new = wanted.next_sibling();
        match find(old, place.as_ref(), &wanted) {
            Some(found) => {
                if place.as_ref() == Some(&found) {
                    place = found.next_sibling();
                } else {
                    let _ = old.insert_before(&found, place.as_ref());
                }
                node(&found, &wanted);
            }
            None => {
                if let Ok(copy) = document().import_node_with_deep(&wanted, true) {
                    let _ = old.insert_before(&copy, place.as_ref());
                }
            }
        }
    }
    while let Some(rest) = place {
        place = rest.next_sibling();
        if !rest.dyn_ref::<Element>().is_some_and(|element| element.has_attribute("data-own")) {
            let _ = old.remove_child(&rest);
        }
    }
}

/// The old node that becomes the new one: that of the same id, or else the one in its place if it
/// is of the same kind and has no id.
fn find(parent: &Element, place: Option<&Node>, wanted: &Node) -> Option<Node> {
    let id = wanted.dyn_ref::<Element>().map(Element::id).filter(|id| !id.is_empty());
    match id {
        Some(id) => {
            let same = document().get_element_by_id(&id)?;
            (same.parent_element().as_ref() == Some(parent)).then(|| same.into())
        }
        None => place.filter(|node| is_same_kind(node, wanted)).cloned(),
    }
}

fn is_same_kind(old: &Node, new: &Node) -> bool {
    old.node_type() == new.node_type()
        && old.node_name() == new.node_name()
        && old.dyn_ref::<Element>().is_none_or(|element| element.id().is_empty())
}

fn node(old: &Node, new: &Node) {
    match (old.dyn_ref::<Element>(), new.dyn_ref::<Element>()) {
        (Some(old), Some(new)) => element(old, new),
        _ if old.node_value() != new.node_value() => old.set_node_value(new.node_value().as_deref()),
        _ => {}
    }
}
