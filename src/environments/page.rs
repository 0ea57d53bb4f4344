//! The pages of the environments.

use super::{
    CreateEnvironment, DeleteEnvironment, MoveEnvironment, SetEnvironment,
    store::{self, Environment},
};
use crate::{
    error::{Error, Result},
    orgs::{Frame, Place},
    paths,
    role::ManageEnvironments,
    server::{Caller, Scope},
    ui::{About, Act, Choice, Confirm, Field, Form, FormAlert, Section, Select, Submit},
};
use leptos::{prelude::*, server_fn::ServerFn};

/// `/{org}/deployments/environments`.
///
/// # Errors
/// Those of [`Frame::enter`].
pub async fn environments(caller: Caller) -> Result<impl IntoView> {
    let (scope, frame) = Frame::enter(&caller).await?;
    let all = store::list(&scope).await?;
    let last = all.len().saturating_sub(1);
    let rows = all.iter().enumerate().map(|(at, one)| row(&scope, one, (at > 0, at < last)));
    let rows: Vec<_> = rows.collect();
    let body = view! {
        <header class="page-head">
            <div><h1>"Environments"</h1><p>"Prompts are deployed to environments, and services fetch them from there."</p></div>
        </header>
        <div class="stack">
            <FormAlert action=MoveEnvironment::PATH/>
            <table class="table" id="environments" data-live="deployments">
                <thead><tr><th scope="col">"Name"</th><th scope="col">"Who may deploy"</th><th scope="col"><span class="visually-hidden">"Order"</span></th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
            {scope.can::<ManageEnvironments>().then(|| new(&scope))}
        </div>
    };
    let trail = vec![("Environments".to_owned(), paths::environments(scope.slug()))];
    Ok(frame.show_thing(Place::Deployments, trail, body))
}

fn row(scope: &Scope, one: &Environment, (before, after): (bool, bool)) -> impl IntoView + use<> {
    let (org, id, name) = (scope.slug().to_string(), one.id.to_string(), one.name.to_string());
    let may = scope.can::<ManageEnvironments>();
    let step = |there: bool, to: &'static str, label: &'static str| {
        let about = vec![("org", org.clone()), ("environment", id.clone()), ("to", to.to_owned())];
        let spoken = format!("{label}: {name}");
        (may && there).then(|| {
            view! {
                <Act action=MoveEnvironment::PATH about>
                    <button class="button" data-size="small" aria-label=spoken>{label}</button>
                </Act>
            }
        })
    };
    let (earlier, later) = (step(before, "earlier", "Move up"), step(after, "later", "Move down"));
    let named = if may {
        let url = paths::environment(scope.slug(), one.id);
        view! { <a href=url>{name}</a> }.into_any()
    } else {
        view! { {name} }.into_any()
    };
    view! {
        <tr>
            <td data-label="Name">{named}</td>
            <td data-label="Who may deploy">{protection(one.approvals)}</td>
            <td class="row-acts">{earlier}{later}</td>
        </tr>
    }
}

/// What protection means, by how many must approve.
fn protection(approvals: i64) -> String {
    match approvals {
        0 => "Open: Editors can deploy".to_owned(),
        1 => "Protected: Admins can deploy, or approve requests from Editors".to_owned(),
        n => format!("Protected: {n} Admins other than the requester must approve"),
    }
}

/// That more must approve than there are who may.
fn too_few(approvals: i64, approvers: i64) -> Option<impl IntoView> {
    let says = match approvers {
        1 => "only one person here can approve".to_owned(),
        n => format!("only {n} people here can approve"),
    };
    (approvals > approvers).then(|| {
        view! { <p class="note" data-kind="warning">{format!("{approvals} people must approve, but {says}. Nothing can be deployed here.")}</p> }
    })
}

fn protections() -> Vec<Choice> {
    let choice = |n: i64| Choice { value: n.to_string(), label: protection(n), says: "" };
    (0..=store::MAX_APPROVALS).map(choice).collect()
}

fn new(scope: &Scope) -> impl IntoView + use<> {
    let about = vec![("org", scope.slug().to_string())];
    view! {
        <Section title="New environment" says="Services and references use its name.">
            <Form action=CreateEnvironment::PATH>
                <About of=about/>
                <Field name="name" label="Name" maxlength=40 hint="Lowercase letters, digits and hyphens, such as eu-production."/>
                <Select name="approvals" label="Who may deploy" choices=protections() value="0"/>
                <div class="form-actions"><Submit>"Create environment"</Submit></div>
            </Form>
        </Section>
    }
}

/// `/{org}/deployments/environments/{environment}`.
///
/// # Errors
/// Those of [`Frame::enter`]; [`Error::NotFound`] when there is no such environment; [`Error::Forbidden`] for
/// those who may not change it.
pub async fn environment(caller: Caller) -> Result<impl IntoView> {
    let (scope, frame) = Frame::enter(&caller).await?;
    scope.clone().require::<ManageEnvironments>()?;
    let id = caller.segment(3).parse().map_err(|_| Error::NotFound)?;
    let Environment { name, approvals, .. } = store::find(&scope, id).await?;
    let (org, title, label) = (scope.slug().to_string(), name.to_string(), format!("Delete {name}"));
    let about = || vec![("org", org.clone()), ("environment", id.to_string())];
    let (set, delete) = ([about(), vec![("seen", approvals.to_string())]].concat(), about());
    let few = too_few(approvals, store::approvers(&scope).await?);
    let body = view! {
        <header class="page-head"><div><h1>{title.clone()}</h1><p>{protection(approvals)}"."</p></div></header>
        <div class="stack">
            <FormAlert action=DeleteEnvironment::PATH/>
            {few}
            <section class="panel">
                <Form action=SetEnvironment::PATH>
                    <About of=set/>
                    <Field name="name" label="Name" value=name.to_string() maxlength=40
                        hint="Services that use the old name get a “not found” error."/>
                    <Select name="approvals" label="Who may deploy" choices=protections() value=approvals.to_string()/>
                    <div class="form-actions"><Submit>"Save environment"</Submit></div>
                </Form>
            </section>
            <div class="page-actions">
                <button class="button" data-kind="danger" type="button" popovertarget="delete-environment">{label.clone()}</button>
                <Confirm id="delete-environment" question=format!("{label}?")
                    says="Its history is deleted too. Services that use it get a “not found” error.">
                    <Act action=DeleteEnvironment::PATH about=delete><button class="button" data-kind="danger">{label}</button></Act>
                </Confirm>
            </div>
        </div>
    };
    let trail = vec![
        ("Environments".to_owned(), paths::environments(scope.slug())),
        (title, paths::environment(scope.slug(), id)),
    ];
    Ok(frame.show_thing(Place::Deployments, trail, body))
}
