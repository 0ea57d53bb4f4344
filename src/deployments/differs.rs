//! In what two resolutions of a prompt differ besides what its own versions say, and what services are told of it.

use crate::{
    id::PromptId,
    prompts::{kept::Details, render::Resolved},
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The most characters of a value that are shown.
const SHOWN: usize = 80;

/// Where references lead now and led before, and what is inherited; a line for each difference.
pub(super) fn differs(before: &Resolved, after: &Resolved) -> Vec<String> {
    let (old, new) = (versions(before), versions(after));
    let paths: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    let led = paths.into_iter().filter_map(|path| led(path, old.get(path), new.get(path)));
    led.chain(values(before, after)).collect()
}

/// In what a prompt is said to be for something else than before; a line for each difference.
pub(super) fn described((was, were): (&str, &str), (is, are): (&str, &str)) -> Vec<String> {
    let mut lines = Vec::new();
    if was != is {
        let (was, is) = (Value::from(was), Value::from(is));
        let (was, is) = beside(Some(&was).filter(|was| **was != ""), Some(&is).filter(|is| **is != ""));
        lines.push(format!("Description: {was} → {is}"));
    }
    if were != are {
        let says = |tags: &str| Value::from(if tags.is_empty() { "none" } else { tags });
        let (were, are) = beside(Some(&says(were)), Some(&says(are)));
        lines.push(format!("Tags: {were} → {are}"));
    }
    lines
}

/// The same of what services are told of a prompt now, and would be told.
pub(super) fn told_otherwise(was: &Details, is: &Details) -> Vec<String> {
    let (were, are) = (was.tags.to_string(), is.tags.to_string());
    described((&was.description, &were), (&is.description, &are))
}

/// The versions of the prompts that one is put together from, by path.
fn versions(resolved: &Resolved) -> BTreeMap<&str, BTreeSet<i64>> {
    let mut all: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
    for part in resolved.parts.iter().skip(1) {
        all.entry(part.path.as_str()).or_default().extend(part.version);
    }
    all
}

fn led(path: &str, old: Option<&BTreeSet<i64>>, new: Option<&BTreeSet<i64>>) -> Option<String> {
    let says = |versions: &BTreeSet<i64>| {
        versions.iter().map(|version| format!("v{version}")).collect::<Vec<_>>().join(", ")
    };
    match (old, new) {
        (Some(old), Some(new)) if old == new => None,
        (Some(old), Some(new)) => Some(format!("Includes: {path} {} → {}", says(old), says(new))),
        (None, Some(new)) => Some(format!("Now includes: {path} {}", says(new))),
        (Some(old), None) => Some(format!("No longer includes: {path} {}", says(old))),
        (None, None) => None,
    }
}

/// The inherited values that differ, of prompts that are in both.
fn values(before: &Resolved, after: &Resolved) -> Vec<String> {
    let (old, new) = (inherited(before), inherited(after));
    let (mut lines, mut told) = (Vec::new(), HashSet::new());
    for part in &after.parts {
        // The same prompt may be part of it in many versions.
        if !told.insert(part.prompt) {
            continue;
        }
        let (Some(old), Some(new)) = (old.get(&part.prompt), new.get(&part.prompt)) else { continue };
        let names: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
        for name in names {
            let (was, is) = (old.get(name).copied(), new.get(name).copied());
            if was != is {
                let (before, after) = beside(was, is);
                lines.push(format!("{} inherits {name}: {before} → {after}", part.path));
            }
        }
    }
    lines
}

/// What each prompt inherits.
fn inherited(resolved: &Resolved) -> BTreeMap<PromptId, BTreeMap<&str, &Value>> {
    let mut all: BTreeMap<PromptId, BTreeMap<&str, &Value>> = BTreeMap::new();
    for part in &resolved.parts {
        let values = part.inherited.iter().map(|(name, value)| (name.as_str(), value));
        all.entry(part.prompt).or_default().extend(values);
    }
    all
}

/// How much of what is the same stands before what differs.
const BEFORE: usize = 20;

/// Two values as they are shown beside each other: from where they begin to differ.
fn beside(was: Option<&Value>, is: Option<&Value>) -> (String, String) {
    let (Some(was), Some(is)) = (was, is) else { return (shown(was), shown(is)) };
    let (was, is) = (text(was), text(is));
    let same = was.chars().zip(is.chars()).take_while(|(one, other)| one == other).count();
    let from = if same < SHOWN / 2 { 0 } else { same - BEFORE };
    (excerpt(&was, from), excerpt(&is, from))
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

fn excerpt(text: &str, from: usize) -> String {
    let before = if from > 0 { "…" } else { "" };
    let after = if text.chars().count() > from + SHOWN { "…" } else { "" };
    format!("{before}{}{after}", text.chars().skip(from).take(SHOWN).collect::<String>())
}

pub(super) fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), |value| excerpt(&text(value), 0))
}
