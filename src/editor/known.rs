//! What the names in a draft mean: which variables there are, which of them are used, where references
//! lead.

use crate::prompts::{
    content::{MAX_VARIABLES, ValueKind},
    references::MAX_REFERENCES,
    render::{Edge, Part, Resolved},
};
use crate::templates::highlight::Known;
use std::collections::BTreeSet;

/// The most prompts that it is told of that they are included.
const INCLUDED: usize = 100;

/// The first of some things, and how many more there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct First<T> {
    pub(super) first: Vec<T>,
    pub(super) more: usize,
}

impl<T> First<T> {
    pub(super) fn of(all: impl IntoIterator<Item = T>, most: usize) -> Self {
        let mut all = all.into_iter();
        let first = all.by_ref().take(most).collect();
        Self { first, more: all.count() }
    }

    /// How many more there are, in words; none where these are all.
    pub(super) fn rest(&self) -> Option<String> {
        (self.more > 0).then(|| format!("And {} more.", self.more))
    }
}

impl First<String> {
    /// In a sentence.
    pub(super) fn listed(&self) -> String {
        let more = (self.more > 0).then(|| format!("and {} more", self.more));
        self.first.iter().cloned().chain(more).collect::<Vec<_>>().join(", ")
    }
}

/// The names in a draft.
pub(super) struct Names {
    /// What there is to refer to.
    pub(super) known: Known,
    /// The variables and placeholders that it asks for, with all that it includes.
    pub(super) asked: First<String>,
    /// Those of them that are declared as text.
    pub(super) texts: BTreeSet<String>,
    /// The variables that it uses, and that are neither declared nor handed down.
    pub(super) undeclared: First<String>,
    /// The variables that are declared and not used.
    pub(super) unused: Vec<String>,
    /// The prompts that it includes.
    pub(super) included: First<Edge>,
}

impl Names {
    /// Those of a draft, which is the first part of what was resolved, and to which some variables are handed down.
    pub(super) fn of(resolved: &Resolved, handed_down: BTreeSet<String>) -> Self {
        let draft = &resolved.parts[0];
        let known = known(draft, handed_down);
        let asked: BTreeSet<&str> = resolved.parts.iter().flat_map(asked).collect();
        let asked = First::of(asked.into_iter().map(ToOwned::to_owned), MAX_VARIABLES);
        let shown: BTreeSet<&String> = asked.first.iter().collect();
        let declared = resolved.parts.iter().flat_map(|part| &part.content.variables);
        let texts = declared.filter(|one| one.kind == ValueKind::String && shown.contains(&one.name));
        let texts = texts.map(|one| one.name.clone()).collect();
        let used = &draft.analysis.variables;
        let undeclared = used.iter().filter(|name| !known.variables.contains(*name)).cloned();
        let declared = draft.content.variables.iter().map(|variable| variable.name.clone());
        Self {
            asked,
            texts,
            undeclared: First::of(undeclared, MAX_VARIABLES),
            unused: declared.filter(|name| !used.contains(name)).collect(),
            included: First::of(resolved.graph(), INCLUDED),
            known,
        }
    }
}

fn known(draft: &Part, handed_down: BTreeSet<String>) -> Known {
    let mut variables = handed_down;
    variables.extend(draft.content.variables.iter().map(|variable| variable.name.clone()));
    // Of more it is not looked where they lead.
    let targets = draft.analysis.references.keys().take(MAX_REFERENCES);
    let missing = targets.filter(|target| !draft.references.contains_key(*target)).cloned().collect();
    Known { variables, missing }
}

/// The variables and placeholders that a prompt asks for.
fn asked(part: &Part) -> impl Iterator<Item = &str> {
    part.content.placeholders().chain(part.analysis.variables.iter().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_are_listed_and_the_others_counted() {
        let listed = |count: usize| First::of((0..count).map(|n| n.to_string()), 2);
        assert_eq!((listed(2).listed(), listed(2).rest()), ("0, 1".to_owned(), None));
        assert_eq!(
            (listed(4).listed(), listed(4).rest()),
            ("0, 1, and 2 more".to_owned(), Some("And 2 more.".to_owned()))
        );
    }
}
