//! A slug is suggested from the name until somebody types one, and checked while they do.

use crate::browser::dom::{self, Latest, on};
use crate::slug as rules;
use std::{cell::Cell, rc::Rc};
use web_sys::{Element, HtmlInputElement};

pub(super) fn assist_slug() {
    let check = dom::by_id::<Element>("slug-status").and_then(|status| status.get_attribute("data-check"));
    let Some(check) = check else { return };
    let (Some(name), Some(slug)) =
        (dom::by_id::<HtmlInputElement>("name"), dom::by_id::<HtmlInputElement>("slug"))
    else {
        return;
    };
    let own = Rc::new(Cell::new(!slug.value().is_empty()));
    let looks = Latest::default();

    let (input, typed, before, url) = (slug.clone(), own.clone(), looks.clone(), check.clone());
    on(&name, "input", {
        let name = name.clone();
        move |_| {
            if !typed.get() {
                input.set_value(&rules::suggest(&name.value()));
                look_up(&input, &before, &url);
            }
        }
    });
    let (input, url) = (slug.clone(), check.clone());
    on(&slug, "input", move |_| {
        own.set(!input.value().is_empty());
        look_up(&input, &looks, &url);
    });
}

/// Asks whether the slug is free, a moment after the last key.
fn look_up(input: &HtmlInputElement, looks: &Latest, check: &str) {
    let turn = looks.turn();
    let value = input.value();
    match rules::check(&value) {
        Err(_) if value.is_empty() => return say("", ""),
        Err(why) => return say("taken", why),
        Ok(()) => say("checking", "Checking…"),
    }
    let url = format!("{check}{value}");
    turn.later(250, move |turn| {
        dom::spawn(async move {
            let answer = dom::fetch(&url, None).await;
            if !turn.is_last() {
                return;
            }
            match answer.filter(|answer| answer.status == 200).map(|answer| answer.text) {
                Some(text) if text == "true" => say("free", "This URL is available."),
                Some(_) => say("taken", "This URL is taken. Choose another one."),
                None => say("", ""),
            }
        });
    });
}

fn say(state: &str, text: &str) {
    if let Some(status) = dom::by_id::<Element>("slug-status") {
        let _ = status.set_attribute("data-state", state);
        status.set_text_content(Some(text));
    }
}
