//! Things in a tree are put elsewhere: by dragging, or with Alt and the arrows. Each says what it is
//! (`data-thing`, the field of its form) and which one (`data-id`); the tree says where the forms go.

use super::forms;
use crate::browser::{
    dom::{self, closest, on},
    morph,
};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DragEvent, Element, Event, HtmlElement, KeyboardEvent, UrlSearchParams};

/// What is said where something cannot be put.
const REFUSED: &str = "It can't be moved there: its name is taken, or the folders would be too deep.";
const THING: &str = ".tree[data-org] [data-thing]";

/// Where something goes: into a folder, `after` one of its kind, `first` or `last`.
struct Goal {
    folder: String,
    place: String,
}

pub(super) fn arrange() {
    let document = dom::document();
    let dragged = Rc::new(RefCell::new(None::<Element>));
    let held = dragged.clone();
    on(&document, "dragstart", move |event| {
        let Some(thing) = closest(event, THING) else { return };
        // Dropped into a text it is a reference to it.
        let path = thing.get_attribute("data-path");
        if let (Some(data), Some(path)) = (transfer(event), path) {
            let _ = data.set_data("text/plain", &format!("[[ {path} ]]"));
        }
        *held.borrow_mut() = Some(thing);
    });
    let held = dragged.clone();
    on(&document, "dragover", move |event| {
        clear();
        let Some((to, _)) = held.borrow().as_ref().and_then(|thing| goal_of_drop(event, thing)) else {
            return;
        };
        event.prevent_default();
        let _ = to.set_attribute("data-over", "");
    });
    let held = dragged.clone();
    on(&document, "drop", move |event| {
        clear();
        let Some(thing) = held.take() else { return };
        if let Some((_, goal)) = goal_of_drop(event, &thing) {
            event.prevent_default();
            put(&thing, &goal);
        }
    });
    on(&document, "dragend", move |_| {
        clear();
        dragged.take();
    });
    on(&document, "keydown", |event| {
        let Some(key) = event.dyn_ref::<KeyboardEvent>().filter(|key| key.alt_key()) else { return };
        let Some(thing) = closest(event, THING) else { return };
        if let Some(goal) = goal_of_key(&key.key(), &thing) {
            event.prevent_default();
            put(&thing, &goal);
        }
    });
}

fn transfer(event: &Event) -> Option<web_sys::DataTransfer> {
    event.dyn_ref::<DragEvent>()?.data_transfer()
}

fn clear() {
    for over in dom::all("[data-over]") {
        let _ = over.remove_attribute("data-over");
    }
}

fn id(thing: &Element) -> String {
    thing.get_attribute("data-id").unwrap_or_default()
}

fn kind(thing: &Element) -> String {
    thing.get_attribute("data-thing").unwrap_or_default()
}

/// The folder that something is in: empty at the top.
fn folder_of(thing: &Element) -> String {
    around(thing).map_or_else(String::new, |folder| id(&folder))
}

/// The link of the folder around something.
fn around(thing: &Element) -> Option<Element> {
    thing.closest("li").ok()??.parent_element()?.closest("li").ok()??.query_selector("[data-thing]").ok()?
}

/// What something is dropped on, and where it goes then: into a folder, or after one of its kind.
fn goal_of_drop(event: &Event, thing: &Element) -> Option<(Element, Goal)> {
    let on = closest(event, ".tree[data-org] .tree-item")?;
    if on == *thing {
        return None;
    }
    let (folder, place) = match kind(&on).as_str() {
        // The top of the tree.
        "" => (String::new(), "last".to_owned()),
        "folder" => (id(&on), "last".to_owned()),
        _ if kind(thing) == kind(&on) => (folder_of(&on), id(&on)),
        _ => (folder_of(&on), "last".to_owned()),
    };
    Some((on, Goal { folder, place }))
}

/// Up and down among its kind, into the folder before it, out of the folder it is in.
fn goal_of_key(key: &str, thing: &Element) -> Option<Goal> {
    let near = |next: bool, from: &Element| -> Option<Element> {
        let item = from.closest("li").ok()??;
        let item = if next { item.next_element_sibling()? } else { item.previous_element_sibling()? };
        item.query_selector("[data-thing]").ok()?
    };
    let like = |other: Element| (kind(&other) == kind(thing)).then_some(other);
    let folder = folder_of(thing);
    match key {
        "ArrowUp" => {
            let before = like(near(false, thing)?)?;
            let place =
                near(false, &before).and_then(like).map_or_else(|| "first".to_owned(), |one| id(&one));
            Some(Goal { folder, place })
        }
        "ArrowDown" => Some(Goal { folder, place: id(&like(near(true, thing)?)?) }),
        "ArrowRight" => {
            let mut before = near(false, thing)?;
            while kind(&before) != "folder" {
                before = near(false, &before)?;
            }
            Some(Goal { folder: id(&before), place: "last".to_owned() })
        }
        "ArrowLeft" => {
            let out = around(thing)?;
            let place = if kind(thing) == "folder" { id(&out) } else { "last".to_owned() };
            Some(Goal { folder: folder_of(&out), place })
        }
        _ => None,
    }
}

/// Puts something somewhere, and the focus back on it.
fn put(thing: &Element, goal: &Goal) {
    let (kind, id) = (kind(thing), id(thing));
    let Some(tree) = thing.closest("[data-org]").ok().flatten() else { return };
    let (action, parent) =
        if kind == "folder" { ("/api/folders/move", "parent") } else { ("/api/prompts/move", "folder") };
    let here = dom::window().location();
    let page = format!("{}{}", here.pathname().unwrap_or_default(), here.search().unwrap_or_default());
    let Ok(body) = UrlSearchParams::new() else { return };
    let org = tree.get_attribute("data-org").unwrap_or_default();
    for (name, value) in
        [("org", &org), (&*kind, &id), (parent, &goal.folder), ("place", &goal.place), ("page", &page)]
    {
        body.append(name, value);
    }
    dom::spawn(async move {
        let Some(answer) = dom::fetch(action, Some(&JsValue::from(body))).await else { return };
        let status = answer.status;
        if let Some(page) = answer.document().filter(|_| status < 400) {
            morph::page(&page, None);
        } else {
            forms::alert(REFUSED);
        }
        let moved = dom::all(&format!("{THING}[data-id=\"{id}\"]")).next();
        let _ = moved.and_then(|moved| moved.dyn_into::<HtmlElement>().ok()).map(|moved| moved.focus());
    });
}
