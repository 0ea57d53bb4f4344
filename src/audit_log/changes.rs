//! What a row of the log tells besides who did what, in plain words.

use super::{refusals::refused, store::Row};
use crate::{
    key_scope::{KeyScope, KeyScopes},
    role::Role,
    tenancy::audit::Action,
    time::Span,
    ui::{day, parse_rfc3339},
};
use serde_json::Value;
use uuid::Uuid;

/// What changed, one line each.
pub(super) fn changes(row: &Row) -> Vec<String> {
    told(&row.action, &row.details.0)
}

fn told(action: &str, details: &Value) -> Vec<String> {
    if let Some(act) = details["act"].as_str() {
        return vec![refused(act)];
    }
    match Action::parse(action) {
        // Of whoever was and is the Owner the names are known.
        Some(Action::TransferAccepted) => Vec::new(),
        Some(Action::LibraryImported) => imported(details),
        Some(Action::VariablesChanged) => of_each(details, variable),
        _ => [of_each(details, change), beside(details)].concat(),
    }
}

/// What came of an import.
fn imported(details: &Value) -> Vec<String> {
    let counts = [("created", "created"), ("changed", "changed"), ("skipped", "unchanged")];
    let counts = counts.map(|(key, says)| (details["after"][key].as_i64().unwrap_or_default(), says));
    let counts: Vec<_> = counts.into_iter().filter(|(count, _)| *count > 0).collect();
    if counts.is_empty() {
        return details["part"]
            .as_i64()
            .map(|part| format!("part {part} of a large import"))
            .into_iter()
            .collect();
    }
    vec![counts.into_iter().map(|(count, says)| format!("{count} {says}")).collect::<Vec<_>>().join(", ")]
}

type Tell = fn(&str, Option<&Value>, Option<&Value>) -> String;

/// What is different before and after, each told by its name.
fn of_each(details: &Value, tell: Tell) -> Vec<String> {
    let (before, after) = (details["before"].as_object(), details["after"].as_object());
    let old = |key: &str| before.and_then(|before| before.get(key));
    let new = |key: &str| after.and_then(|after| after.get(key));
    let keys = after.into_iter().chain(before).flat_map(|all| all.keys().map(String::as_str));
    let mut lines: Vec<(&str, String)> = Vec::new();
    for key in keys {
        if !lines.iter().any(|(told, _)| *told == key) {
            lines.push((key, tell(key, old(key), new(key))));
        }
    }
    lines.into_iter().map(|(_, line)| line).filter(|line| !line.is_empty()).collect()
}

/// What is told beside that.
fn beside(details: &Value) -> Vec<String> {
    let pairs = [("kind", "act"), ("environment", "environment"), ("reason", "reason")];
    let lines = pairs.into_iter().filter_map(|(key, called)| {
        let value = details.get(key).filter(|value| value.as_str() != Some(""))?;
        Some(change(called, None, Some(value)))
    });
    let told = |key: &str| ["before", "after"].iter().any(|side| details[side].get(key).is_some());
    let silent = details["changed"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let silent = silent.filter(|key| !told(key)).map(|key| format!("{} changed", words(key)));
    lines.chain(silent).collect()
}

/// A variable, by its own name.
fn variable(name: &str, old: Option<&Value>, new: Option<&Value>) -> String {
    pair(name, old.map(plain), new.map(plain))
}

/// What is told of a field: nothing of one that was left empty.
fn change(key: &str, old: Option<&Value>, new: Option<&Value>) -> String {
    if old.is_none() && new.and_then(Value::as_str) == Some("") {
        return String::new();
    }
    let name = words(key);
    // An angle of the colour wheel says nothing, either.
    if key == "hue" || [old, new].into_iter().flatten().any(is_id) {
        return format!("{name} changed");
    }
    pair(&name, old.map(|old| value(key, old)), new.map(|new| value(key, new)))
}

fn pair(name: &str, old: Option<String>, new: Option<String>) -> String {
    match (old, new) {
        (Some(old), Some(new)) if old == new => format!("{name} changed"),
        (Some(old), Some(new)) => format!("{name}: {} → {}", shown(old), shown(new)),
        (Some(one), None) | (None, Some(one)) => format!("{name}: {}", shown(one)),
        (None, None) => name.to_owned(),
    }
}

/// The most characters of a value that are shown.
const SHOWN: usize = 200;

/// As much of a value as is shown.
fn shown(mut value: String) -> String {
    if let Some((end, _)) = value.char_indices().nth(SHOWN) {
        value.truncate(end);
        value.push('…');
    }
    value
}

/// Whether it is an id, or some: they say nothing to people. That of a picture says that there is one.
fn is_id(value: &Value) -> bool {
    match value {
        Value::String(text) => text.parse::<Uuid>().is_ok(),
        Value::Array(all) => all.iter().any(is_id),
        _ => false,
    }
}

/// What people call a field.
fn words(key: &str) -> String {
    let says = match key {
        "act" => "action",
        "allowed_domains" => "allowed domains",
        "approvals" => "required approvals",
        "comment_role" => "who can comment",
        "default_role" => "default role",
        "expires_at" => "expires",
        "hue" => "color",
        "image_id" => "image",
        "invitation_span" => "invitations expire after",
        "kind" => "type",
        "others" => "someone else must approve",
        "overlap_minutes" => "old secret",
        "restores" => "version",
        "run_role" => "who can run prompts",
        "scopes" => "permissions",
        "slug" => "URL",
        "two_factor_since" => "two-factor authentication required",
        "wanted" => "requested",
        key => return key.replace('_', " "),
    };
    says.to_owned()
}

/// What a field holds, as people say it.
fn value(key: &str, value: &Value) -> String {
    let told = match (key, value) {
        ("two_factor_since", since) => Some(if since.is_null() { "no" } else { "yes" }.to_owned()),
        ("invitation_span", span) => span.as_i64().map(|span| Span(span).in_words()),
        ("overlap_minutes", minutes) => minutes.as_i64().map(overlap),
        ("role" | "default_role", Value::String(role)) => Role::parse(role).map(|role| role.to_string()),
        ("run_role" | "comment_role", Value::String(role)) => {
            Role::parse(role).map(|role| format!("{role} and up"))
        }
        ("scopes", Value::String(codes)) => Some(scopes(KeyScopes::parse(codes))),
        ("expires_at", Value::String(at)) => parse_rfc3339(at).map(day),
        ("allowed_domains", Value::String(domains)) if domains.is_empty() => Some("all".to_owned()),
        ("act", Value::String(act)) if act == "rollback" => Some("roll back".to_owned()),
        ("reason", Value::String(reason)) if reason == "the inviter's role" => {
            Some("the role of who invited them changed".to_owned())
        }
        _ => None,
    };
    told.unwrap_or_else(|| plain(value))
}

fn overlap(minutes: i64) -> String {
    match minutes {
        0 => "stops immediately".to_owned(),
        minutes => format!("works for {} more", Span::minutes(minutes).in_words()),
    }
}

/// What a key may do: the name of all it has, or each.
fn scopes(scopes: KeyScopes) -> String {
    let each = || scopes.iter().map(KeyScope::says).collect::<Vec<_>>().join("; ");
    scopes.preset().map_or_else(each, |preset| preset.label().to_owned())
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(is_so) => if *is_so { "yes" } else { "no" }.to_owned(),
        Value::String(text) if text.is_empty() => "none".to_owned(),
        Value::String(text) => text.replace('\n', ", "),
        Value::Array(all) => all.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn details_are_told_in_plain_words() {
        for (action, details, lines) in [
            (
                "member.role_changed",
                json!({ "before": { "role": "viewer" }, "after": { "role": "editor" } }),
                &["role: Viewer → Editor"][..],
            ),
            (
                "library.imported",
                json!({ "after": { "created": 3, "changed": 0, "skipped": 1 }, "part": 2 }),
                &["3 created, 1 unchanged"],
            ),
            ("library.imported", json!({ "part": 1 }), &["part 1 of a large import"]),
            (
                "variables.updated",
                json!({ "before": { "max_items": "1", "kind": "x" }, "after": { "max_items": "2", "hue": "9" } }),
                &["hue: 9", "max_items: 1 → 2", "kind: x"],
            ),
            (
                "key.created",
                json!({ "after": { "scopes": "read:prompts read:deployments", "environments": "all", "folders": "Support",
                    "expires_at": "2027-03-01T12:00:00Z" } }),
                &["environments: all", "expires: Mar 1, 2027", "folders: Support", "permissions: Runtime"],
            ),
            (
                "key.created",
                json!({ "after": { "scopes": "read:audit delete:prompts", "expires_at": "never" } }),
                &[
                    "expires: never",
                    "permissions: Move prompts and folders to the trash; Read the audit log, the members and the invitations",
                ],
            ),
            (
                "key.rotated",
                json!({ "after": { "overlap_minutes": 30 } }),
                &["old secret: works for 30 minutes more"],
            ),
            ("key.rotated", json!({ "after": { "overlap_minutes": 0 } }), &["old secret: stops immediately"]),
            (
                "prompt.deployed",
                json!({ "environment": "eu", "before": { "version": null }, "after": { "version": 2 }, "reason": "" }),
                &["version: none → 2", "environment: eu"],
            ),
            (
                "deployment.requested",
                json!({ "environment": "eu", "kind": "rollback", "after": { "version": 1 }, "reason": "It is odd" }),
                &["version: 1", "action: roll back", "environment: eu", "reason: It is odd"],
            ),
            ("prompt.created", json!({ "after": { "kind": "chat" } }), &["type: chat"]),
            ("version.saved", json!({ "after": { "message": "", "version": 2 } }), &["version: 2"]),
            ("version.restored", json!({ "after": { "restores": 3 } }), &["version: 3"]),
            (
                "environment.created",
                json!({ "after": { "approvals": 1, "others": true } }),
                &["required approvals: 1", "someone else must approve: yes"],
            ),
            (
                "organization.updated",
                json!({ "changed": ["hue", "description"], "before": { "hue": 210 }, "after": { "hue": null } }),
                &["color changed", "description changed"],
            ),
            (
                "invitation.revoked",
                json!({ "reason": "the inviter's role" }),
                &["reason: the role of who invited them changed"],
            ),
            (
                "access.denied",
                json!({ "act": "POST /api/trash/purge" }),
                &["tried to delete something permanently"],
            ),
            ("transfer.accepted", json!({ "before": { "owner": "a" }, "after": { "owner": "b" } }), &[]),
        ] {
            assert_eq!(told(action, &details), lines, "{action} {details}");
        }
    }

    #[test]
    fn of_a_long_value_the_beginning_is_told() {
        let (long, cut) = ("ä".repeat(201), format!("{}…", "ä".repeat(200)));
        let details = json!({ "before": { "text": long }, "after": { "text": "b".repeat(200) } });
        assert_eq!(told("variables.updated", &details), [format!("text: {cut} → {}", "b".repeat(200))]);
        assert_eq!(told("trash.added", &json!({ "reason": long })), [format!("reason: {cut}")]);
    }

    #[test]
    fn ids_are_not_told() {
        let id = Value::from("01a22762-e2b3-7000-8000-000000000001");
        assert_eq!(change("image_id", Some(&Value::Null), Some(&id)), "image changed");
        assert_eq!(change("keys", None, Some(&Value::from(vec![id]))), "keys changed");
    }
}
