//! Forms that stay on their page, buttons that open dialogs and copy text, and lists that are narrowed while one
//! types.

use crate::browser::{
    dom::{self, closest, document, on},
    morph,
};
use std::cell::RefCell;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Element, Event, FormData, HtmlDialogElement, HtmlElement, HtmlFormElement, HtmlInputElement,
    HtmlTextAreaElement, SubmitEvent, UrlSearchParams, js_sys::Reflect,
};

/// What is said of an answer that is no page of ours: a proxy's while the server restarts, or that of the door.
const NO_PAGE: &str = "Something went wrong, so your changes might not be saved. Try again in a moment.";

/// Listens on the document, so that what is swapped in later works as well.
pub(super) fn answer_in_place() {
    let document = document();
    on(&document, "submit", submit);
    on(&document, "click", click);
    on(&document, "input", |event| {
        filter(event);
        count(event);
    });
    on(&dom::window(), "pageshow", come_back);
    // Styles hide what is only needed without script.
    if let Some(root) = document.document_element() {
        let _ = root.class_list().add_1("enhanced");
    }
}

fn submit(event: &Event) {
    let Some(form) = closest(event, "form[method=post]") else { return };
    let form: HtmlFormElement = form.unchecked_into();
    let button = event.dyn_ref::<SubmitEvent>().and_then(SubmitEvent::submitter);
    if !form.has_attribute("data-in-place") {
        return leave(event, &form, button);
    }
    event.prevent_default();
    if form.has_attribute("aria-busy") {
        // Another button has its turn afterwards; the same one was pressed twice.
        if let Some(button) = button.filter(|button| !button.has_attribute("aria-busy")) {
            PRESSED.set(Some((form, button)));
        }
        return;
    }
    dom::spawn(async move {
        busy(&form, button.as_ref(), true);
        post(&form, button.as_ref()).await;
        busy(&form, button.as_ref(), false);
        let pressed = PRESSED.take().filter(|(of, button)| *of == form && button.is_connected());
        if let Some((form, button)) = pressed {
            let _ = form.request_submit_with_submitter(Some(&button));
        }
    });
}

/// A form that leads to another page is sent once: its button is off from then on.
fn leave(event: &Event, form: &HtmlFormElement, button: Option<HtmlElement>) {
    if form.has_attribute("aria-busy") {
        event.prevent_default();
    }
    if event.default_prevented() {
        return;
    }
    busy(form, button.as_ref(), true);
    // What a button says is sent before it is off.
    dom::later(0, move || button.iter().for_each(|button| drop(button.set_attribute("disabled", ""))));
}

/// A page that comes back from the browser's memory can be used again.
fn come_back(_: &Event) {
    for element in dom::all("form[aria-busy]:not([data-in-place]), form:not([data-in-place]) [aria-busy]") {
        busy(&element, None, false);
        let _ = element.remove_attribute("disabled");
    }
}

thread_local! {
    /// The button of a form that was pressed while the form waited for its answer.
    static PRESSED: RefCell<Option<(HtmlFormElement, HtmlElement)>> = const { RefCell::new(None) };
}

fn busy(form: &Element, button: Option<&HtmlElement>, is_busy: bool) {
    for element in [Some(form), button.map(AsRef::as_ref)].into_iter().flatten() {
        let _ = if is_busy {
            element.set_attribute("aria-busy", "true")
        } else {
            element.remove_attribute("aria-busy")
        };
    }
}

async fn post(form: &HtmlFormElement, button: Option<&HtmlElement>) {
    let Some(body) = body(form, button) else { return };
    let sent = texts(form);
    let action =
        button.and_then(|button| button.get_attribute("formaction")).unwrap_or_else(|| form.action());
    let Some(answer) = dom::fetch(&action, Some(&body)).await else {
        // The network is away: post it the plain way, where the browser says so and keeps it.
        let _ = form.submit();
        return;
    };
    // Sent on to another page: go there.
    let location = dom::window().location();
    let here = location.href().unwrap_or_default();
    let is_action = answer.url.contains("/api/");
    if !is_action && path(&answer.url) != path(&here) {
        // Where one has to sign in first, it is not below.
        let rest = path(&answer.url).strip_prefix(path(&here));
        let is_below = rest.is_some_and(|rest| rest.starts_with('/'));
        if is_below
            && answer.status < 400
            && let Ok(led_on) = Event::new(dom::LED_ON)
        {
            let _ = form.dispatch_event(&led_on);
        }
        let _ = location.assign(&answer.url);
        return;
    }
    let Some(page) = answer.document() else { return };
    if page.get_element_by_id("main").is_none() {
        // Of a page that was made for somebody else, and of a form that is too large, the server says why.
        let says = matches!(answer.status, dom::MADE_FOR_ANOTHER | 413).then(|| answer.sentence()).flatten();
        return alert(says.map(|says| says.inner_html()).as_deref().unwrap_or(NO_PAGE));
    }
    let typed = sent.iter().map(|(field, _)| morph::get(field, "value")).collect();
    morph::page(&page, Some(form.as_ref()));
    if answer.status >= 400 {
        refused(form);
    } else if !form.has_attribute("data-remembers") {
        form.reset();
        put_back(sent, typed);
    }
}

/// Says in the corner of the page, at once, that something did not work; `why` is HTML.
pub(super) fn alert(why: &str) {
    if let Some(toast) = dom::by_id::<Element>("toast") {
        toast.set_inner_html(&format!("<p class=toast role=alert>{why}</p>"));
    }
}

/// The fields of a form that texts are typed in, with what stands in them.
fn texts(form: &Element) -> Vec<(Element, JsValue)> {
    const TEXTS: &str = "textarea, input:not([type=hidden], [type=checkbox], [type=radio], [type=file])";
    dom::within(form, TEXTS).into_iter().map(|field| (field.clone(), morph::get(&field, "value"))).collect()
}

/// Puts back what was typed while the answer was on its way, where the field still is that of what was sent; the page
/// hears of it as of what is typed.
fn put_back(sent: Vec<(Element, JsValue)>, typed: Vec<JsValue>) {
    for ((field, sent), typed) in sent.into_iter().zip(typed) {
        if typed == sent || morph::get(&field, "value") != sent {
            continue;
        }
        let _ = Reflect::set(&field, &"value".into(), &typed);
        if let Ok(input) = Event::new("input") {
            input.init_event_with_bubbles("input", true);
            let _ = field.dispatch_event(&input);
        }
    }
}

/// Shows again how it is, where a form says that and nothing is typed (`data-resets`), and leads to the first
/// field that has to be corrected.
fn refused(form: &HtmlFormElement) {
    if form.has_attribute("data-resets") {
        form.reset();
    }
    let invalid = form.query_selector("[aria-invalid=true]").ok().flatten();
    if let Some(field) = invalid.and_then(|field| field.dyn_into::<HtmlElement>().ok()) {
        let _ = field.focus();
    }
}

fn body(form: &HtmlFormElement, button: Option<&HtmlElement>) -> Option<JsValue> {
    let data = FormData::new_with_form(form).ok()?;
    let pressed =
        button.and_then(|button| Some((button.get_attribute("name")?, button.get_attribute("value")?)));
    if let Some((name, value)) = pressed {
        data.append_with_str(&name, &value).ok()?;
    }
    // Files go as they are.
    if form.enctype() == "multipart/form-data" {
        return Some(data.into());
    }
    let params = UrlSearchParams::new_with_str_sequence_sequence(&data).ok()?;
    Some(params.into())
}

fn path(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

fn click(event: &Event) {
    if let Some(opener) = closest(event, "[data-opens]") {
        let id = opener.get_attribute("data-opens").unwrap_or_default();
        if let Some(dialog) = dom::by_id::<HtmlDialogElement>(&id) {
            event.prevent_default();
            let _ = dialog.show_modal();
        }
    } else if let Some(closer) = closest(event, "[data-closes]") {
        let id = closer.get_attribute("data-closes").unwrap_or_default();
        if let Some(dialog) = dom::by_id::<HtmlDialogElement>(&id) {
            event.prevent_default();
            dialog.close();
        }
    } else if let Some(button) = closest(event, "[data-copies]") {
        copy(&button);
    }
}

fn copy(button: &Element) {
    let id = button.get_attribute("data-copies").unwrap_or_default();
    let Some(source) = dom::by_id::<HtmlElement>(&id) else { return };
    let input = source.dyn_ref::<HtmlInputElement>().cloned();
    let text = input.as_ref().map_or_else(|| source.inner_text(), HtmlInputElement::value);
    let copied = dom::window().navigator().clipboard().write_text(&text);
    let button = button.clone();
    dom::spawn(async move {
        if wasm_bindgen_futures::JsFuture::from(copied).await.is_ok() {
            button.set_text_content(Some("Copied"));
        } else if let Some(input) = input {
            input.select();
        }
    });
}

/// Shows only the items of a list that contain what is typed.
fn filter(event: &Event) {
    let Some(input) = closest(event, "input[data-filters]") else { return };
    let list = input.get_attribute("data-filters").unwrap_or_default();
    let typed = dom::lower(&input.unchecked_into::<HtmlInputElement>().value());
    for item in dom::all(&format!("#{list} > li")) {
        let text = dom::lower(&item.text_content().unwrap_or_default());
        let _ = item.toggle_attribute_with_force("hidden", !text.contains(&typed));
    }
}

/// Says on a button how many addresses stand in a field: the button names the field (`data-counts`) and what it
/// says of one and of `#`.
fn count(event: &Event) {
    let Some(field) = closest(event, "textarea") else { return };
    let field: HtmlTextAreaElement = field.unchecked_into();
    let button = format!("[data-counts=\"{}\"]", field.name());
    let Some(button) = field.form().and_then(|form| form.query_selector(&button).ok().flatten()) else {
        return;
    };
    let typed = field.value();
    let n = typed.split([' ', '\n', '\r', '\t', ',', ';']).filter(|part| part.contains('@')).count();
    let says = button.get_attribute(match n {
        0 => "data-none",
        1 => "data-one",
        _ => "data-many",
    });
    button.set_text_content(says.map(|says| says.replace('#', &n.to_string())).as_deref());
}
