//! The stream of the organization: what others do shows here within a moment.

use super::{
    dom::{self, on},
    morph,
};
use std::{cell::RefCell, collections::BTreeSet, rc::Rc};
use wasm_bindgen::JsCast;
use web_sys::{Element, EventSource, MessageEvent};

/// What has to be read again, and whether that is under way.
#[derive(Default)]
struct Pending {
    topics: BTreeSet<String>,
    everything: bool,
    is_running: bool,
}

pub(in crate::ui) fn follow() {
    let url = dom::by_id::<Element>("live-status").and_then(|status| status.get_attribute("data-events"));
    let Some(Ok(source)) = url.map(|url| EventSource::new(&url)) else { return };
    let pending = Rc::new(RefCell::new(Pending::default()));
    let was_cut_off = Rc::new(RefCell::new(false));

    let (state, lost) = (pending.clone(), was_cut_off.clone());
    on(&source, "open", move |_| {
        say(None);
        // Whatever happened while it was away was not told.
        if lost.replace(false) {
            state.borrow_mut().everything = true;
            refresh_soon(&state);
        }
    });
    let lost = was_cut_off;
    on(&source, "error", move |_| {
        *lost.borrow_mut() = true;
        dom::later(3000, {
            let lost = lost.clone();
            move || {
                if *lost.borrow() {
                    say(Some(("offline", "Connection lost. Trying again.")));
                }
            }
        });
    });
    let state = pending.clone();
    on(&source, "change", move |event| {
        if let Some(topic) = data(event) {
            state.borrow_mut().topics.insert(topic);
            refresh_soon(&state);
        }
    });
    let state = pending;
    on(&source, "reload", move |_| {
        state.borrow_mut().everything = true;
        refresh_soon(&state);
    });
    let stream = source.clone();
    on(&source, "gone", move |event| {
        stream.close();
        let why = data(event).unwrap_or_default();
        say(Some(("gone", &why)));
    });
}

fn data(event: &web_sys::Event) -> Option<String> {
    event.dyn_ref::<MessageEvent>()?.data().as_string()
}

/// Says in the top bar that the page is cut off, or that it is not.
fn say(what: Option<(&str, &str)>) {
    let Some(status) = dom::by_id::<Element>("live-status") else { return };
    let _ = status.toggle_attribute_with_force("hidden", what.is_none());
    let (state, text) = what.unwrap_or_default();
    let _ = status.set_attribute("data-state", state);
    status.set_text_content(Some(text));
}

/// Reads the page again in a moment, once for all that came in until then.
fn refresh_soon(pending: &Rc<RefCell<Pending>>) {
    if std::mem::replace(&mut pending.borrow_mut().is_running, true) {
        return;
    }
    let pending = pending.clone();
    dom::later(40, move || dom::spawn(async move { refresh(&pending).await }));
}

async fn refresh(pending: &Rc<RefCell<Pending>>) {
    loop {
        let (topics, everything) = {
            let mut pending = pending.borrow_mut();
            (std::mem::take(&mut pending.topics), std::mem::take(&mut pending.everything))
        };
        let shown: Vec<String> = topics
            .iter()
            .map(|topic| format!("[data-live~=\"{topic}\"]"))
            .filter(|selector| dom::all(selector).next().is_some())
            .collect();
        if everything || !shown.is_empty() {
            let href = dom::window().location().href().unwrap_or_default();
            let page = dom::fetch(&href, None).await.filter(|answer| answer.status < 400);
            if let Some(page) = page.and_then(|answer| answer.document()) {
                if everything {
                    morph::page(&page);
                } else {
                    morph::regions(&page, &shown.join(","));
                }
            }
        }
        let mut pending = pending.borrow_mut();
        if pending.topics.is_empty() && !pending.everything {
            pending.is_running = false;
            return;
        }
    }
}
