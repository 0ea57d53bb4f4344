//! The stream of the organization: what others do shows here within a moment.
//!
//! A browser opens six connections to a server and no more, so of all its tabs one holds the
//! stream (whichever has the lock) and tells the others what it hears.

use crate::browser::{
    dom::{self, on},
    morph,
};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    rc::Rc,
};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web_sys::{
    BroadcastChannel, Element, EventSource, MessageEvent,
    js_sys::{Function, Reflect},
};

/// How long to wait before the stream is opened again, when the browser does not do it itself.
const AGAIN: i32 = 2000;
/// How long the stream may be away before the page says so.
const PATIENCE: i32 = 2500;
/// What happens at once is read once.
const SOON: i32 = 40;
/// The longest that reading waits for the answer to a form of the page, in times of [`SOON`]: no form takes longer.
const MOST_WAITS: u32 = 600;

/// What a tab knows and has to do.
struct Tab {
    url: String,
    channel: Option<BroadcastChannel>,
    /// What has to be read again.
    topics: RefCell<BTreeSet<String>>,
    everything: Cell<bool>,
    /// Whether that is under way.
    is_reading: Cell<bool>,
    /// Whether the stream is away, so that what happens is not heard.
    is_cut_off: Cell<bool>,
    /// Whether it ended for good.
    is_over: Cell<bool>,
}

pub(super) fn follow() {
    let url = dom::by_id::<Element>("live-status").and_then(|status| status.get_attribute("data-events"));
    let Some(url) = url else { return };
    let path = url.split('?').next().unwrap_or_default();
    let channel = BroadcastChannel::new(path).ok();
    let tab = Rc::new(Tab {
        channel: channel.clone(),
        topics: RefCell::default(),
        everything: Cell::default(),
        is_reading: Cell::default(),
        is_cut_off: Cell::default(),
        is_over: Cell::default(),
        url: url.clone(),
    });
    if let Some(channel) = channel {
        let tab = tab.clone();
        on(&channel, "message", move |event| tab.hear(&data(event)));
    }
    let (away, back) = (tab.clone(), tab.clone());
    on(&dom::window(), "offline", move |_| away.hear("lost"));
    on(&dom::window(), "online", move |_| back.hear("open"));
    lead_when_free(path, &tab);
}

/// Opens the stream once no other tab has it, and keeps it until this tab goes.
fn lead_when_free(name: &str, tab: &Rc<Tab>) {
    let leader = tab.clone();
    let open = Closure::once_into_js(move |_lock: JsValue| {
        leader.open();
        // A promise that is never kept: the lock is held as long as the page is there.
        wasm_bindgen_futures::future_to_promise(std::future::pending())
    });
    if request_lock(name, &open).is_none() {
        // Without TLS there are no locks: each tab has its own stream.
        tab.open();
    }
}

/// `navigator.locks.request(name, open)`, which has no stable binding yet.
fn request_lock(name: &str, open: &JsValue) -> Option<()> {
    let locks = Reflect::get(&dom::window().navigator(), &"locks".into()).ok()?;
    let request: Function = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
    request.call2(&locks, &name.into(), open).ok().map(drop)
}

fn data(event: &web_sys::Event) -> String {
    event.dyn_ref::<MessageEvent>().and_then(|event| event.data().as_string()).unwrap_or_default()
}

impl Tab {
    /// Opens the stream.
    fn open(self: &Rc<Self>) {
        let Ok(source) = EventSource::new(&self.url) else { return };
        let tab = self.clone();
        on(&source, "open", move |_| tab.tell("open"));
        for kind in ["change", "reload"] {
            let tab = self.clone();
            on(&source, kind, move |event| tab.tell(&format!("{kind} {}", data(event))));
        }
        let (tab, stream) = (self.clone(), source.clone());
        on(&source, "gone", move |event| {
            stream.close();
            tab.tell(&format!("gone {}", data(event)));
        });
        let (tab, stream) = (self.clone(), source.clone());
        on(&source, "error", move |_| {
            tab.tell("lost");
            // Refused, or answered by something that is no stream: the browser gives up then.
            if stream.ready_state() == EventSource::CLOSED {
                tab.open_again();
            }
        });
    }

    fn open_again(self: &Rc<Self>) {
        let tab = self.clone();
        dom::later(AGAIN, move || {
            if !tab.is_over.get() {
                tab.open();
            }
        });
    }

    /// Tells all tabs, this one included.
    fn tell(self: &Rc<Self>, what: &str) {
        self.hear(what);
        if let Some(channel) = &self.channel {
            let _ = channel.post_message(&JsValue::from_str(what));
        }
    }

    fn hear(self: &Rc<Self>, what: &str) {
        if self.is_over.get() {
            return;
        }
        let (kind, rest) = what.split_once(' ').unwrap_or((what, ""));
        match kind {
            "open" => {
                say("", "");
                // Whatever happened while it was away was not told.
                if self.is_cut_off.replace(false) {
                    self.read(None);
                }
            }
            "lost" => self.lost(),
            "change" => self.read(Some(rest)),
            "gone" => self.over(rest),
            _ => self.read(None),
        }
    }

    fn over(&self, why: &str) {
        self.is_over.set(true);
        say("gone", why);
    }

    fn lost(self: &Rc<Self>) {
        self.is_cut_off.set(true);
        let tab = self.clone();
        dom::later(PATIENCE, move || {
            if tab.is_cut_off.get() && !tab.is_over.get() {
                say("offline", "Connection lost. Reconnecting…");
            }
        });
    }

    /// Reads a topic again, or everything, in a moment: once for all that comes in until then.
    fn read(self: &Rc<Self>, topic: Option<&str>) {
        match topic {
            Some(topic) => drop(self.topics.borrow_mut().insert(topic.to_owned())),
            None => self.everything.set(true),
        }
        if !self.is_reading.replace(true) {
            self.read_soon(MOST_WAITS);
        }
    }

    /// Reads it, once no form of the page waits for its answer: what that does may be what happened, and the page may be
    /// of what is no more by then. The answer tells how it is.
    fn read_soon(self: &Rc<Self>, waits: u32) {
        let tab = self.clone();
        dom::later(SOON, move || {
            if waits > 0 && is_posting() {
                return tab.read_soon(waits - 1);
            }
            dom::spawn(async move { tab.catch_up().await });
        });
    }

    async fn catch_up(self: &Rc<Self>) {
        loop {
            let (topics, everything) = (self.topics.take(), self.everything.take());
            let shown: Vec<String> = topics
                .iter()
                .map(|topic| format!("[data-live~=\"{topic}\"]"))
                .filter(|selector| dom::all(selector).next().is_some())
                .collect();
            if everything {
                self.refresh("#main, #crumbs, #toast, [data-live]").await;
            } else if !shown.is_empty() {
                self.refresh(&shown.join(",")).await;
            }
            if self.topics.borrow().is_empty() && !self.everything.get() {
                self.is_reading.set(false);
                return;
            }
            if is_posting() {
                return self.read_soon(MOST_WAITS);
            }
        }
    }

    /// Brings regions up to what the server says now.
    async fn refresh(&self, regions: &str) {
        let location = dom::window().location();
        let href = location.href().unwrap_or_default();
        let Some(answer) = dom::reread(&href).await else { return };
        if answer.url != href.split('#').next().unwrap_or_default() {
            return self.over("You're signed out.");
        }
        if answer.status == dom::MADE_FOR_ANOTHER {
            let says = answer.sentence().and_then(|says| says.text_content());
            return self.over(&says.unwrap_or_default());
        }
        let page = answer.document();
        match (answer.status, page) {
            (200..300, Some(page)) => {
                dom::document().set_title(&page.title());
                morph::regions(&page, regions);
            }
            (403 | 404, Some(page)) if !self.is_of_here(&page) => {
                self.over("You're no longer a member of this organization.");
            }
            // A page for one no more says why; the way to others stays.
            (403, Some(page)) => {
                dom::document().set_title(&page.title());
                morph::regions(&page, "#main, #crumbs, #toast, [data-live]");
            }
            (404, Some(_)) => say("gone", "This page no longer exists."),
            _ => {}
        }
    }

    /// Whether a page is of the same organization.
    fn is_of_here(&self, page: &web_sys::Document) -> bool {
        let path = |url: &str| url.split('?').next().unwrap_or_default().to_owned();
        let status = page.get_element_by_id("live-status");
        let events = status.and_then(|status| status.get_attribute("data-events"));
        events.is_some_and(|events| path(&events) == path(&self.url))
    }
}

/// Whether a form of the page waits for its answer.
fn is_posting() -> bool {
    dom::all("form[aria-busy]").next().is_some()
}

/// Says in the top bar that the page is cut off, or nothing.
fn say(state: &str, text: &str) {
    let Some(status) = dom::by_id::<Element>("live-status") else { return };
    let _ = status.set_attribute("data-state", state);
    let _ = status.toggle_attribute_with_force("hidden", text.is_empty());
    status.set_text_content(Some(text));
}
