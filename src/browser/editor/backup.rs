//! What was typed and not saved yet, kept in this browser: for when the page or the network goes away.

use super::status::say;
use crate::browser::{dom, morph};
use std::cell::RefCell;
use wasm_bindgen::JsValue;
use web_sys::{FormData, HtmlFormElement, Storage, UrlSearchParams};

thread_local! {
    /// The copy of this tab. The browser keeps one for all tabs of a prompt, and none forgets that of another.
    static OWN: RefCell<Option<String>> = const { RefCell::new(None) };
}

fn storage() -> Option<Storage> {
    dom::window().local_storage().ok()?
}

fn key(form: &HtmlFormElement) -> Option<String> {
    form.get_attribute("data-backup")
}

/// Keeps what stands in the form.
pub(super) fn keep(form: &HtmlFormElement) {
    let write = || {
        let data = FormData::new_with_form(form).ok()?;
        let text = UrlSearchParams::new_with_str_sequence_sequence(&data).ok()?.to_string().as_string()?;
        storage()?.set_item(&key(form)?, &text).ok()?;
        OWN.set(Some(text));
        Some(())
    };
    // Without room in the browser there is the page alone.
    let _ = write();
}

/// Forgets it: the server has it, or nobody wants it.
pub(super) fn forget(form: &HtmlFormElement) {
    let Some(own) = OWN.take() else { return };
    let (Some(storage), Some(key)) = (storage(), key(form)) else { return };
    if storage.get_item(&key).is_ok_and(|kept| kept.is_some_and(|kept| kept == own)) {
        let _ = storage.remove_item(&key);
    }
}

/// The revision of the draft in the form.
fn revision(form: &HtmlFormElement) -> Option<String> {
    form.query_selector("[name=revision]").ok()??.get_attribute("value")
}

/// Sends what was left behind here as if it were typed now: it is saved, or the page shows it beside what
/// somebody else wrote in the meantime.
pub(super) fn bring_back(form: &HtmlFormElement) {
    let Some(text) = key(form).and_then(|key| storage()?.get_item(&key).ok()?) else { return };
    let Ok(body) = UrlSearchParams::new_with_str(&text) else { return };
    OWN.set(Some(text));
    body.append("act", "keep");
    let (form, before) = (form.clone(), revision(form));
    dom::spawn(async move {
        let Some(answer) = dom::fetch(&form.action(), Some(&JsValue::from(body))).await else { return };
        let Some(page) = answer.document() else { return };
        match answer.status {
            200..300 => {
                morph::page(&page, Some(form.as_ref()));
                form.reset();
                forget(&form);
                // It may have been saved already.
                say(if revision(&form) == before { "" } else { "Restored your unsaved changes." });
            }
            409 | 422 => morph::page(&page, Some(form.as_ref())),
            _ => say("Your unsaved changes couldn't be saved yet."),
        }
    });
}
