//! Completes the names of variables after `{{` and the paths of prompts after `[[`.

use super::{
    marks::{engine, names},
    on_first,
};
use crate::{
    browser::dom::{self, Latest, closest, on},
    templates::{self, Engine},
};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    rc::Rc,
};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Element, Event, HtmlElement, HtmlFormElement, HtmlTextAreaElement, KeyboardEvent,
    js_sys::{Function, JsString, Reflect},
};

/// The most names that are offered.
const MOST: usize = 8;
const LIST: &str = "completion";

/// What is being typed: between an opening and the caret.
struct Typing {
    text: HtmlTextAreaElement,
    /// Where the name begins, in UTF-16 units as the browser counts.
    start: u32,
    end: u32,
    typed: String,
    kind: Kind,
}

/// What is being typed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A path, after `[[`.
    Reference,
    /// A variable, after `{{`.
    Variable,
    /// A word in a tag of Jinja, which needs nothing to close it.
    Word,
}

struct Offer {
    form: HtmlFormElement,
    typing: RefCell<Option<Typing>>,
    names: RefCell<Vec<String>>,
    chosen: Cell<usize>,
    looks: Latest,
}

pub(super) fn offer(form: &HtmlFormElement) {
    let offer = Rc::new(Offer {
        form: form.clone(),
        typing: RefCell::default(),
        names: RefCell::default(),
        chosen: Cell::default(),
        looks: Latest::default(),
    });
    let one = offer.clone();
    on(form, "input", move |event| one.look(event));
    let one = offer.clone();
    on_first(form, "keydown", move |event| one.key(event));
    let one = offer.clone();
    on(form, "focusout", move |_| one.close());
    on(form, "mousedown", move |event| {
        let Some(option) = closest(event, "#completion > li") else { return };
        event.prevent_default();
        let n = option.id().rsplit_once('-').and_then(|(_, n)| n.parse().ok());
        offer.chosen.set(n.unwrap_or(0));
        offer.take();
    });
}

/// What is typed at the caret, when it is the beginning of a variable or a reference.
fn typing(event: &Event) -> Option<Typing> {
    let text: HtmlTextAreaElement = closest(event, ".code > textarea")?.dyn_into().ok()?;
    let end = text.selection_end().ok()??;
    if text.selection_start().ok()?? != end {
        return None;
    }
    // A long text is not taken over with each letter: its line is enough.
    let says: JsString = Reflect::get(&text, &"value".into()).ok()?.dyn_into().ok()?;
    let line = says.last_index_of("\n", i32::try_from(end).ok()? - 1) + 1;
    let line = String::from(says.substring(u32::try_from(line).ok()?.min(end), end));
    let (typed, kind) = begun(&line, engine())?;
    let typed = typed.to_owned();
    let start = end.checked_sub(u32::try_from(typed.encode_utf16().count()).ok()?)?;
    Some(Typing { text, start, end, typed, kind })
}

/// What is begun at the end of a line, and what it is.
fn begun(line: &str, engine: Engine) -> Option<(&str, Kind)> {
    let begins = [("{{", Kind::Variable), ("[[", Kind::Reference), ("{%", Kind::Word)];
    let begins = begins.into_iter().filter(|(_, kind)| *kind != Kind::Word || engine == Engine::Jinja);
    let (at, kind) =
        begins.filter_map(|(begin, kind)| Some((line.rfind(begin)?, kind))).max_by_key(|(at, _)| *at)?;
    let inside = &line[at + 2..];
    let typed = inside.trim_start();
    let ends: &[char] = if kind == Kind::Reference { &[']', '|', '@'] } else { &['}', ' ', '.', '|'] };
    if !typed.contains(ends) && kind != Kind::Word {
        return (!line[..at].ends_with('\\')).then_some((typed, kind));
    }
    if kind == Kind::Reference || engine == Engine::Plain {
        return None;
    }
    // Further on in a tag: a word that is no field, no filter and not quoted.
    let is_letter = |sign: &char| sign.is_alphanumeric() || *sign == '_';
    let length: usize = inside.chars().rev().take_while(is_letter).map(char::len_utf8).sum();
    let (before, word) = inside.split_at(inside.len() - length);
    let is_closed = inside.contains("}}") || inside.contains("%}");
    let is_quoted = before.matches(['"', '\'']).count() % 2 == 1;
    let is_word = !word.is_empty() && !is_closed && !is_quoted;
    let is_own = !before.trim().is_empty() && !before.trim_end().ends_with(['.', '|']);
    (is_word && is_own).then_some((word, Kind::Word))
}

impl Offer {
    fn look(self: &Rc<Self>, event: &Event) {
        let turn = self.looks.turn();
        let Some(typing) = typing(event) else { return self.close() };
        if typing.kind != Kind::Reference {
            let names = self.variables(&typing.typed);
            return self.show(typing, names);
        }
        let Some(paths) = self.form.get_attribute("data-paths") else { return };
        let asked = String::from(web_sys::js_sys::encode_uri_component(&typing.typed));
        let offer = self.clone();
        turn.later(80, move |turn| {
            dom::spawn(async move {
                let Some(answer) = dom::fetch(&format!("{paths}?q={asked}"), None).await else { return };
                if turn.is_last() && answer.status == 200 {
                    let names = answer.text.lines().map(ToOwned::to_owned).collect();
                    offer.show(typing, names);
                }
            });
        });
    }

    /// The variables that begin with what was typed: those that are known, and those of the other texts.
    fn variables(&self, typed: &str) -> Vec<String> {
        let mut all: BTreeSet<String> = names(&self.form, "data-variables");
        for text in dom::all("#editor .code > textarea") {
            let says = text.unchecked_into::<HtmlTextAreaElement>().value();
            all.extend(templates::names(engine(), &says));
        }
        let folded = dom::lower(typed);
        let fits = |name: &String| dom::lower(name).starts_with(&folded) && name != typed;
        all.into_iter().filter(fits).take(MOST).collect()
    }

    fn show(&self, typing: Typing, names: Vec<String>) {
        self.close();
        if names.is_empty() {
            return;
        }
        let document = dom::document();
        let Ok(list) = document.create_element("ul") else { return };
        list.set_id(LIST);
        list.set_class_name("completion");
        let _ = list.set_attribute("data-own", "");
        let _ = list.set_attribute("role", "listbox");
        let label = if typing.kind == Kind::Reference { "Prompts" } else { "Variables" };
        let _ = list.set_attribute("aria-label", label);
        for (n, name) in names.iter().enumerate() {
            let Ok(option) = document.create_element("li") else { return };
            option.set_id(&format!("{LIST}-{n}"));
            let _ = option.set_attribute("role", "option");
            option.set_text_content(Some(name));
            let _ = list.append_child(&option);
        }
        let Some(around) = typing.text.parent_element() else { return };
        let _ = around.append_child(&list);
        place(&list, &typing);
        let _ = typing.text.set_attribute("aria-autocomplete", "list");
        let _ = typing.text.set_attribute("aria-controls", LIST);
        *self.typing.borrow_mut() = Some(typing);
        *self.names.borrow_mut() = names;
        self.choose(0);
    }

    fn choose(&self, n: usize) {
        self.chosen.set(n);
        for (at, option) in dom::all("#completion > li").enumerate() {
            let _ = option.set_attribute("aria-selected", if at == n { "true" } else { "false" });
        }
        if let Some(typing) = &*self.typing.borrow() {
            let _ = typing.text.set_attribute("aria-activedescendant", &format!("{LIST}-{n}"));
        }
    }

    fn close(&self) {
        if let Some(list) = dom::by_id::<Element>(LIST) {
            list.remove();
        }
        if let Some(typing) = self.typing.take() {
            for name in ["aria-controls", "aria-activedescendant"] {
                let _ = typing.text.remove_attribute(name);
            }
        }
    }

    fn key(&self, event: &Event) {
        let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
        let count = self.names.borrow().len();
        if self.typing.borrow().is_none() || count == 0 || key.alt_key() || key.ctrl_key() || key.meta_key() {
            return;
        }
        let chosen = self.chosen.get();
        match key.key().as_str() {
            "ArrowDown" => self.choose((chosen + 1) % count),
            "ArrowUp" => self.choose((chosen + count - 1) % count),
            "Enter" | "Tab" => self.take(),
            "Escape" => self.close(),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    }

    /// Puts the chosen name where it was begun, with what closes it.
    fn take(&self) {
        let name = self.names.borrow().get(self.chosen.get()).cloned();
        let (Some(typing), Some(name)) = (self.typing.take(), name) else { return };
        let close = match typing.kind {
            Kind::Reference => "]]",
            Kind::Variable => "}}",
            Kind::Word => "",
        };
        let after: Vec<u16> = typing.text.value().encode_utf16().skip(typing.end as usize).collect();
        let after = String::from_utf16_lossy(&after);
        let is_closed = after.trim_start_matches(' ').starts_with(close);
        let space = if typing.start == typing.end && !before_is_space(&typing) { " " } else { "" };
        let insert = if is_closed { format!("{space}{name}") } else { format!("{space}{name} {close}") };
        let is_inside = typing.kind == Kind::Word || !space.is_empty() || before_is_space(&typing);
        let lead = if is_inside { "" } else { " " };
        let insert = format!("{lead}{insert}");
        let (text, start, end) = (typing.text.clone(), typing.start, typing.end);
        *self.typing.borrow_mut() = Some(typing);
        self.close();
        let _ = text.set_selection_range(start, end);
        if type_text(&insert).is_none() {
            let _ = text.set_range_text_with_start_and_end(&insert, start, end);
            let caret = start + u32::try_from(insert.encode_utf16().count()).unwrap_or(0);
            let _ = text.set_selection_range(caret, caret);
            if let Ok(input) = bubbling("input") {
                let _ = text.dispatch_event(&input);
            }
        }
    }
}

/// Types a text in place of what is selected, as if by hand, so that it can be undone: with the command that
/// browsers keep for that, which has no binding.
fn type_text(text: &str) -> Option<()> {
    let document = dom::document();
    let command: Function = Reflect::get(&document, &"execCommand".into()).ok()?.dyn_into().ok()?;
    let done = command.call3(&document, &"insertText".into(), &JsValue::FALSE, &text.into()).ok()?;
    done.is_truthy().then_some(())
}

/// Whether white space stands before what is being typed.
fn before_is_space(typing: &Typing) -> bool {
    let before = typing.text.value().encode_utf16().take(typing.start as usize).last();
    before.is_some_and(|unit| unit == u16::from(b' ') || unit == u16::from(b'\t'))
}

fn bubbling(name: &str) -> Result<Event, wasm_bindgen::JsValue> {
    let how = web_sys::EventInit::new();
    how.set_bubbles(true);
    Event::new_with_event_init_dict(name, &how)
}

/// Puts the list below the caret, whose place is measured in a copy of what lies behind.
fn place(list: &Element, typing: &Typing) -> Option<()> {
    let behind = typing.text.previous_element_sibling()?;
    let copy: HtmlElement = behind.clone_node_with_deep(false).ok()?.dyn_into().ok()?;
    let before: Vec<u16> = typing.text.value().encode_utf16().take(typing.start as usize).collect();
    copy.set_text_content(Some(&String::from_utf16_lossy(&before)));
    let caret: HtmlElement = dom::document().create_element("b").ok()?.dyn_into().ok()?;
    caret.set_text_content(Some("|"));
    copy.append_child(&caret).ok()?;
    typing.text.parent_element()?.append_child(&copy).ok()?;
    let (left, top) = (caret.offset_left(), caret.offset_top() - typing.text.scroll_top());
    copy.remove();
    list.unchecked_ref::<HtmlElement>()
        .style()
        .set_property(
            "inset",
            &format!("{}px auto auto {}px", top + 24, left.min(typing.text.client_width() - 160).max(0)),
        )
        .ok()
}
