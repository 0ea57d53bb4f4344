//! Folders of the tree open and close where they are. Which are open is kept in a cookie, by which the server writes
//! the tree of every page. Without script the same link leads to the folder, where it is open.

use crate::browser::{
    dom::{self, closest, on},
    morph,
};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, MouseEvent, js_sys::Reflect};

/// The most folders that are kept open, as the server reads them.
const MOST_OPEN: usize = 20;

pub(super) fn fold() {
    let document = dom::document();
    on(&document, "click", click);
    // What was closed here stays closed when the tree is brought up to date.
    on(&document, morph::MORPHED, |_| {
        for link in dom::all("[data-folded] > .tree-row > .tree-fold") {
            let _ = link.set_attribute("aria-expanded", "false");
        }
    });
}

fn click(event: &Event) {
    let Some(link) = closest(event, ".tree-fold") else { return };
    let is_plain = event
        .dyn_ref::<MouseEvent>()
        .is_some_and(|click| !click.ctrl_key() && !click.meta_key() && !click.shift_key());
    let Some(folder) = link.closest("li").ok().flatten().filter(|_| is_plain) else { return };
    event.prevent_default();
    let opens = link.get_attribute("aria-expanded").as_deref() != Some("true");
    let _ = link.set_attribute("aria-expanded", if opens { "true" } else { "false" });
    let _ = folder.toggle_attribute_with_force("data-folded", !opens);
    keep();
    if opens && folder.query_selector("ul").is_ok_and(|inside| inside.is_none()) {
        dom::spawn(async move {
            if fill().await.is_none() {
                let url = link.get_attribute("href").unwrap_or_default();
                let _ = dom::window().location().assign(&url);
            }
        });
    }
}

/// Remembers which folders are open in this organization.
fn keep() {
    let open: Vec<Element> = dom::all("li:has(> .tree-row > .tree-fold[aria-expanded=true])").collect();
    let newest = open.len().saturating_sub(MOST_OPEN);
    let ids: Vec<String> = open.iter().skip(newest).map(|folder| folder.id().replace("in-", "")).collect();
    let location = dom::window().location();
    let path = location.pathname().unwrap_or_default();
    let org = path.split('/').nth(1).unwrap_or_default();
    let secure = if location.protocol().is_ok_and(|name| name == "https:") { ";secure" } else { "" };
    let cookie = format!("studio-open={};path=/{org};max-age=31536000;samesite=lax{secure}", ids.join("."));
    let _ = Reflect::set(&dom::document(), &"cookie".into(), &cookie.into());
}

/// Reads the tree again as it is open now.
async fn fill() -> Option<()> {
    let location = dom::window().location();
    let page = format!("{}{}", location.pathname().ok()?, location.search().ok()?);
    let answer = dom::reread(&page).await.filter(|answer| answer.status < 400)?;
    morph::regions(&answer.document()?, "#tree");
    Some(())
}
