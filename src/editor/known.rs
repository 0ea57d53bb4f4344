//! What the names in a draft mean: which variables there are, which of them are used, where references
//! lead.

use super::highlight::Known;
use crate::prompts::{
    references::targets,
    render::{Part, Resolved},
};
use std::collections::BTreeSet;

/// What there is to refer to in a draft, which is the first part of what was resolved.
pub(super) fn known(resolved: &Resolved) -> Known {
    let draft = &resolved.parts[0];
    let declared = draft.content.variables.iter().map(|variable| variable.name.clone());
    let variables = declared.chain(draft.inherited.keys().cloned()).collect();
    let missing = targets(&draft.content).into_keys().filter(|target| !draft.references.contains_key(target));
    Known { variables, missing: missing.collect() }
}

/// The variables and placeholders that a prompt asks for.
pub(super) fn names(part: &Part) -> BTreeSet<String> {
    let placeholders = part.content.placeholders().map(ToOwned::to_owned);
    placeholders.chain(part.analysis.variables.iter().cloned()).collect()
}

/// The variables that a draft uses, and that are neither declared nor handed down.
pub(super) fn undeclared(part: &Part, known: &Known) -> Vec<String> {
    part.analysis.variables.iter().filter(|name| !known.variables.contains(*name)).cloned().collect()
}

/// The variables that are declared and not used.
pub(super) fn unused(part: &Part) -> Vec<String> {
    let declared = part.content.variables.iter().map(|variable| variable.name.clone());
    declared.filter(|name| !part.analysis.variables.contains(name)).collect()
}
