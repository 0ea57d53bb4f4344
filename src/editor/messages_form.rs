//! The messages of a chat in the editor's form.

use super::{
    fields::Field,
    form::{Typed, TypedMessage},
};
use crate::{
    prompts::content::Speaker,
    ui::{Bake, Html, Icon, glyph},
};
use leptos::prelude::*;

pub(super) fn messages(typed: &Typed, field: &Field<'_>, can_change_kind: bool) -> Html {
    let last = typed.messages.len().saturating_sub(1);
    let all: Vec<_> =
        typed.messages.iter().enumerate().map(|(n, one)| message(n, last, one, field)).collect();
    let add = Speaker::ALL.iter().map(|role| {
        let value = format!("add-{}", role.as_str());
        view! { <button class="button" data-size="small" name="act" value=value><Icon is=glyph::Plus/>{role.label()}</button> }
    });
    let add: Vec<_> = add.collect();
    view! {
        <ol class="messages" role="list">{all}</ol>
        <div class="add-message" role="group" aria-label="Add a message">{add}</div>
        {can_change_kind.then(|| view! { <p><button class="button" data-kind="quiet" name="act" value="text">"Convert to text"</button></p> })}
    }
    .bake()
}

fn message(n: usize, last: usize, typed: &TypedMessage, field: &Field<'_>) -> impl IntoView + use<> {
    let place = n + 1;
    let at = format!("content-{n}");
    let (invalid, described, flaw) = field.flaws.at(&at);
    let described = Field::described(&at, described);
    let (_, _, role_flaw) = field.flaws.at(&format!("role-{n}"));
    let (name_invalid, name_described, name_flaw) = field.flaws.at(&format!("name-{n}"));
    let roles = Speaker::ALL.iter().map(|role| {
        let selected = role.as_str() == typed.role;
        view! { <option value=role.as_str() selected=selected>{role.label()}</option> }
    });
    let roles: Vec<_> = roles.collect();
    let is_placeholder = typed.role == Speaker::Placeholder.as_str();
    let named = match typed.role.as_str() {
        "placeholder" => Some("Placeholder name"),
        "tool" => Some("Tool call ID"),
        _ => None,
    };
    let name = named.map(|label| {
        view! {
            <input class="message-name" name=format!("name-{n}") value=typed.name.clone() maxlength="100" spellcheck="false" autocapitalize="none"
                autocomplete="off" aria-label=format!("{label} {place}") placeholder=label aria-invalid=name_invalid aria-describedby=name_described/>
        }
    });
    let content = (!is_placeholder).then(|| {
        let control = view! {
            <textarea class="prompt-text" id=at.clone() name=at.clone() rows="4" aria-label=format!("Message {place}") aria-invalid=invalid
                aria-describedby=described>{format!("\n{}", typed.content)}</textarea>
        }
        .bake();
        field.code(&at, control)
    });
    let says = is_placeholder.then(|| view! { <p class="hint">"The request fills in messages here."</p> });
    let tokens = (!is_placeholder).then(|| view! { <small class="tokens">{field.tokens(&at)}</small> });
    let move_button = |verb: &str, sign: &'static str, label: String, off: bool, then: Option<String>| {
        view! { <button class="button icon-button" data-kind="quiet" data-size="small" name="act" value=format!("{verb}-{n}") aria-label=label disabled=off data-then=then>{sign}</button> }
    };
    // One who moves it on goes on with the same button where it is then; at the end, with the one back.
    let then_up = if n > 1 { format!("up-{}", n - 1) } else { "down-0".to_owned() };
    let then_down = if n + 1 < last { format!("down-{}", n + 1) } else { format!("up-{}", n + 1) };
    view! {
        <li class="message">
            <header>
                <button class="button icon-button fold" type="button" data-kind="quiet" data-size="small" data-folds aria-expanded="true"
                    aria-label=format!("Show message {place}")>"▾"</button>
                <select name=format!("role-{n}") aria-label=format!("Role of message {place}")>{roles}</select>
                {name}
                {tokens}
                <span class="message-acts">
                    {move_button("up", "↑", format!("Move message {place} up"), n == 0, Some(then_up))}
                    {move_button("down", "↓", format!("Move message {place} down"), n == last, Some(then_down))}
                    {move_button("remove", "✕", format!("Remove message {place}"), last == 0, None)}
                </span>
            </header>
            {content}{says}{role_flaw}{name_flaw}{flaw}
        </li>
    }
}
