//! Keeps the draft on the server a moment after the last key, and says so at the form.

use super::{backup, on_first};
use crate::ui::browser::{
    dom::{self, Latest, Turn, on},
    morph,
};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::JsCast;
use web_sys::{
    Document, Element, Event, FormData, HtmlElement, HtmlFormElement, HtmlInputElement, SubmitEvent,
};

/// How long after the last key the draft is sent.
const PAUSE: i32 = 1200;
/// How long until it is tried again when the server was not there.
const AGAIN: i32 = 5000;
/// How long what was typed waits to be copied in this browser: a long text takes time with each letter.
const COPY: i32 = 300;
/// Heard on the document when the preview shows something else.
pub(super) const PREVIEWED: &str = "previewed";
/// What of the page follows the draft besides the form.
const AROUND: &str = "#preview-panel, #version-status, #undeclared";
/// The same, and the form itself.
const ALL: &str = "#editor, #preview-panel, #version-status, #undeclared";

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
    on(&dom::window(), "beforeunload", move |_| one.copy());
    let one = draft.clone();
    on(&dom::window(), "online", move |_| {
        if one.is_dirty() {
            one.save();
        }
    });
    let values = Latest::default();
    on(&dom::document(), "input", move |event| {
        if dom::closest(event, "#try").is_some() {
            values.turn().later(300, |_| preview());
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
        dom::by_id::<Element>("conflict").is_some_and(|conflict| conflict.child_element_count() > 0)
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

    /// Saves what stands in the form now.
    pub(super) fn save(self: &Rc<Self>) {
        if Self::is_in_conflict() {
            return say(UNDECIDED);
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
        say("Saving…");
        let Some(answer) = dom::fetch(&self.form.action(), Some(&body)).await else {
            self.copy();
            say("Offline. Your changes are kept in this browser.");
            return self.save_in(AGAIN);
        };
        let page = answer.document();
        let form = page.as_ref().and_then(|page| page.get_element_by_id("editor"));
        let number = form.as_ref().and_then(|form| form.get_attribute("data-sent"));
        match (answer.status, page, form, number) {
            (200..300, Some(page), Some(form), Some(number)) => {
                self.saved(&page, &form, &number, sent.is_last());
            }
            (409, Some(page), ..) if page.get_element_by_id("conflict").is_some() => {
                morph::regions(&page, "#conflict");
                say(UNDECIDED);
            }
            (422, ..) => say("Not saved yet: something is wrong. Press “Save draft” to see what."),
            (413, ..) => say("Not saved: the draft is too long."),
            (429 | 503, ..) => {
                say("Not saved yet: the server is busy.");
                self.save_in(AGAIN);
            }
            _ => say(
                "Not saved: you are signed out, or your role does not allow this. Your changes are kept in this browser.",
            ),
        }
    }

    /// Takes over what the server says of the draft it has now. What is typed next is told from what was
    /// sent, which has this number; what others wrote comes in where nobody types.
    fn saved(&self, page: &Document, form: &Element, number: &str, is_all: bool) {
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

    /// The page was brought up to date: what was posted is saved, and the preview follows.
    fn morphed(self: &Rc<Self>) {
        if !self.is_dirty() && !self.is_saving.get() {
            backup::forget(&self.form);
        }
        if let Some(by) = self.form.get_attribute("data-behind") {
            say(&format!("{by} changed this field. Leave it to see the change."));
        }
        let has_values = dom::all("#try textarea").any(|field| {
            field.dyn_ref::<web_sys::HtmlTextAreaElement>().is_some_and(|field| !field.value().is_empty())
        });
        if has_values {
            preview();
        }
    }
}

/// What is said while a conflict stands.
const UNDECIDED: &str = "Not saved. Choose above which draft to keep.";

/// Shows what others wrote in the field that was left just now.
fn catch_up(form: &HtmlFormElement) {
    if !form.has_attribute("data-behind") {
        return;
    }
    dom::spawn(async move {
        let href = dom::window().location().href().unwrap_or_default();
        let Some(answer) = dom::reread(&href).await else { return };
        // Whoever is signed out is led to another page.
        if answer.url != href.split('#').next().unwrap_or_default() {
            return;
        }
        if let (200..300, Some(page)) = (answer.status, answer.document()) {
            say("");
            morph::regions(&page, ALL);
        }
    });
}

/// Says at the form how the draft is.
pub(super) fn say(text: &str) {
    if let Some(status) = dom::by_id::<Element>("draft-status") {
        status.set_text_content(Some(text));
    }
}

/// Shows what the draft renders to with the values that were typed.
fn preview() {
    let Some(form) = dom::by_id::<HtmlFormElement>("try") else { return };
    let Ok(body) = FormData::new_with_form(&form) else { return };
    dom::spawn(async move {
        let Some(answer) = dom::fetch(&form.action(), Some(&body)).await else { return };
        let new = answer.document().and_then(|page| page.get_element_by_id("preview"));
        let (Some(new), Some(old)) = (new, dom::by_id::<Element>("preview")) else { return };
        if old.inner_html() != new.inner_html() {
            old.set_inner_html(&new.inner_html());
            if let Ok(previewed) = Event::new(PREVIEWED) {
                let _ = dom::document().dispatch_event(&previewed);
            }
        }
    });
}
