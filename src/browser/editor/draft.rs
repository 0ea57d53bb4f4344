//! Keeps the draft on the server a moment after the last key, and says so at the form.

use super::{
    backup, on_first, read_again,
    status::{self, UNDECIDED, say},
};
use crate::browser::{
    dom::{self, Latest, Turn, on},
    morph,
};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::JsCast;
use web_sys::{Document, Element, FormData, HtmlElement, HtmlFormElement, HtmlInputElement, SubmitEvent};

/// How long after the last key the draft is sent.
const PAUSE: i32 = 1200;
/// How long until it is tried again when the server was not there.
const AGAIN: i32 = 5000;
/// How long what was typed waits to be copied in this browser: a long text takes time with each letter.
const COPY: i32 = 300;
/// What of the page follows the draft besides the form.
const AROUND: &str = "#preview-panel, #version-status, #undeclared, #discard";
/// The same, and the form itself.
const ALL: &str = "#editor, #preview-panel, #version-status, #undeclared, #discard";

/// The draft in the form.
pub(super) struct Draft {
    form: HtmlFormElement,
    changes: Latest,
    is_saving: Cell<bool>,
    /// Whether it has to be saved once more.
    again: Cell<bool>,
    /// Whether something was typed that has to be copied in this browser.
    is_uncopied: Cell<bool>,
    /// The button that was pressed while it was being saved.
    pressed: RefCell<Option<HtmlElement>>,
    /// When it was posted last.
    posted: RefCell<Option<Turn>>,
}

/// Keeps the draft from here on.
pub(super) fn keep(form: &HtmlFormElement) -> Rc<Draft> {
    let draft = Rc::new(Draft {
        form: form.clone(),
        changes: Latest::default(),
        is_saving: Cell::default(),
        again: Cell::default(),
        is_uncopied: Cell::default(),
        pressed: RefCell::default(),
        posted: RefCell::default(),
    });
    let one = draft.clone();
    on(form, "input", move |_| one.changed());
    let one = draft.clone();
    on_first(form, "submit", move |event| {
        if one.is_saving.get() {
            // Two at once would get in each other's way.
            event.prevent_default();
            event.stop_propagation();
            let button = event.dyn_ref::<SubmitEvent>().and_then(SubmitEvent::submitter);
            *one.pressed.borrow_mut() = button;
            return;
        }
        // What waits to be saved goes with it.
        say("");
        *one.posted.borrow_mut() = Some(one.changes.turn());
    });
    let one = draft.clone();
    on(form, dom::LED_ON, move |_| one.led_on());
    let one = draft.clone();
    on(&dom::document(), morph::MORPHED, move |_| one.morphed());
    let left = form.clone();
    on(form, "focusout", move |_| catch_up(&left));
    let one = draft.clone();
    on(&dom::document(), "visibilitychange", move |_| {
        if dom::document().hidden() && one.is_dirty() {
            one.copy();
            one.save();
        }
    });
    let one = draft.clone();
    on(&dom::window(), "beforeunload", move |_| {
        // Another tab may have copied its own over it: it is one for all tabs of the prompt.
        one.is_uncopied.set(true);
        one.copy();
    });
    let one = draft.clone();
    on(&dom::window(), "online", move |_| {
        if one.is_dirty() {
            one.save();
        }
    });
    draft
}

impl Draft {
    fn is_dirty(&self) -> bool {
        self.form.has_attribute("data-dirty")
    }

    /// Whether somebody else changed the same, and it has to be decided what is kept.
    fn is_in_conflict() -> bool {
        status::is_undecided(&dom::document())
    }

    /// Something was typed.
    fn changed(self: &Rc<Self>) {
        let _ = self.form.set_attribute("data-dirty", "");
        if !self.is_uncopied.replace(true) {
            let draft = self.clone();
            dom::later(COPY, move || draft.copy());
        }
        say(if Self::is_in_conflict() { UNDECIDED } else { "" });
        self.save_in(PAUSE);
    }

    /// Keeps a copy of what was typed in this browser.
    fn copy(&self) {
        if self.is_uncopied.replace(false) && self.is_dirty() {
            backup::keep(&self.form);
        }
    }

    fn save_in(self: &Rc<Self>, ms: i32) {
        let draft = self.clone();
        self.changes.turn().later(ms, move |_| {
            if draft.is_dirty() {
                draft.save();
            }
        });
    }

    /// Saves what stands in the form now. While a choice is due the server refuses it, and tells what there is to
    /// choose from by now.
    pub(super) fn save(self: &Rc<Self>) {
        if self.form.has_attribute("aria-busy") {
            // It is being posted: what was typed since is told from what comes of that.
            return self.save_in(PAUSE);
        }
        if self.is_saving.replace(true) {
            self.again.set(true);
            return;
        }
        let draft = self.clone();
        dom::spawn(async move {
            loop {
                draft.send().await;
                if !draft.again.replace(false) {
                    break;
                }
            }
            draft.is_saving.set(false);
            if let Some(button) = draft.pressed.take() {
                let _ = draft.form.request_submit_with_submitter(Some(&button));
            }
        });
    }

    async fn send(self: &Rc<Self>) {
        let sent = self.changes.last();
        let Ok(body) = FormData::new_with_form(&self.form) else { return };
        let _ = body.append_with_str("act", "keep");
        if !Self::is_in_conflict() {
            say("Saving…");
        }
        let Some(answer) = dom::fetch(&self.form.action(), Some(&body)).await else {
            self.copy();
            say("Offline. Your changes are kept in this browser.");
            return self.save_in(AGAIN);
        };
        let page = answer.document();
        let form = page.as_ref().and_then(|page| page.get_element_by_id("editor"));
        let number = form.as_ref().and_then(|form| form.get_attribute("data-sent"));
        match (answer.status, &page, form, number) {
            (200..300, Some(page), Some(form), Some(number)) => {
                return self.saved(page, &form, &number, sent.is_last());
            }
            // What was chosen meanwhile is about what was seen then.
            (409, Some(page), ..) if self.pressed.borrow().is_none() => status::show_conflict(page),
            (429 | 502..=504, ..) => self.save_in(AGAIN),
            _ => {}
        }
        say(&status::why(&answer, page.as_ref()));
    }

    /// Takes over what the server says of the draft it has now. What is typed next is told from what was
    /// sent, which has this number; what others wrote comes in where nobody types.
    fn saved(&self, page: &Document, form: &Element, number: &str, is_all: bool) {
        status::end_conflict();
        let seen: Option<HtmlInputElement> = self
            .form
            .query_selector("[name=revision]")
            .ok()
            .flatten()
            .and_then(|field| field.dyn_into().ok());
        if let Some(seen) = seen {
            seen.set_value(number);
        }
        for name in ["data-variables", "data-missing"] {
            if let Some(value) = form.get_attribute(name) {
                let _ = self.form.set_attribute(name, &value);
            }
        }
        if is_all {
            let _ = self.form.remove_attribute("data-dirty");
            backup::forget(&self.form);
            say("Saved");
        }
        morph::regions(page, if is_all { ALL } else { AROUND });
    }

    /// What was posted is kept, and another page comes: unless more was typed since, nothing is left behind
    /// that would come over what is done there.
    fn led_on(&self) {
        if self.posted.borrow().as_ref().is_some_and(Turn::is_last) {
            let _ = self.form.remove_attribute("data-dirty");
            backup::forget(&self.form);
        }
    }

    /// The page was brought up to date: what was posted is saved.
    fn morphed(self: &Rc<Self>) {
        if !self.is_dirty() && !self.is_saving.get() {
            backup::forget(&self.form);
        }
        if !Self::is_in_conflict() {
            status::say_behind(self.form.get_attribute("data-behind").as_deref());
        } else if !self.is_saving.get() && !self.form.has_attribute("aria-busy") {
            // Somebody may have changed the other text. An answer to the form itself tells that already.
            self.save_in(PAUSE);
        }
    }
}

/// Shows what others wrote in the field that was left just now.
fn catch_up(form: &HtmlFormElement) {
    if form.has_attribute("data-behind") {
        dom::spawn(read_again(ALL));
    }
}
