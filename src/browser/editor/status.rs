//! What is said below the title of how the draft is.

use crate::browser::{
    dom::{self, Answer},
    morph,
};
use web_sys::{Document, Element};

/// What is said while it is not decided which draft is kept.
pub(super) const UNDECIDED: &str = "Not saved. Choose below which draft to keep.";
/// What is said, after a name, of the field one is in.
const CHANGED: &str = " changed this field. Leave it to see the change.";

fn place() -> Option<Element> {
    dom::by_id("draft-status")
}

/// Says how the draft is.
pub(super) fn say(text: &str) {
    if let Some(place) = place() {
        place.set_text_content(Some(text));
    }
}

/// Says who changed the field that one is in, or says that no more.
pub(super) fn say_behind(by: Option<&str>) {
    let said = || place().and_then(|place| place.text_content()).unwrap_or_default();
    match by {
        Some(by) => say(&format!("{by}{CHANGED}")),
        None if said().ends_with(CHANGED) => say(""),
        None => {}
    }
}

/// Whether two drafts are shown, of which one is to be chosen.
pub(super) fn is_undecided(page: &Document) -> bool {
    matches!(page.query_selector("#conflict [name=over]"), Ok(Some(_)))
}

/// Why the draft was not saved, by what the server answered.
pub(super) fn why(answer: &Answer, page: Option<&Document>) -> String {
    let says = match answer.status {
        // It led to another page.
        _ if is_led_to(answer, "data-sign-in") => {
            "Not saved: you're signed out. Sign in again in another tab. Your changes are kept in this browser."
        }
        _ if is_led_to(answer, "data-security") => {
            "Not saved: this organization requires two-factor authentication. Set it up in your account. Your changes are kept in this browser."
        }
        403 => "Your role no longer allows edits here. Copy your text before you leave.",
        404 if page.is_some_and(is_of_here) => "This prompt was deleted. Copy your text before you leave.",
        404 => "You're no longer a member of this organization. Copy your text before you leave.",
        409 if page.is_some_and(is_undecided) => UNDECIDED,
        409 => return format!("Not saved. {}", conflict(page)),
        dom::MADE_FOR_ANOTHER => return another(answer),
        413 => "Not saved: the draft is too long.",
        422 if page.is_some_and(is_editor) => {
            "Not saved yet: something is wrong. Press “Save draft” to see what."
        }
        429 | 502..=504 => "Not saved yet: the server is busy.",
        _ => "Not saved: something went wrong. Your changes are kept in this browser.",
    };
    says.to_owned()
}

/// Whether the answer is of the page that the form names in an attribute.
fn is_led_to(answer: &Answer, attribute: &str) -> bool {
    let path = dom::by_id::<Element>("editor").and_then(|form| form.get_attribute(attribute));
    path.is_some_and(|path| answer.url.contains(&path))
}

/// Whether it is a page with the form of the draft, which tells what is wrong with it.
fn is_editor(page: &Document) -> bool {
    page.get_element_by_id("editor").is_some()
}

/// That somebody else is signed in by now. What was typed is kept for the one who typed it.
fn another(answer: &Answer) -> String {
    let says = answer.sentence().and_then(|says| says.text_content()).unwrap_or_default();
    format!("Not saved. {says}")
}

/// What a page says of a conflict.
fn conflict(page: Option<&Document>) -> String {
    let panel = page.and_then(|page| page.get_element_by_id("conflict"));
    panel.and_then(|panel| panel.text_content()).unwrap_or_default().trim().to_owned()
}

/// Shows what the two drafts say by now; not under the hand of somebody who is about to choose by what they see.
pub(super) fn show_conflict(page: &Document) {
    if dom::all("#conflict button:is(:hover, :focus)").next().is_some() {
        return;
    }
    if let Some(panel) = dom::by_id::<Element>("conflict") {
        let _ = panel.remove_attribute("data-dirty");
    }
    morph::regions(page, "#conflict");
}

/// Takes away what was said of a conflict: the draft is saved.
pub(super) fn end_conflict() {
    if let Some(panel) = dom::by_id::<Element>("conflict") {
        panel.set_inner_html("");
        let _ = panel.remove_attribute("data-dirty");
    }
}

/// Whether a page is of the same organization.
fn is_of_here(page: &Document) -> bool {
    let events = |page: &Document| {
        let events = page.get_element_by_id("live-status")?.get_attribute("data-events")?;
        Some(events.split('?').next()?.to_owned())
    };
    events(page) == events(&dom::document())
}
