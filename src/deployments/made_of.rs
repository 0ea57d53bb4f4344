//! What that is made of which would be served, as people look at it.

use crate::{
    id::PromptId,
    prompts::{
        content::ModelSettings,
        render::{Part, Resolved},
    },
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A prompt that goes into what would be served.
#[derive(Debug, Clone, PartialEq)]
pub struct MadeOf {
    /// Its id.
    pub prompt: PromptId,
    /// Its path.
    pub path: String,
    /// Which version of it.
    pub version: Option<i64>,
    /// The model it is for.
    pub model: ModelSettings,
    /// The values it inherits, of those it names.
    pub values: BTreeMap<String, Value>,
    /// Whether this version of it is not in what is live.
    pub is_news: bool,
    /// The names of the values that it does not have in what is live.
    pub changed: BTreeSet<String>,
}

/// What a resolution is made of, what differs from what is live first, if anything is live.
pub(super) fn made_of(resolved: &Resolved, live: Option<&Resolved>) -> Vec<MadeOf> {
    let old: Vec<_> =
        live.map(|live| live.parts.iter().map(|part| (part, part.inherits())).collect()).unwrap_or_default();
    let mut all: Vec<MadeOf> = resolved.parts.iter().map(|part| made(part, live.map(|_| &*old))).collect();
    // The prompt itself stays first.
    if let Some((_, others)) = all.split_first_mut() {
        others.sort_by_key(|one| !one.differs());
    }
    all
}

impl MadeOf {
    /// Whether anything of it differs from what is live.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.is_news || !self.changed.is_empty()
    }
}

fn made(part: &Part, old: Option<&[(&Part, BTreeMap<String, Value>)]>) -> MadeOf {
    let values = part.inherits();
    let same: Option<Vec<_>> =
        old.map(|old| old.iter().filter(|(old, _)| old.prompt == part.prompt).collect());
    let is_news = same.as_ref().is_some_and(|same| !same.iter().any(|(old, _)| old.version == part.version));
    let changed = same.map_or_else(BTreeSet::new, |same| {
        let news =
            |(name, value): &(&String, &Value)| !same.iter().any(|(_, old)| old.get(*name) == Some(*value));
        values.iter().filter(news).map(|(name, _)| name.clone()).collect()
    });
    MadeOf {
        prompt: part.prompt,
        path: part.path.clone(),
        version: part.version,
        model: part.content.model.clone(),
        values,
        is_news,
        changed,
    }
}
