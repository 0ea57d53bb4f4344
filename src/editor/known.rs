//! What the names in a draft mean: which variables there are, which of them are used, where references
//! lead.

use super::highlight::Known;
use crate::prompts::{content::Content, jinja, references::targets, render::Resolved};
use crate::templates::Engine;
use std::collections::BTreeSet;

/// What there is to refer to in a draft, which is the first part of what was resolved.
pub(super) fn known(resolved: &Resolved) -> Known {
    let draft = &resolved.parts[0];
    let declared = draft.content.variables.iter().map(|variable| variable.name.clone());
    let variables = declared.chain(draft.inherited.keys().cloned()).collect();
    let missing = targets(&draft.content).into_keys().filter(|target| !draft.references.contains_key(target));
    Known { variables, missing: missing.collect() }
}

/// The variables and placeholders that a content asks for.
pub(super) fn names(content: &Content) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = content.placeholders().map(ToOwned::to_owned).collect();
    names.extend(used(content));
    names
}

/// The variables that the text of a content uses, without fields.
fn used(content: &Content) -> BTreeSet<String> {
    if content.engine == Engine::Jinja {
        return content.texts().flat_map(jinja::variables).collect();
    }
    let templates: Vec<_> = content.templates().collect();
    let root = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    templates.iter().flat_map(|template| template.variables().map(root).collect::<Vec<_>>()).collect()
}

/// The variables that are declared and not used.
pub(super) fn unused(content: &Content) -> Vec<String> {
    let used = used(content);
    let declared = content.variables.iter().map(|variable| variable.name.clone());
    declared.filter(|name| !used.contains(name)).collect()
}

/// The variables that are used, and neither declared nor handed down.
pub(super) fn undeclared(content: &Content, known: &Known) -> Vec<String> {
    used(content).into_iter().filter(|name| !known.variables.contains(name)).collect()
}
