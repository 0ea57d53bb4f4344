//! Rows of the log in words.

use super::store::Row;
use crate::{server::audit::Action, time::Span};
use serde_json::Value;

/// Who did it.
pub(super) fn actor(row: &Row) -> String {
    match (&row.actor_name, row.actor_kind.as_str()) {
        (Some(name), _) => name.to_string(),
        (None, "system") => "Prompt Studio".to_owned(),
        (None, "key") => "An API key".to_owned(),
        (None, _) => "Someone".to_owned(),
    }
}

/// What was done, to stand before what it was done to.
pub(super) fn act(row: &Row) -> &'static str {
    Action::parse(&row.action).map_or("did something", Action::says)
}

/// What it was done to, unless that is the actor or the workspace itself.
pub(super) fn target(row: &Row) -> Option<String> {
    // Who answers an invitation is the one it is for.
    let answers = [Action::InvitationAccepted, Action::InvitationDeclined].map(Action::code);
    if row.actor_id.is_some() && (row.target_id == row.actor_id || answers.contains(&row.action.as_str())) {
        return None;
    }
    target_name(row)
}

/// What is known by name of what it was done to.
pub(super) fn target_name(row: &Row) -> Option<String> {
    let name = row.target_name.as_ref().map(ToString::to_string);
    let email = || row.target_email.as_ref().map(ToString::to_string);
    // Folders and prompts are told by their path at that time.
    let path = || row.details.0["of"].as_str().filter(|path| !path.is_empty()).map(ToOwned::to_owned);
    name.or_else(email).or_else(path)
}

/// What changed, one line each.
pub(super) fn changes(row: &Row) -> Vec<String> {
    let details = &row.details.0;
    if let Some(act) = details["act"].as_str() {
        return vec![act.to_owned()];
    }
    let (before, after) = (details["before"].as_object(), details["after"].as_object());
    let old = |key: &str| before.and_then(|before| before.get(key));
    let mut lines: Vec<String> = match after {
        Some(after) => after.iter().map(|(key, new)| change(key, old(key), Some(new))).collect(),
        None => before.into_iter().flatten().map(|(key, old)| change(key, Some(old), None)).collect(),
    };
    let beside =
        ["kind", "environment", "reason"].into_iter().filter_map(|key| Some((key, details.get(key)?)));
    let beside = beside.filter(|(_, value)| value.as_str() != Some(""));
    lines.extend(beside.map(|(key, value)| change(key, None, Some(value))));
    let told = |key: &str| old(key).is_some() || after.is_some_and(|after| after.contains_key(key));
    let silent = details["changed"].as_array().into_iter().flatten().filter_map(Value::as_str);
    lines.extend(silent.filter(|key| !told(key)).map(|key| format!("{} changed", words(key))));
    lines
}

fn change(key: &str, old: Option<&Value>, new: Option<&Value>) -> String {
    let says = |one: &Value| value(key, one);
    let key = words(key);
    match (old, new) {
        (Some(old), Some(new)) if says(old) == says(new) => format!("{key} changed"),
        (Some(old), Some(new)) => format!("{key}: {} → {}", says(old), says(new)),
        (Some(one), None) | (None, Some(one)) => format!("{key}: {}", says(one)),
        (None, None) => key,
    }
}

fn words(key: &str) -> String {
    match key {
        "image_id" => "picture".to_owned(),
        "hue" => "colour".to_owned(),
        "invitation_span" => "invitations expire after".to_owned(),
        "run_role" => "who may run prompts".to_owned(),
        "comment_role" => "who may comment".to_owned(),
        "two_factor_since" => "two-factor required".to_owned(),
        "approvals" => "required approvals".to_owned(),
        "kind" => "what".to_owned(),
        key => key.replace('_', " "),
    }
}

/// What a field of a name holds, as people say it.
fn value(key: &str, value: &Value) -> String {
    match (key, value) {
        ("image_id", Value::String(_)) => return "one".to_owned(),
        ("two_factor_since", value) => return if value.is_null() { "no" } else { "yes" }.to_owned(),
        ("invitation_span", value) => return Span(value.as_i64().unwrap_or_default()).in_words(),
        ("hue", Value::Null) => return "default".to_owned(),
        ("run_role" | "comment_role", Value::String(role)) => return format!("{role} and up"),
        _ => {}
    }
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) if text.is_empty() => "none".to_owned(),
        Value::String(text) => text.replace('\n', ", "),
        other => other.to_string(),
    }
}
