//! The form of the variables of a folder or of the organization.

use super::{
    RestoreVariables, SetVariables, variables,
    variables_seen::{self, SeenVariables, merge},
};
use crate::{
    id::FolderId,
    kernel::long_work,
    prompts::sizes::weight,
    role::EditContent,
    tenancy::Scope,
    ui::{Bake, Form, FormAlert, Hidden, Html, Icon, Section, Submit, glyph},
    web::{RequestContext, posted::Posted},
};
use leptos::{prelude::*, server_fn::ServerFn};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The variables of a folder or of the organization: a form for those who may change them.
pub(super) fn variables_section(
    caller: &RequestContext,
    scope: &Scope,
    folder: Option<FolderId>,
    own: &BTreeMap<String, Value>,
    says: &'static str,
) -> Html {
    let bytes = own.values().map(weight).sum();
    long_work::within(bytes, || section(caller, scope, folder, own, says))
}

fn section(
    caller: &RequestContext,
    scope: &Scope,
    folder: Option<FolderId>,
    own: &BTreeMap<String, Value>,
    says: &'static str,
) -> Html {
    let rows: Vec<(String, String)> =
        own.iter().map(|(name, value)| (name.clone(), variables::typed(value))).collect();
    if !scope.can::<EditContent>() {
        let rows = rows.into_iter().map(|(name, value)| view! { <dt>{name}</dt><dd>{value}</dd> });
        let list = (!own.is_empty()).then(|| view! { <dl class="pairs">{rows.collect_view()}</dl> });
        return list.map(|list| view! { <Section title="Variables" says>{list}</Section> }).bake();
    }
    let posted =
        caller.posted().filter(|posted| posted.action == SetVariables::PATH && posted.error().is_some());
    let typed = posted.map(|posted| variables::typed_rows(&posted.input));
    let flaw = |field: String| posted.and_then(|posted| posted.error()?.flaw(&field).map(ToOwned::to_owned));
    let mut rows = typed.unwrap_or(rows);
    let (seen, conflicts) = seen(posted, own, &mut rows);
    // Room for a few more; a person who needs more saves and goes on.
    rows.extend(std::iter::repeat_n((String::new(), String::new()), 3));
    let rows = rows.into_iter().enumerate().map(|(n, (name, value))| {
        let (wrong_name, wrong_value) = (flaw(format!("name-{n}")), flaw(format!("value-{n}")));
        // Both are shown; saving again is deliberate.
        let theirs = conflicts.contains(&name).then(|| match own.get(&name) {
            Some(theirs) => {
                format!("Someone else set this to: {} Save again to replace it.", variables::typed(theirs))
            }
            None => {
                "Someone else removed this variable in the meantime. Save again to keep yours.".to_owned()
            }
        });
        variable_row(n, name, &value, wrong_name.or(theirs).or(wrong_value))
    });
    let rows = rows.collect_view();
    let (org, folder) = (scope.slug().to_string(), folder.map(|folder| folder.to_string()));
    view! {
        <Section title="Variables" says>
            <FormAlert action=RestoreVariables::PATH/>
            <Form action=SetVariables::PATH ids="variables-" files=true>
                <Hidden name="org" value=org/>
                {folder.map(|folder| view! { <Hidden name="folder" value=folder/> })}
                <Hidden name=variables_seen::FIELD value=seen.told()/>
                <div class="variable-rows">{rows}</div>
                <p class="hint">"Text or JSON. Empty rows are ignored. Live deployments keep the values they were deployed with."</p>
                <div class="form-actions"><Submit kind="">"Save variables"</Submit></div>
            </Form>
        </Section>
    }
    .bake()
}

/// What the form is filled from, and the names of what others changed as well. What they changed and somebody removed
/// stands in a row again. What is shown beside what was typed counts as seen from then on.
fn seen(
    posted: Option<&Posted>,
    own: &BTreeMap<String, Value>,
    rows: &mut Vec<(String, String)>,
) -> (SeenVariables, BTreeSet<String>) {
    let Some(posted) = posted else { return (SeenVariables::of(own), BTreeSet::new()) };
    let Some(seen) = SeenVariables::posted(&posted.input) else {
        return (SeenVariables::of(own), BTreeSet::new());
    };
    let (_, conflicts) = merge(Some(&seen), &variables::posted(&posted.input), own);
    for name in &conflicts {
        if let Some(value) = own.get(name)
            && !rows.iter().any(|(other, _)| other == name)
        {
            rows.push((name.clone(), variables::typed(value)));
        }
    }
    (seen.with(&conflicts, own), conflicts)
}

fn variable_row(n: usize, name: String, value: &str, flaw: Option<String>) -> impl IntoView + use<> {
    let error = format!("variable-{n}-error");
    let (invalid, described) = (flaw.is_some().then_some("true"), flaw.is_some().then(|| error.clone()));
    let (called, holds) = (format!("Name of variable {}", n + 1), format!("Value of variable {}", n + 1));
    view! {
        <div class="variable-row">
            <input name=format!("name-{n}") value=name maxlength="80" aria-label=called spellcheck="false" autocapitalize="none"
                placeholder="name" autocomplete="off" aria-invalid=invalid aria-describedby=described/>
            <textarea name=format!("value-{n}") rows="1" maxlength="20000" aria-label=holds placeholder="value">{format!("\n{value}")}</textarea>
            {flaw.map(|flaw| view! { <p class="error" id=error role="alert"><Icon is=glyph::Problem/>" "{flaw}</p> })}
        </div>
    }
}
