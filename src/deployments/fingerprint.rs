//! Everything that an order would serve, and its fingerprint: what people approve is told by it.

use super::{
    differs::{described, shown},
    model::{DeployCommand, Kind},
};
use crate::{
    fields::EnvironmentName,
    id::{EnvironmentId, PromptId},
    kernel::long_work,
    prompts::{kept::Details, render::Resolved},
    text::hex,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that an order would serve. Written as JSON it is the same bytes wherever it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    environment: EnvironmentId,
    /// The name of the environment.
    name: String,
    prompt: PromptId,
    /// The path of the prompt, by which services fetch it.
    path: String,
    /// What it is said to be for, and its tags: services are told of both.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    description: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    tags: String,
    kind: String,
    version: Option<i64>,
    /// The prompt and those it refers to, as they are resolved; none where nothing is served.
    parts: Vec<PartServed>,
    /// The other live prompts that change with it: path and environment.
    changes: BTreeSet<(String, String)>,
}

/// A prompt as it is put in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct PartServed {
    prompt: PromptId,
    path: String,
    version: Option<i64>,
    /// SHA-256 of what it says: text, messages, declared variables, model.
    content: String,
    /// What it inherits of what it names.
    values: BTreeMap<String, ValueServed>,
    /// Where its references lead: to the place of a part.
    references: BTreeMap<String, usize>,
}

/// A value: as much as people are shown, and the hash of the whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ValueServed {
    shown: String,
    hash: String,
}

impl ValueServed {
    fn of(value: &Value) -> Self {
        Self { shown: shown(Some(value)), hash: sha256(value.to_string().as_bytes()) }
    }
}

/// The most bytes that are kept of it to show a difference by.
const MAX_KEPT: usize = 256 << 10;

impl Served {
    /// What an order serves in the environment of a name, and what is told of its prompt.
    pub(super) fn new(order: &DeployCommand, name: &EnvironmentName, details: &Details) -> Self {
        let told = order.version.map(|_| (details.description.clone(), details.tags.to_string()));
        let (description, tags) = told.unwrap_or_default();
        Self {
            environment: order.environment,
            name: name.to_string(),
            prompt: order.prompt,
            path: details.path.clone(),
            description,
            tags,
            kind: order.kind.as_str().to_owned(),
            version: order.version,
            parts: Vec::new(),
            changes: BTreeSet::new(),
        }
    }

    /// With what it is put together from.
    pub(super) fn put_together(&mut self, resolved: &Resolved) {
        let parts = resolved.parts.iter().map(|part| PartServed {
            prompt: part.prompt,
            path: part.path.clone(),
            version: part.version,
            content: sha256(part.content.canonical().as_bytes()),
            values: part
                .inherited
                .iter()
                .map(|(name, value)| (name.clone(), ValueServed::of(value)))
                .collect(),
            references: part.references.clone(),
        });
        self.parts = parts.collect();
    }

    /// With the other live prompts that change with it.
    pub(super) fn change_with(&mut self, changes: &BTreeSet<(String, String)>) {
        self.changes.clone_from(changes);
    }

    /// What services are told of its prompt: what it is for, and its tags.
    #[must_use]
    pub fn told(&self) -> (&str, &str) {
        (&self.description, &self.tags)
    }

    /// SHA-256 of all of it, in hex.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        long_work::within(self.bytes(), || sha256(&serde_json::to_vec(self).unwrap_or_default()))
    }

    /// About how many bytes it is.
    fn bytes(&self) -> usize {
        let of = |part: &PartServed| 200 + 150 * part.values.len() + 64 * part.references.len();
        self.parts.iter().map(of).sum::<usize>() + 100 * self.changes.len()
    }

    /// As it is kept with a request; none where it is too much.
    pub(super) fn kept(&self) -> Option<String> {
        let write = || serde_json::to_string(self).ok();
        long_work::within(self.bytes(), write).filter(|json| json.len() <= MAX_KEPT)
    }

    /// As it was kept.
    pub(super) fn parse(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// The prompts it is put together from by id, each with its path and versions.
    fn versions(&self) -> BTreeMap<PromptId, (&str, BTreeSet<i64>)> {
        let mut all: BTreeMap<PromptId, (&str, BTreeSet<i64>)> = BTreeMap::new();
        for part in &self.parts {
            all.entry(part.prompt).or_insert((&part.path, BTreeSet::new())).1.extend(part.version);
        }
        all
    }

    /// The values that each of them inherits, by name.
    fn values(&self) -> BTreeMap<(PromptId, &str), BTreeSet<(&str, &str)>> {
        let mut all: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for part in &self.parts {
            for (name, value) in &part.values {
                let value = (value.shown.as_str(), value.hash.as_str());
                all.entry((part.prompt, name.as_str())).or_default().insert(value);
            }
        }
        all
    }
}

/// In what two of the same order differ, a line for each difference; none where they do not.
#[must_use]
pub fn difference(before: &Served, after: &Served) -> Vec<String> {
    let mut lines = Vec::new();
    if before.name != after.name {
        lines.push(format!("Environment: {} → {}", before.name, after.name));
    }
    if before.path != after.path {
        lines.push(format!("Path: {} → {}", before.path, after.path));
    }
    lines.extend(described(before.told(), after.told()));
    lines.extend(parts(before, after));
    lines.extend(values(before, after));
    let at = |(path, environment): &(String, String)| format!("{path} in {environment}");
    lines.extend(
        after.changes.difference(&before.changes).map(|one| format!("Changes with it now: {}", at(one))),
    );
    lines.extend(
        before
            .changes
            .difference(&after.changes)
            .map(|one| format!("No longer changes with it: {}", at(one))),
    );
    if lines.is_empty() && before != after {
        lines.push("References now point to other prompts.".to_owned());
    }
    lines
}

fn parts(before: &Served, after: &Served) -> Vec<String> {
    let (old, new) = (before.versions(), after.versions());
    let all: BTreeSet<&PromptId> = old.keys().chain(new.keys()).collect();
    let says = |versions: &BTreeSet<i64>| {
        versions.iter().map(|version| format!("v{version}")).collect::<Vec<_>>().join(", ")
    };
    let mut lines = Vec::new();
    for prompt in all.into_iter().filter(|prompt| **prompt != after.prompt) {
        match (old.get(prompt), new.get(prompt)) {
            (Some((was, old)), Some((is, new))) => {
                if was != is {
                    lines.push(format!("Renamed: {was} → {is}"));
                }
                if old != new {
                    lines.push(format!("Included: {is} {} → {}", says(old), says(new)));
                }
            }
            (None, Some((path, new))) => lines.push(format!("Now included: {path} {}", says(new))),
            (Some((path, old)), None) => lines.push(format!("No longer included: {path} {}", says(old))),
            (None, None) => {}
        }
    }
    lines
}

fn values(before: &Served, after: &Served) -> Vec<String> {
    let (old, new, there) = (before.values(), after.values(), after.versions());
    let was_there = before.versions();
    let all: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let says = |values: Option<&BTreeSet<(&str, &str)>>| match values {
        None => "nothing".to_owned(),
        Some(values) => values.iter().map(|(shown, _)| *shown).collect::<Vec<_>>().join(", "),
    };
    let mut lines = Vec::new();
    for key in all {
        let (was, is) = (old.get(key), new.get(key));
        let Some((path, _)) = there.get(&key.0).filter(|_| was_there.contains_key(&key.0)) else { continue };
        if was != is {
            let (was, is) = (says(was), says(is));
            // What is kept is the beginning of each.
            let further = if was == is { " (changed later in the text)" } else { "" };
            lines.push(format!("{path} inherits {}: {was} → {is}{further}", key.1));
        }
    }
    lines
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// What somebody wants done, after "wants to": "deploy version 3 of Support/Tone to production".
#[must_use]
pub fn wants(order: &DeployCommand, path: &str, environment: &EnvironmentName) -> String {
    let version = order.version.map_or_else(String::new, |version| format!("version {version}"));
    match order.kind {
        Kind::Deploy => format!("deploy {version} of {path} to {environment}"),
        Kind::Promote => format!("promote {version} of {path} to {environment}"),
        Kind::Rollback => format!("roll {path} in {environment} back to {version}"),
        Kind::Undeploy => format!("undeploy {path} from {environment}"),
    }
}
