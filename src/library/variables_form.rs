//! The form of the variables of a folder or of the organization.

use super::{RestoreVariables, SetVariables, variables};
use crate::{
    id::FolderId,
    role::EditContent,
    server::{Caller, Scope},
    ui::{Bake, Form, FormAlert, Hidden, Html, Icon, Section, Submit, glyph},
};
use leptos::{prelude::*, server_fn::ServerFn};
use serde_json::Value;
use std::collections::BTreeMap;

/// The variables of a folder or of the organization: a form for those who may change them.
pub(super) fn variables_section(
    caller: &Caller,
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
    // Room for a few more; whoever needs more saves and goes on.
    rows.extend(std::iter::repeat_n((String::new(), String::new()), 3));
    let rows = rows.into_iter().enumerate().map(|(n, (name, value))| {
        let (wrong_name, wrong_value) = (flaw(format!("name-{n}")), flaw(format!("value-{n}")));
        variable_row(n, name, &value, wrong_name.or(wrong_value))
    });
    let rows = rows.collect_view();
    let (org, folder) = (scope.slug().to_string(), folder.map(|folder| folder.to_string()));
    view! {
        <Section title="Variables" says>
            <FormAlert action=RestoreVariables::PATH/>
            <Form action=SetVariables::PATH ids="variables-">
                <Hidden name="org" value=org/>
                {folder.map(|folder| view! { <Hidden name="folder" value=folder/> })}
                <div class="variable-rows">{rows}</div>
                <p class="hint">"Text or JSON. Empty rows are ignored. Live deployments keep the values they were deployed with."</p>
                <div class="form-actions"><Submit kind="">"Save variables"</Submit></div>
            </Form>
        </Section>
    }
    .bake()
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
