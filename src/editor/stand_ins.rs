//! What stands in a preview for values that are missing, so that the text is shown in any case.

use crate::prompts::{
    content::{MAX_NAMES, Speaker, ValueKind, Variable},
    jinja::AROUND,
    nesting::MAX_NESTING,
    render::{Problems, Resolved, Values},
};
use html_escape::encode_double_quoted_attribute_to_string as escape;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What stands before the name of missing messages.
const MESSAGES: char = '\u{e002}';
/// How often a field of a value is found to be missing before the text is shown as it is written.
pub(super) const ROUNDS: usize = 3;
/// The most names that stand out in a text.
const MARKED: usize = 5_000;
const MARK: (&str, &str) = ("<mark class=\"chip\" title=\"No value yet\">", "</mark>");

/// Puts a name in place of each value that is missing; not where more is wrong, more are missing than a version may
/// have, or fields are nested deeper than those of a value may be.
pub(super) fn fill(resolved: &mut Resolved, values: &mut Values, problems: &Problems) -> bool {
    let missing = &problems.missing;
    let is_deep = |name: &String| name.split('.').count() > MAX_NESTING;
    if !problems.others.is_empty() || missing.is_empty() || missing.len() > MAX_NAMES {
        return false;
    }
    if missing.iter().any(is_deep) {
        return false;
    }
    let names: BTreeSet<&str> = missing.iter().map(|name| root(name)).collect();
    let placeholders = resolved.parts.iter().flat_map(|part| part.content.placeholders());
    let placeholders: BTreeSet<String> =
        placeholders.filter(|name| names.contains(name)).map(ToOwned::to_owned).collect();
    let declared = resolved.parts.iter_mut().flat_map(|part| &mut part.content.variables);
    let declared = declared.filter(|one| names.contains(&*one.name) && !placeholders.contains(&one.name));
    let kinds: BTreeMap<String, ValueKind> =
        declared.map(|variable| (variable.name.clone(), shown_kind(variable))).collect();
    for dotted in missing {
        let name = root(dotted);
        if placeholders.contains(name) {
            let content = format!("{MESSAGES}{}", named(dotted));
            values.insert(name.to_owned(), json!([{ "role": "user", "content": content }]));
        } else {
            fill_one(values, dotted, kinds.get(name).copied().unwrap_or_default());
        }
    }
    resolved.has_stand_ins = true;
    true
}

/// The variable of a name, without fields.
fn root(dotted: &str) -> &str {
    dotted.split('.').next().unwrap_or_default()
}

fn named(dotted: &str) -> String {
    format!("{}{dotted}{}", AROUND[0], AROUND[1])
}

fn fill_one(values: &mut Values, dotted: &str, kind: ValueKind) {
    let value = match kind {
        ValueKind::List => json!([named(dotted)]),
        _ => Value::String(named(dotted)),
    };
    let fields: Vec<&str> = dotted.split('.').skip(1).collect();
    if fields.is_empty() {
        values.insert(dotted.to_owned(), value);
        return;
    }
    let mut at = values.entry(root(dotted)).or_insert_with(|| json!({}));
    for field in fields {
        if !at.is_object() {
            *at = json!({});
        }
        at = &mut at[field];
    }
    *at = value;
}

/// The kind of a variable that something stands in for; where a name fits no kind, it is text for now.
fn shown_kind(variable: &mut Variable) -> ValueKind {
    if matches!(variable.kind, ValueKind::Number | ValueKind::Boolean) {
        variable.kind = ValueKind::String;
    }
    variable.kind
}

/// A text as HTML, in which the names of missing values stand out: the first of them.
pub(super) fn marked(text: &str) -> String {
    let mut html = String::with_capacity(2 * text.len());
    for (n, piece) in text.trim_start_matches(MESSAGES).split(AROUND[0]).enumerate() {
        match piece.split_once(AROUND[1]).filter(|_| n > 0) {
            Some((name, after)) => {
                let (begin, end) = if n <= MARKED { MARK } else { ("", "") };
                html.push_str(begin);
                escape(name, &mut html);
                html.push_str(end);
                escape(after, &mut html);
            }
            None => {
                escape(piece, &mut html);
            }
        }
    }
    html
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
            content::{Content, Message},
            render::{Part, Rendered, render},
        },
    };
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
        let mut resolved = Resolved { parts: vec![part], ..Resolved::default() };
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
                json!({ "engine": "jinja", "body": { "text": "{% for x in items %}\n- {{ x }}\n{% endfor %}{{ max_items|upper }} {{ tags|sort|join(', ') }}" } }),
                json!({}),
                "<max_items> <tags>",
            ),
            (
                json!({ "engine": "jinja", "body": { "text": "{% if who %}{{ who.name }} {{ all[0] }} {{ all|length }}{{ no|tojson }}{% endif %}" } }),
                json!({}),
                "<who.name> <all[0]> 0<no>",
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
        let nested = |depth: usize| {
            let dotted = vec!["a"; depth].join(".");
            json!({ "body": { "text": format!("{{{{ {dotted} }}}}") } })
        };
        assert!(shown(nested(MAX_NESTING), &json!({})).is_some());
        assert_eq!(shown(nested(130), &json!({})), None);
    }

    #[test]
    fn names_are_marked_and_stay_text() {
        let html = marked("a \u{e000}<b>\u{e001} \u{e001} & \u{e000}c");
        assert!(html.contains("&lt;b&gt;</mark>") && html.matches("<mark").count() == 1, "{html}");
        let html = marked(&"\u{e000}a\u{e001}".repeat(MARKED + 3));
        assert!(html.matches("<mark").count() == MARKED && html.ends_with("</mark>aaa"), "the rest is text");
    }
}
