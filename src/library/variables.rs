//! Variables of folders and of the organization: what everything below inherits.

use super::folders;
use crate::{
    error::{Error, Flaws, Result},
    id::{AuditId, FolderId, VariableId},
    kernel::{internal_error::internal, long_work},
    prompts::{checks::too_deep, nesting::is_too_deep, sizes::weight},
    role::EditContent,
    templates::{NAME_RULE, is_name},
    tenancy::{
        Grant, OrgChange, Scope, Topic,
        audit::{Action, Entry},
    },
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The most variables of a folder.
pub const MAX: usize = 100;
/// The most bytes of a value.
pub const MAX_VALUE: usize = 20_000;

const OF_FOLDER: &str =
    "SELECT name, value FROM variables WHERE org_id = $1 AND folder_id IS NOT DISTINCT FROM $2";

/// The variables of a folder, or those of the organization, by name.
///
/// # Errors
/// When the database fails.
pub async fn read(scope: &Scope, folder: Option<FolderId>) -> Result<BTreeMap<String, Value>> {
    Ok(read_sized(scope, folder).await?.0)
}

/// The same, with how many bytes their values have.
///
/// # Errors
/// As [`read`].
pub async fn read_sized(scope: &Scope, folder: Option<FolderId>) -> Result<(BTreeMap<String, Value>, usize)> {
    let rows: Vec<(String, String)> = scope.query(OF_FOLDER).bind(folder).all().await?;
    let bytes = rows.iter().map(|(_, json)| json.len()).sum();
    let read = move || rows.into_iter().map(parse).collect();
    Ok((scope.server().long_work.run_on(scope.behalf(), bytes, read).await?, bytes))
}

/// The same, as they are within a change.
///
/// # Errors
/// When the database fails.
pub async fn read_within(
    change: &mut OrgChange,
    folder: Option<FolderId>,
) -> Result<BTreeMap<String, Value>> {
    let rows: Vec<(String, String)> = change.query(OF_FOLDER).bind(folder).all().await?;
    let bytes = rows.iter().map(|(_, json)| json.len()).sum();
    Ok(long_work::within(bytes, || rows.into_iter().map(parse).collect()))
}

pub(super) fn parse((name, json): (String, String)) -> (String, Value) {
    let value = serde_json::from_str(&json).unwrap_or(Value::String(json));
    (name, value)
}

/// What somebody typed for a value: JSON where it is a number, a list, an object or the like, or else text. A number
/// that would be printed in another way is text, and stays as it was typed: `1.10` and long ids.
#[must_use]
pub fn value_of(typed: &str) -> Value {
    match serde_json::from_str(typed.trim()) {
        Ok(value @ (Value::Bool(_) | Value::Array(_) | Value::Object(_))) => value,
        Ok(Value::Number(number)) if number.to_string() == typed.trim() => Value::Number(number),
        // In quotes it is text, whatever it looks like.
        Ok(Value::String(text)) => Value::String(text),
        _ => Value::String(typed.to_owned()),
    }
}

/// A value as it is typed.
#[must_use]
pub fn typed(value: &Value) -> String {
    match value {
        Value::String(text) if value_of(text) == *value => text.clone(),
        other => other.to_string(),
    }
}

/// Sets the variables of a folder, or those of the organization: those given, and no others. Tells the row of
/// the log with which this is [undone](undo), where anything is different now.
///
/// # Errors
/// [`Error::Invalid`] at `name-0`, `value-0` and so on; [`Error::NotFound`] when there is no such folder.
pub async fn set(
    grant: &Grant<EditContent>,
    folder: Option<FolderId>,
    variables: &[(String, Value)],
) -> Result<Option<AuditId>> {
    check(variables)?;
    let mut change = grant.change().await?;
    let row = set_within(&mut change, folder, variables).await?;
    if row.is_some() {
        change.commit().await?;
    }
    Ok(row)
}

/// What the log tells of a change: the values that were and are different, as they are typed.
#[derive(Deserialize)]
struct Told {
    before: BTreeMap<String, String>,
    after: BTreeMap<String, String>,
}

/// Undoes a change of the variables of a folder, or of those of the organization, of which this row of the log
/// tells. What has another value since then stays. Tells the row with which this is undone in turn.
///
/// # Errors
/// [`Error::NotFound`] when there is no such folder or no such change of it; [`Error::Invalid`] when it would
/// have too many.
pub async fn undo(
    grant: &Grant<EditContent>,
    folder: Option<FolderId>,
    row: AuditId,
) -> Result<Option<AuditId>> {
    let mut change = grant.change().await?;
    let told = change.query(
        "SELECT CAST(details AS TEXT) FROM audit_log
         WHERE org_id = $1 AND id = $2 AND action = $3 AND target_id IS NOT DISTINCT FROM $4",
    );
    let told = told.bind(row).bind(Action::VariablesChanged.code()).bind(folder).optional().await?;
    let (told,): (String,) = told.ok_or(Error::NotFound)?;
    let Told { before, after } = serde_json::from_str(&told).map_err(|error| internal(&error))?;
    let mut variables = read_within(&mut change, folder).await?;
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        if variables.get(name).map(typed).as_ref() == after.get(name) {
            match before.get(name) {
                Some(value) => drop(variables.insert(name.clone(), value_of(value))),
                None => drop(variables.remove(name)),
            }
        }
    }
    let variables: Vec<_> = variables.into_iter().collect();
    check(&variables)?;
    let row = set_within(&mut change, folder, &variables).await?;
    change.commit().await?;
    Ok(row)
}

/// The same as [`set`], within a change.
///
/// # Errors
/// [`Error::NotFound`] when there is no such folder.
pub async fn set_within(
    change: &mut OrgChange,
    folder: Option<FolderId>,
    variables: &[(String, Value)],
) -> Result<Option<AuditId>> {
    let (path, target) = match folder {
        Some(folder) => (folders::find_within(change, folder).await?.path, Some(folder.0)),
        None => (String::new(), None),
    };
    let before = read_within(change, folder).await?;
    let bytes = before.values().map(weight).sum::<usize>() + bytes_of(variables);
    let compare = || differences(&path, &before, variables);
    let Some(details) = long_work::within(bytes, compare) else { return Ok(None) };
    let old = change.query("DELETE FROM variables WHERE org_id = $1 AND folder_id IS NOT DISTINCT FROM $2");
    old.bind(folder).execute().await?;
    for (name, value) in variables {
        let id = VariableId(change.new_id());
        change
            .query("INSERT INTO variables (org_id, id, folder_id, name, value) VALUES ($1, $2, $3, $4, $5)")
            .bind(id)
            .bind(folder)
            .bind(name.clone())
            .bind(value.to_string())
            .execute()
            .await?;
    }
    let row = change.audit_row(Entry::new(Action::VariablesChanged, target).details(details)).await?;
    let about = target.unwrap_or_else(|| change.new_id());
    change.announce(Topic::Prompts, about).await?;
    Ok(Some(row))
}

/// What the log tells of a change, if anything is different.
fn differences(of: &str, before: &BTreeMap<String, Value>, after: &[(String, Value)]) -> Option<Value> {
    let after: BTreeMap<String, Value> = after.iter().cloned().collect();
    let differ = |one: &BTreeMap<String, Value>, other: &BTreeMap<String, Value>| -> Map<String, Value> {
        let different = one.iter().filter(|(name, value)| other.get(*name) != Some(value));
        different.map(|(name, value)| (name.clone(), Value::String(typed(value)))).collect()
    };
    (*before != after)
        .then(|| json!({ "of": of, "before": differ(before, &after), "after": differ(&after, before) }))
}

/// About how many bytes the values are.
fn bytes_of(variables: &[(String, Value)]) -> usize {
    variables.iter().map(|(_, value)| weight(value)).sum()
}

/// The variables in the fields of a form: `name-0`, `value-0` and so on; rows without a name and value are
/// none.
#[must_use]
pub fn posted(fields: &[(String, String)]) -> Vec<(String, Value)> {
    typed_rows(fields).into_iter().map(|(name, value)| (name, value_of(&value))).collect()
}

/// The same, as they were typed.
#[must_use]
pub fn typed_rows(fields: &[(String, String)]) -> Vec<(String, String)> {
    let mut rows: BTreeMap<usize, (String, String)> = BTreeMap::new();
    for (field, value) in fields {
        let Some((part, n)) = field.rsplit_once('-') else { continue };
        let Ok(n) = n.parse() else { continue };
        match part {
            "name" => value.trim().clone_into(&mut rows.entry(n).or_default().0),
            "value" => rows.entry(n).or_default().1 = value.replace("\r\n", "\n"),
            _ => {}
        }
    }
    rows.into_values().filter(|(name, value)| !(name.is_empty() && value.is_empty())).collect()
}

/// Whether these can be the variables of a folder.
///
/// # Errors
/// [`Error::Invalid`] at `name-0`, `value-0` and so on.
pub fn check(variables: &[(String, Value)]) -> Result<()> {
    if variables.len() > MAX {
        return Err(Error::invalid("", format!("A folder can have at most {MAX} variables.")));
    }
    long_work::within(bytes_of(variables), || flaws_of(variables))
}

fn flaws_of(variables: &[(String, Value)]) -> Result<()> {
    let mut flaws = Flaws::default();
    for (n, (name, value)) in variables.iter().enumerate() {
        if !is_name(name) {
            flaws.add(format!("name-{n}"), NAME_RULE);
        } else if variables[..n].iter().any(|(other, _)| other == name) {
            flaws.add(format!("name-{n}"), "Another variable already has this name.");
        }
        if value.to_string().len() > MAX_VALUE {
            flaws.add(format!("value-{n}"), format!("Use at most {MAX_VALUE} bytes."));
        } else if is_too_deep(value) {
            flaws.add(format!("value-{n}"), too_deep());
        }
    }
    flaws.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_what_is_meant() {
        for (text, value) in [
            ("Acme", json!("Acme")),
            ("42", json!(42)),
            (" 1.5", json!(1.5)),
            ("1.10", json!("1.10")),
            ("12345678901234567890123", json!("12345678901234567890123")),
            ("1e5", json!("1e5")),
            ("true", json!(true)),
            ("[1, 2]", json!([1, 2])),
            ("{\"a\": 1}", json!({ "a": 1 })),
            ("\"42\"", json!("42")),
            ("null", json!("null")),
            (" spaced ", json!(" spaced ")),
            ("", json!("")),
        ] {
            assert_eq!(value_of(text), value, "{text}");
            assert_eq!(value_of(&typed(&value)), value, "{text}");
        }
    }
}
