//! What stands in a preview for values that are missing, so that the text is shown in any case.

use crate::{
    prompts::{
        content::{Content, Speaker, ValueKind},
        render::{Problems, Resolved, Values},
    },
    ui::{Bake, Html},
};
use leptos::prelude::*;
use serde_json::{Value, json};

/// What is around the name of a missing value: characters that nobody types.
const AROUND: [char; 2] = ['\u{e000}', '\u{e001}'];
/// What stands before the name of missing messages.
const MESSAGES: char = '\u{e002}';
/// How often a field of a value is found to be missing before the text is shown as it is written.
pub(super) const ROUNDS: usize = 3;

/// Puts a name in place of each value that is missing; not where more is wrong.
pub(super) fn fill(resolved: &mut Resolved, values: &mut Values, problems: &Problems) -> bool {
    if !problems.others.is_empty() || problems.missing.is_empty() {
        return false;
    }
    for name in &problems.missing {
        fill_one(resolved, values, name);
    }
    true
}

fn fill_one(resolved: &mut Resolved, values: &mut Values, dotted: &str) {
    let named = || format!("{}{dotted}{}", AROUND[0], AROUND[1]);
    let mut path = dotted.split('.');
    let name = path.next().unwrap_or_default();
    let mut kind = ValueKind::String;
    for part in &mut resolved.parts {
        if part.content.placeholders().any(|placeholder| placeholder == name) {
            values.insert(
                name.to_owned(),
                json!([{ "role": "user", "content": format!("{MESSAGES}{}", named()) }]),
            );
            return;
        }
        kind = shown_kind(&mut part.content, name).unwrap_or(kind);
    }
    let value = match kind {
        ValueKind::List => json!([named()]),
        _ => Value::String(named()),
    };
    let fields: Vec<&str> = path.collect();
    if fields.is_empty() {
        values.insert(name.to_owned(), value);
        return;
    }
    let mut at = values.entry(name).or_insert_with(|| json!({}));
    for field in fields {
        if !at.is_object() {
            *at = json!({});
        }
        at = &mut at[field];
    }
    *at = value;
}

/// The kind of a variable that something stands in for; where a name fits no kind, it is text for now.
fn shown_kind(content: &mut Content, name: &str) -> Option<ValueKind> {
    let variable = content.variables.iter_mut().find(|variable| variable.name == name)?;
    if matches!(variable.kind, ValueKind::Number | ValueKind::Boolean) {
        variable.kind = ValueKind::String;
    }
    Some(variable.kind)
}

/// A text in which the names of missing values stand out.
pub(super) fn marked(text: &str) -> Html {
    let piece = |(n, piece): (usize, &str)| {
        let Some((name, after)) = piece.split_once(AROUND[1]).filter(|_| n > 0) else {
            return view! { {piece.to_owned()} }.bake();
        };
        let (name, after) = (name.to_owned(), after.to_owned());
        view! { <mark class="chip" title="No value yet">{name}</mark>{after} }.bake()
    };
    let pieces: Vec<_> = text.trim_start_matches(MESSAGES).split(AROUND[0]).enumerate().map(piece).collect();
    view! { {pieces} }.bake()
}

/// Whether messages of a call would stand here.
pub(super) fn is_placeholder(role: Speaker, text: &str) -> bool {
    role == Speaker::User && text.starts_with(MESSAGES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::PromptId,
        prompts::{
            analysis::Analysis,
            content::Message,
            render::{Part, Rendered, render},
        },
    };
    use std::collections::BTreeMap;
    use uuid::Uuid;

    fn shown(content: Value, values: &Value) -> Option<String> {
        let content: Content = serde_json::from_value(content).unwrap();
        let part = Part {
            prompt: PromptId(Uuid::nil()),
            path: "P".to_owned(),
            version: None,
            analysis: Analysis::here(&content),
            content,
            inherited: BTreeMap::new(),
            references: BTreeMap::new(),
        };
        let mut resolved = Resolved { parts: vec![part], is_cut: false };
        let mut values = values.as_object().unwrap().clone();
        let mut rendered = render(&resolved, &values);
        for _ in 0..ROUNDS {
            let Err(problems) = &rendered else { break };
            if !fill(&mut resolved, &mut values, problems) {
                return None;
            }
            rendered = render(&resolved, &values);
        }
        let text = match rendered.ok()? {
            Rendered::Text(text) => text,
            Rendered::Chat(messages) => {
                let message = |message: &Message| {
                    if is_placeholder(message.role, &message.content) {
                        format!("[{}]", message.content.trim_start_matches(MESSAGES))
                    } else {
                        message.content.clone()
                    }
                };
                messages.iter().map(message).collect()
            }
        };
        Some(text.replace(AROUND[0], "<").replace(AROUND[1], ">"))
    }

    #[test]
    fn what_is_missing_is_its_name() {
        for (content, values, says) in [
            (
                json!({ "body": { "text": "Dear {{ name }}, {{ a.b.c }} {{ a.d }}" } }),
                json!({}),
                "Dear <name>, <a.b.c> <a.d>",
            ),
            (json!({ "body": { "text": "{{ a }} {{ b }}" } }), json!({ "a": 1 }), "1 <b>"),
            (
                json!({ "body": { "text": "{{ n }}" }, "variables": [{ "name": "n", "type": "number", "required": true }] }),
                json!({}),
                "<n>",
            ),
            (
                json!({ "engine": "jinja", "body": { "text": "{% for x in l %}- {{ x }}{% endfor %}" },
                    "variables": [{ "name": "l", "type": "list", "required": true }] }),
                json!({}),
                "- <l>",
            ),
            (
                json!({ "body": { "chat": [{ "role": "system", "content": "a" }, { "role": "placeholder", "name": "h" }] } }),
                json!({}),
                "a[<h>]",
            ),
            // A message of one variable is no placeholder.
            (
                json!({ "body": { "chat": [{ "role": "placeholder", "name": "h" }, { "role": "user", "content": "{{ q }}" }] } }),
                json!({}),
                "[<h>]<q>",
            ),
        ] {
            assert_eq!(shown(content, &values).as_deref(), Some(says));
        }
        let sum = json!({ "engine": "jinja", "body": { "text": "{{ n + 1 }}" } });
        assert_eq!(shown(sum, &json!({})), None, "it is shown as it is written");
    }

    #[test]
    fn names_are_marked_and_stay_text() {
        let html = marked("a \u{e000}<b>\u{e001} \u{e001} & \u{e000}c").to_html();
        assert!(html.contains("&lt;b&gt;</mark>") && html.matches("<mark").count() == 1, "{html}");
    }
}
