//! Opens what `[data-palette]` leads to over the page, at a key: the list `#found` of that page follows
//! what is typed.

use crate::browser::dom::{self, Latest, Turn, closest, on};
use wasm_bindgen::JsCast;
use web_sys::{
    Element, Event, HtmlAnchorElement, HtmlDialogElement, HtmlElement, HtmlInputElement, KeyboardEvent,
};

/// How long after a key the list is asked for.
const PAUSE: i32 = 60;

pub(super) fn offer_palette() {
    let (document, looks) = (dom::document(), Latest::default());
    if dom::window().navigator().platform().is_ok_and(|name| name.starts_with("Mac")) {
        dom::all("[data-palette] > kbd").for_each(|hint| hint.set_text_content(Some("⌘ K")));
    }
    let ours = looks.clone();
    on(&document, "keydown", move |event| {
        let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
        if key.key() == "?" && closest(event, "input, textarea, select, dialog").is_none() {
            let link = dom::all("[data-shortcuts]").next();
            if let Some(url) = link.and_then(|link| link.get_attribute("data-shortcuts")) {
                let _ = dom::window().location().assign(&url);
            }
        }
        if (key.ctrl_key() || key.meta_key())
            && !key.shift_key()
            && !key.alt_key()
            && key.key() == "k"
            && open(&ours).is_some()
        {
            event.prevent_default();
        }
    });
    on(&document, "click", move |event| {
        let plain = event
            .dyn_ref::<web_sys::MouseEvent>()
            .is_some_and(|click| !click.ctrl_key() && !click.meta_key());
        if plain && closest(event, "[data-palette]").is_some() && open(&looks).is_some() {
            event.prevent_default();
        }
    });
}

/// Shows the palette, made when it is wanted first.
fn open(looks: &Latest) -> Option<()> {
    let dialog = dom::by_id("palette").or_else(|| make(looks))?;
    if !dialog.open() {
        dialog.show_modal().ok()?;
    }
    let input: HtmlInputElement = dialog.query_selector("input").ok()??.dyn_into().ok()?;
    input.select();
    look(&input, looks, 0);
    Some(())
}

fn make(looks: &Latest) -> Option<HtmlDialogElement> {
    let link: HtmlElement = dom::all("[data-palette]").next()?.dyn_into().ok()?;
    let document = dom::document();
    let dialog: HtmlDialogElement = document.create_element("dialog").ok()?.dyn_into().ok()?;
    dialog.set_id("palette");
    dialog.set_class_name("dialog palette");
    dialog.set_attribute("aria-label", "Search").ok()?;
    dialog.set_inner_html(
        "<input role=searchbox enterkeyhint=go autocomplete=off spellcheck=false aria-label='Search prompts, pages and organizations' placeholder='Search prompts, pages, organizations…' maxlength=200><div aria-live=polite></div>",
    );
    link.parent_element()?.append_child(&dialog).ok()?;
    let input: HtmlInputElement = dialog.query_selector("input").ok()??.dyn_into().ok()?;
    let (field, looks) = (input.clone(), looks.clone());
    on(&input, "input", move |_| look(&field, &looks, PAUSE));
    on(&dialog, "keydown", walk);
    // A press beside it closes it: what lies beside is the dialog itself.
    let own = dialog.clone();
    on(&dialog, "click", move |event| {
        if event.target().as_ref() == Some(own.as_ref()) {
            own.close();
        }
    });
    Some(dialog)
}

/// Asks for the list a moment later, unless something else was typed by then.
fn look(input: &HtmlInputElement, looks: &Latest, pause: i32) {
    let input = input.clone();
    looks.turn().later(pause, move |turn| {
        dom::spawn(async move {
            let _ = fill(&input, &turn).await;
        });
    });
}

async fn fill(input: &HtmlInputElement, turn: &Turn) -> Option<()> {
    let link: HtmlAnchorElement = dom::all("[data-palette]").next()?.dyn_into().ok()?;
    let asked = String::from(web_sys::js_sys::encode_uri_component(&input.value()));
    let answer = dom::fetch(&format!("{}?q={asked}", link.href()), None).await?;
    let found = answer.document()?.get_element_by_id("found")?;
    if turn.is_last() {
        input.next_element_sibling()?.set_inner_html(&found.inner_html());
        let here = dom::window().location();
        let page = format!("{}{}", here.pathname().ok()?, here.search().ok()?);
        for field in dom::all("#palette [name=page]") {
            field.set_attribute("value", &page).ok()?;
        }
    }
    Some(())
}

/// Arrows walk through the links, and Return takes the first from the field.
fn walk(event: &Event) {
    let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
    let links: Vec<Element> = dom::all("#palette :is(a, button)").collect();
    let Some(field) = dom::all("#palette input").next() else { return };
    let here = dom::document().active_element();
    let at = links.iter().position(|link| Some(link) == here.as_ref());
    let to = match (key.key().as_str(), at) {
        ("ArrowDown", at) => links.get(at.map_or(0, |at| at + 1)).or_else(|| links.last()),
        ("ArrowUp", Some(0) | None) => Some(&field),
        ("ArrowUp", Some(at)) => links.get(at - 1),
        ("Enter", None) => {
            if let Some(first) = links.first().and_then(|link| link.dyn_ref::<HtmlElement>()) {
                first.click();
            }
            return event.prevent_default();
        }
        _ => return,
    };
    event.prevent_default();
    let _ = to.and_then(|to| to.dyn_ref::<HtmlElement>()).map(HtmlElement::focus);
}
