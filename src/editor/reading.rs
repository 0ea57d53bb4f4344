//! A content, for those who may only read.

use super::form::Typed;
use crate::{
    prompts::content::{Content, Speaker},
    ui::{Bake, Html},
};
use leptos::prelude::*;

/// What a content says, for those who may only read.
pub(super) fn reading(content: &Content) -> Html {
    let typed = Typed::of(content);
    if typed.kind == "text" {
        return view! { <div class="reading"><pre class="prompt-text" tabindex="0">{typed.text}</pre></div> }
            .bake();
    }
    let all: Vec<_> = typed
        .messages
        .into_iter()
        .map(|message| {
            let role = Speaker::parse(&message.role).map_or("", Speaker::label);
            view! {
                <li class="message">
                    <header><strong>{role}</strong>" "<span>{message.name}</span></header>
                    <pre class="prompt-text" tabindex="0">{message.content}</pre>
                </li>
            }
        })
        .collect();
    view! { <ol class="messages reading" role="list">{all}</ol> }.bake()
}
