//! The few things of the DOM that everything here needs.

use std::{cell::Cell, rc::Rc};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Document, DomParser, Element, Event, EventTarget, Headers, RequestInit, Response, SupportedType, Window,
};

pub(crate) fn window() -> Window {
    web_sys::window().unwrap_throw()
}

pub(crate) fn document() -> Document {
    window().document().unwrap_throw()
}

use wasm_bindgen::UnwrapThrowExt as _;

/// Heard on a form that was answered in place by a page below its own, which comes next: what was posted is kept.
pub(crate) const LED_ON: &str = "led-on";

/// Calls `f` on an event for as long as the page lives.
pub(crate) fn on(target: &EventTarget, event: &str, mut f: impl FnMut(&Event) + 'static) {
    let callback = Closure::<dyn FnMut(Event)>::new(move |event| f(&event)).into_js_value();
    let _ = target.add_event_listener_with_callback(event, callback.unchecked_ref());
}

/// Calls `f` once after some milliseconds.
pub(crate) fn later(ms: i32, f: impl FnOnce() + 'static) {
    let callback = Closure::once_into_js(f);
    let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(callback.unchecked_ref(), ms);
}

/// Of several waits or questions that overlap, only the last one counts.
#[derive(Clone, Default)]
pub(crate) struct Latest(Rc<Cell<u32>>);

/// One of them.
#[derive(Clone)]
pub(crate) struct Turn {
    of: Latest,
    number: u32,
}

impl Latest {
    /// Begins the next one, which ends those before.
    pub(crate) fn turn(&self) -> Turn {
        self.0.set(self.0.get().wrapping_add(1));
        self.last()
    }

    /// The one that counts now.
    pub(crate) fn last(&self) -> Turn {
        Turn { of: self.clone(), number: self.0.get() }
    }
}

impl Turn {
    /// Whether none has begun since.
    pub(crate) fn is_last(&self) -> bool {
        self.of.0.get() == self.number
    }

    /// Calls `f` after some milliseconds, if this is still the last then.
    pub(crate) fn later(self, ms: i32, f: impl FnOnce(Self) + 'static) {
        later(ms, move || {
            if self.is_last() {
                f(self);
            }
        });
    }
}

/// The closest element around where an event happened that matches.
pub(crate) fn closest(event: &Event, selector: &str) -> Option<Element> {
    event.target()?.dyn_into::<Element>().ok()?.closest(selector).ok()?
}

pub(crate) fn by_id<T: JsCast>(id: &str) -> Option<T> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// All elements that match.
pub(crate) fn all(selector: &str) -> impl Iterator<Item = Element> {
    let list = document().query_selector_all(selector).ok();
    let n = list.as_ref().map_or(0, web_sys::NodeList::length);
    (0..n).filter_map(move |i| list.as_ref()?.item(i)?.dyn_into().ok())
}

/// All elements within one that match.
pub(crate) fn within(element: &Element, selector: &str) -> Vec<Element> {
    let Ok(list) = element.query_selector_all(selector) else { return Vec::new() };
    (0..list.length()).filter_map(|i| list.item(i)).map(JsCast::unchecked_into).collect()
}

/// The status of the answer to a page that was made for somebody else than who is signed in.
pub(crate) const MADE_FOR_ANOTHER: u16 = 412;

/// A page as the server answers it: where it came from in the end, its status, and what it says.
pub(crate) struct Answer {
    pub(crate) url: String,
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Answer {
    /// The sentence of a page that has only one.
    pub(crate) fn sentence(&self) -> Option<Element> {
        self.document()?.query_selector("p").ok()?
    }

    pub(crate) fn document(&self) -> Option<Document> {
        DomParser::new().ok()?.parse_from_string(&self.text, SupportedType::TextHtml).ok()
    }
}

/// Asks the server for a page; with a body, posts a form to it.
pub(crate) async fn fetch(url: &str, form: Option<&JsValue>) -> Option<Answer> {
    ask(url, form, "x-in-place").await
}

/// Reads a page again because something happened, and not because somebody asked.
pub(crate) async fn reread(url: &str) -> Option<Answer> {
    ask(url, None, REREAD).await
}

const REREAD: &str = "x-reread";

/// Asks for a page and says in a header why.
async fn ask(url: &str, form: Option<&JsValue>, why: &str) -> Option<Answer> {
    let init = RequestInit::new();
    let headers = Headers::new().ok()?;
    headers.set("accept", "text/html").ok()?;
    headers.set(why, "1").ok()?;
    let person = document().document_element().and_then(|root| root.get_attribute("data-person"));
    // What only looks something up shows nothing of anybody's.
    if let Some(person) = person.filter(|_| form.is_some() || why == REREAD) {
        headers.set("x-person", &person).ok()?;
    }
    init.set_headers(headers.as_ref());
    if let Some(form) = form {
        init.set_method("POST");
        init.set_body(form);
    }
    let response = JsFuture::from(window().fetch_with_str_and_init(url, &init)).await.ok()?;
    let response: Response = response.unchecked_into();
    let text = JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
    Some(Answer { url: response.url(), status: response.status(), text })
}

/// In small letters. The browser knows how: our own tables of them would be a tenth of the module.
pub(crate) fn lower(text: &str) -> String {
    web_sys::js_sys::JsString::from(text).to_lower_case().into()
}

/// Runs a future of the page.
pub(crate) fn spawn(future: impl Future<Output = ()> + 'static) {
    wasm_bindgen_futures::spawn_local(future);
}
