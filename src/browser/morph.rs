//! Turns one piece of a page into another, touching only what differs: what keeps its place keeps
//! its focus, its selection, its scroll and what was typed into it.

use super::dom::{by_id, document, within};
use std::cell::RefCell;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Element, Event, HtmlElement, Node, NodeList, js_sys::Reflect};

/// Heard on the document when pieces of the page were brought up to date.
pub(crate) const MORPHED: &str = "morphed";

thread_local! {
    /// The form of the page whose answer comes, which may change what was typed in it.
    static ANSWERED: RefCell<Option<Element>> = const { RefCell::new(None) };
}

/// Brings the whole page up to date with an answer, to a form of it if it was one: its content, its notices and every
/// live region.
pub(crate) fn page(new: &Document, form: Option<&Element>) {
    document().set_title(&new.title());
    // What a button moves takes the focus along: the button says which one follows it.
    let pressed = document().active_element();
    let pressed = pressed.filter(|pressed| form.is_some_and(|form| form.contains(Some(pressed.as_ref()))));
    let then = pressed.and_then(|pressed| pressed.get_attribute("data-then"));
    ANSWERED.set(form.cloned());
    regions(new, "#main, #crumbs, #toast, [data-live]");
    ANSWERED.set(None);
    let next = then.and_then(|then| document().query_selector(&format!("button[value={then}]")).ok()?);
    if let Some(next) = next {
        focus(&next);
    }
}

/// Brings the regions that match up to date; each has an id, by which it is found again.
pub(crate) fn regions(new: &Document, selector: &str) {
    let focused = document().active_element();
    let controls = document().query_selector_all(CONTROLS).ok();
    for old in super::dom::all(selector) {
        // A region within another was brought up with it, unless that one went away.
        let twin = new.get_element_by_id(&old.id());
        if let Some(twin) = twin {
            element(&old, &twin);
        }
    }
    refocus(focused, controls);
    if let Ok(morphed) = Event::new(MORPHED) {
        let _ = document().dispatch_event(&morphed);
    }
}

/// What of the page can have the focus.
const CONTROLS: &str = "#main :is(a[href], button, input, select, textarea, summary, [tabindex])";

/// Moving a node takes the focus off it; gives it back. What went away or is off by now leaves it to what stood before
/// it, and that to the page.
fn refocus(focused: Option<Element>, controls: Option<NodeList>) {
    let (Some(focused), Some(controls)) = (focused, controls) else { return };
    if focus(&focused) {
        return;
    }
    let control = |n: u32| controls.item(n)?.dyn_into::<Element>().ok();
    let at = (0..controls.length()).find(|n| control(*n).as_ref() == Some(&focused)).unwrap_or(0);
    if !(0..at).rev().filter_map(control).any(|one| focus(&one))
        && let Some(main) = by_id::<Element>("main")
    {
        let _ = main.set_attribute("tabindex", "-1");
        focus(&main);
    }
}

/// Whether something has the focus, or takes it.
fn focus(element: &Element) -> bool {
    let Some(element) = element.dyn_ref::<HtmlElement>() else { return false };
    if !element.is_connected() || element.matches(":disabled").unwrap_or(false) {
        return false;
    }
    let has = || document().active_element().as_ref() == Some(element.as_ref());
    if !has() {
        let _ = element.focus();
    }
    has()
}

fn element(old: &Element, new: &Element) {
    // A hydrated island looks after itself, as does what scripts write.
    if old.tag_name() == "LEPTOS-ISLAND" || old.has_attribute("data-own") {
        return;
    }
    let is_others = is_others(old);
    // What somebody is writing is theirs.
    if is_others && (old.has_attribute("data-dirty") || is_held(old, new)) || is_begun(old, new) {
        return;
    }
    attributes(old, new);
    children(old, new);
    if is_others && old.closest(KEPT).is_ok_and(|form| form.is_some()) {
        follow(old);
    }
}

/// A form that is kept while one types.
const KEPT: &str = "form[data-backup]";

/// Whether what comes answers nothing that was posted from here: no form at all, or another one than the form that is
/// kept here.
fn is_others(old: &Element) -> bool {
    let answered = ANSWERED.with_borrow(Clone::clone);
    answered.is_none_or(|form| old.closest(KEPT).ok().flatten().is_some_and(|kept| kept != form))
}

/// Whether somebody stands in a field of a form that others changed: it stays as it is until they leave
/// it, and says who it was (`data-behind`). What is no newer than the form is passed over.
fn is_held(old: &Element, new: &Element) -> bool {
    if !old.matches(KEPT).unwrap_or(false) {
        return false;
    }
    let number = |form: &Element| -> Option<u32> {
        let field = form.query_selector("[name=revision]").ok()??;
        field.get_attribute("value")?.parse().ok()
    };
    if number(new) <= number(old) {
        return true;
    }
    let field = document().active_element().filter(|field| old.contains(Some(field.as_ref())));
    let Some((field, name)) = field.and_then(|field| Some((field.clone(), field.get_attribute("name")?)))
    else {
        return false;
    };
    let twin = new.query_selector(&format!("[name=\"{name}\"]")).ok().flatten();
    let state = |field: &Element| ["value", "checked"].map(|what| get(field, what));
    let is_same = field.tag_name() == "BUTTON" || twin.is_some_and(|twin| state(&twin) == state(&field));
    if !is_same {
        let _ = old.set_attribute("data-behind", &new.get_attribute("data-by").unwrap_or_default());
    }
    !is_same
}

/// Whether somebody has typed in a form that is posted, and what comes is no answer to it. It stays as a whole: with the
/// page, its hidden fields would say that it was filled from what others wrote meanwhile, and its rows would be of
/// other things.
fn is_begun(old: &Element, new: &Element) -> bool {
    // What is tried is kept by itself, and asked for anew with each draft.
    const POSTED: &str = "form[method=post]:not([data-backup], [data-remembers])";
    let is_same =
        old.matches(POSTED).unwrap_or(false) && old.get_attribute("action") == new.get_attribute("action");
    if !is_same || ANSWERED.with_borrow(|form| form.as_ref() == Some(old)) {
        return false;
    }
    within(old, "input, textarea").iter().any(is_typed)
}

/// Whether a field says something else than the page did.
fn is_typed(field: &Element) -> bool {
    let is_box = field.matches("[type=checkbox], [type=radio]").unwrap_or(false);
    let (now, of_page) = if is_box { ("checked", "defaultChecked") } else { ("value", "defaultValue") };
    get(field, now) != get(field, of_page)
}

/// A field that was typed in shows what was typed, whatever stands in the page: here it follows the page.
fn follow(field: &Element) {
    for (what, of_page) in
        [("value", "defaultValue"), ("checked", "defaultChecked"), ("selected", "defaultSelected")]
    {
        let says = get(field, of_page);
        if !says.is_undefined() && get(field, what) != says {
            let _ = Reflect::set(field, &what.into(), &says);
        }
    }
}

/// A property of a field.
pub(super) fn get(field: &Element, what: &str) -> JsValue {
    Reflect::get(field, &what.into()).unwrap_or(JsValue::UNDEFINED)
}

fn attributes(old: &Element, new: &Element) {
    for name in names(new) {
        let value = new.get_attribute(&name);
        if value != old.get_attribute(&name) {
            let _ = old.set_attribute(&name, value.as_deref().unwrap_or_default());
        }
    }
    for name in names(old) {
        // An open dialog stays open; busy buttons are made free by the code that made them busy.
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
    let mut place = no_comment(old.first_child());
    let mut next_new = no_comment(new.first_child());
    while let Some(wanted) = next_new {
        next_new = no_comment(wanted.next_sibling());
        match find(old, place.as_ref(), &wanted) {
            Some(found) => {
                if place.as_ref() == Some(&found) {
                    place = no_comment(found.next_sibling());
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
        if !rest.dyn_ref::<Element>().is_some_and(stays) {
            let _ = old.remove_child(&rest);
        }
    }
}

/// Skips comments. A page has one where it leaves something out, so they would shift all that follows.
fn no_comment(mut node: Option<Node>) -> Option<Node> {
    while node.as_ref().is_some_and(|node| node.node_type() == Node::COMMENT_NODE) {
        node = node?.next_sibling();
    }
    node
}

/// Whether a piece that the new page does not have stays: what scripts write, and what somebody is writing, unless they
/// posted it themselves.
fn stays(rest: &Element) -> bool {
    const WRITTEN: &str = "form[data-backup][data-dirty]";
    let written = || match rest.matches(WRITTEN) {
        Ok(true) => Some(rest.clone()),
        _ => rest.query_selector(WRITTEN).ok().flatten(),
    };
    rest.has_attribute("data-own") || written().is_some_and(|form| is_others(&form))
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
