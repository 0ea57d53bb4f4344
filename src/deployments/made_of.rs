//! What that is made of which would be served, as people look at it.

use crate::{
    id::PromptId,
    prompts::{
        content::ModelSettings,
        render::{Part, Resolved},
    },
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashSet};

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
    let live = live.map(Live::of);
    let mut all: Vec<MadeOf> = resolved.parts.iter().map(|part| made(part, live.as_ref())).collect();
    // The prompt itself stays first.
    if let Some((_, others)) = all.split_first_mut() {
        others.sort_by_key(|one| !one.differs());
    }
    all
}

/// What is live, by what is looked for in it: the same prompt may be part of it in many versions.
struct Live<'r> {
    versions: HashSet<(PromptId, Option<i64>)>,
    /// The values, each with its name.
    values: HashSet<(PromptId, &'r str, &'r Value)>,
}

impl<'r> Live<'r> {
    fn of(resolved: &'r Resolved) -> Self {
        let versions = resolved.parts.iter().map(|part| (part.prompt, part.version)).collect();
        let mut values = HashSet::new();
        for part in &resolved.parts {
            values.extend(part.inherited.iter().map(|(name, value)| (part.prompt, name.as_str(), value)));
        }
        Self { versions, values }
    }
}

impl MadeOf {
    /// Whether anything of it differs from what is live.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.is_news || !self.changed.is_empty()
    }
}

fn made(part: &Part, live: Option<&Live<'_>>) -> MadeOf {
    let values = part.inherited.clone();
    let is_news = live.is_some_and(|live| !live.versions.contains(&(part.prompt, part.version)));
    let changed = live.map_or_else(BTreeSet::new, |live| {
        let is_there =
            |name: &String, value: &Value| live.values.contains(&(part.prompt, name.as_str(), value));
        values.iter().filter(|(name, value)| !is_there(name, value)).map(|(name, _)| name.clone()).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompts::{analysis::Analysis, content::Content};
    use serde_json::json;
    use uuid::Uuid;

    fn part(prompt: u128, version: i64, tone: &Value) -> Part {
        let content: Content = serde_json::from_value(json!({ "body": { "text": "{{ tone }}" } })).unwrap();
        Part {
            prompt: PromptId(Uuid::from_u128(prompt)),
            path: format!("P{prompt}"),
            version: Some(version),
            analysis: Analysis::here(&content),
            content,
            inherited: BTreeMap::from([("tone".to_owned(), tone.clone())]),
            references: BTreeMap::new(),
        }
    }

    fn told(resolved: Vec<Part>, live: Vec<Part>) -> Vec<(String, bool, usize)> {
        let [resolved, live] = [resolved, live].map(|parts| Resolved { parts, ..Resolved::default() });
        let made = made_of(&resolved, Some(&live)).into_iter();
        made.map(|one| (one.path, one.is_news, one.changed.len())).collect()
    }

    #[test]
    fn what_differs_from_what_is_live_comes_first() {
        let (kind, curt) = (json!("kind"), json!({ "a": ["curt"] }));
        let live = vec![part(1, 1, &kind), part(2, 1, &kind), part(2, 2, &curt), part(3, 1, &kind)];
        let resolved = vec![
            part(1, 1, &kind),
            part(2, 1, &curt),
            part(2, 3, &kind),
            part(3, 1, &curt),
            part(4, 1, &kind),
        ];
        let path = |n: u32| format!("P{n}");
        assert_eq!(
            told(resolved, live),
            [
                (path(1), false, 0),
                (path(2), true, 0),
                (path(3), false, 1),
                (path(4), true, 1),
                (path(2), false, 0),
            ]
        );
    }
}
