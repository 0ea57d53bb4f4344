//! Turns one piece of a page into another, touching only what differs: what keeps its place keeps
//! its focus, its selection, its scroll and what was typed into it.

use super::dom::document;
use wasm_bindgen::JsCast;
use web_sys::{Document, Element, HtmlElement, Node};

/// Brings the whole page up to date: its content, its notices and every live region.
pub(super) fn page(new: &Document) {
    document().set_title(&new.title());
    regions(new, "#main, #toast, [data-live]");
}

/// Brings the regions that match up to date; each has an id, by which it is found again.
pub(super) fn regions(new: &Document, selector: &str) {
    let focused = document().active_element();
    for old in super::dom::all(selector) {
        // A region within another was brought up with it, unless that one went away.
        let twin = new.get_element_by_id(&old.id());
        if let Some(twin) = twin {
            element(&old, &twin);
        }
    }
    refocus(focused);
}

/// Moving a node takes the focus off it; gives it back.
fn refocus(focused: Option<Element>) {
    let Some(focused) = focused.and_then(|element| element.dyn_into::<HtmlElement>().ok()) else { return };
    if focused.is_connected() && document().active_element().as_ref() != Some(focused.as_ref()) {
        let _ = focused.focus();
    }
}

fn element(old: &Element, new: &Element) {
    // A hydrated island looks after itself.
    if old.tag_name() == "LEPTOS-ISLAND" {
        return;
    }
    attributes(old, new);
    children(old, new);
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
        let kept = name == "open" || name == "aria-busy";
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
        let _ = old.remove_child(&rest);
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
