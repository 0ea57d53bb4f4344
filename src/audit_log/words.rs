//! Rows of the log in words.

use super::store::Row;
use crate::{
    server::audit::Action,
    time::Span,
    ui::{day, parse_rfc3339},
};
use serde_json::Value;
use uuid::Uuid;

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

/// The actions to choose from, with what they are about.
pub(super) fn groups() -> Vec<(&'static str, Vec<Action>)> {
    let mut groups: Vec<(&str, Vec<Action>)> = Vec::new();
    for action in Action::ALL {
        let about = about(*action);
        match groups.iter_mut().find(|(group, _)| *group == about) {
            Some((_, actions)) => actions.push(*action),
            None => groups.push((about, vec![*action])),
        }
    }
    groups
}

fn about(action: Action) -> &'static str {
    match action.code().split_once('.').unwrap_or_default() {
        ("account" | "session", _) => "Accounts",
        ("organization" | "transfer", _) => "Organization",
        ("invitation", _) => "Invitations",
        ("member", _) => "Members",
        ("environment", _) => "Environments",
        ("deployment", _) | ("prompt", "deployed" | "promoted" | "rolled_back" | "undeployed") => {
            "Deployments"
        }
        ("key", _) => "API keys",
        ("library" | "members" | "audit_log", _) => "Imports and exports",
        ("access", _) => "Access",
        _ => "Prompts",
    }
}

/// An action by itself: "Changed the role of…".
pub(super) fn choice(action: Action) -> String {
    let says = action.says();
    let mut letters = says.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let goes_on = [" of", " to", " from"].iter().any(|end| says.ends_with(end));
    first.chain(letters).chain(goes_on.then_some('…')).collect()
}

/// What somebody was refused: the page, or what its form does.
fn refused(act: &str) -> String {
    match act.split_once(' ') {
        Some(("GET", page)) if !page.starts_with("/api/") => page.to_owned(),
        Some(("POST", path)) if !path.starts_with("/api/v1/") => {
            path.trim_start_matches("/api/").replace('_', " ").replace('/', ": ")
        }
        _ => act.to_owned(),
    }
}

/// What changed, one line each.
pub(super) fn changes(row: &Row) -> Vec<String> {
    let details = &row.details.0;
    if let Some(act) = details["act"].as_str() {
        return vec![refused(act)];
    }
    // Of whoever was and is the Owner the names are known.
    if row.action == Action::TransferAccepted.code() {
        return Vec::new();
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
    if [old, new].into_iter().flatten().any(is_id) {
        return format!("{key} changed");
    }
    match (old, new) {
        (Some(old), Some(new)) if says(old) == says(new) => format!("{key} changed"),
        (Some(old), Some(new)) => format!("{key}: {} → {}", says(old), says(new)),
        (Some(one), None) | (None, Some(one)) => format!("{key}: {}", says(one)),
        (None, None) => key,
    }
}

/// Whether it is an id, or some: they say nothing to people. That of a picture says that there is one.
fn is_id(value: &Value) -> bool {
    match value {
        Value::String(text) => text.parse::<Uuid>().is_ok(),
        Value::Array(all) => all.iter().any(is_id),
        _ => false,
    }
}

fn words(key: &str) -> String {
    match key {
        "image_id" => "image".to_owned(),
        "hue" => "color".to_owned(),
        "invitation_span" => "invitations expire after".to_owned(),
        "run_role" => "who can run prompts".to_owned(),
        "comment_role" => "who can comment".to_owned(),
        "two_factor_since" => "two-factor authentication required".to_owned(),
        "approvals" => "required approvals".to_owned(),
        "others" => "someone else must approve".to_owned(),
        "kind" => "type".to_owned(),
        "expires_at" => "expires".to_owned(),
        key => key.replace('_', " "),
    }
}

/// What a field of a name holds, as people say it.
fn value(key: &str, value: &Value) -> String {
    match (key, value) {
        ("two_factor_since", value) => return if value.is_null() { "no" } else { "yes" }.to_owned(),
        ("invitation_span", value) => return Span(value.as_i64().unwrap_or_default()).in_words(),
        ("others", Value::Bool(others)) => return if *others { "yes" } else { "no" }.to_owned(),
        ("hue", Value::Null) => return "default".to_owned(),
        ("expires_at", Value::String(at)) => {
            return parse_rfc3339(at).map_or_else(|| at.clone(), day);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_chosen_in_words() {
        let groups = groups();
        let all: Vec<Action> = groups.iter().flat_map(|(_, actions)| actions.clone()).collect();
        assert_eq!(all.len(), Action::ALL.len());
        for action in all {
            let choice = choice(action);
            assert!(!choice.contains(['_', '.']) && choice != action.code(), "{choice}");
            assert!(choice.starts_with(char::is_uppercase), "{choice}");
        }
        assert_eq!(choice(Action::RoleChanged), "Changed the role of…");
        assert_eq!(about(Action::Deployed), "Deployments");
    }

    #[test]
    fn an_end_is_a_day() {
        let says = |end: &str| change("expires_at", None, Some(&Value::from(end)));
        assert_eq!(says("2027-02-28T10:48:30Z"), "expires: Feb 28, 2027");
        assert_eq!(says("never"), "expires: never");
    }

    #[test]
    fn what_was_refused_is_told_in_words() {
        for (act, says) in [
            ("GET /acme/settings/danger-zone", "/acme/settings/danger-zone"),
            ("POST /api/members/set_role", "members: set role"),
            ("GET /api/v1/prompts", "GET /api/v1/prompts"),
            ("POST /api/v1/folders", "POST /api/v1/folders"),
        ] {
            assert_eq!(refused(act), says);
        }
    }

    #[test]
    fn ids_are_not_told() {
        let id = Value::from("01a22762-e2b3-7000-8000-000000000001");
        assert_eq!(change("image_id", Some(&Value::Null), Some(&id)), "image changed");
        assert_eq!(change("keys", None, Some(&Value::from(vec![id]))), "keys changed");
        assert_eq!(change("role", Some(&"viewer".into()), Some(&"editor".into())), "role: viewer → editor");
    }
}
