//! The pages of the environments.

use super::{
    CreateEnvironment, DecideEnvironment, DeleteEnvironment, MoveEnvironment, SetEnvironment,
    WithdrawEnvironment,
    requests::{self, Request},
    rule::Rule,
    store::{self, Environment},
};
use crate::{
    error::{Error, Result},
    fields::counted_as,
    orgs::{AppLayout, Place},
    paths,
    role::ManageEnvironments,
    tenancy::Scope,
    time::Timestamp,
    ui::{About, Act, Bake, Choice, Confirm, Field, Form, FormAlert, Html, Section, Select, Submit, When},
    web::RequestContext,
};
use leptos::{prelude::*, server_fn::ServerFn};

/// `/{org}/deployments/environments`.
///
/// # Errors
/// Those of [`AppLayout::enter`].
pub async fn environments(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
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
                <thead><tr><th scope="col">"Name"</th><th scope="col">"Who can deploy"</th><th scope="col"><span class="visually-hidden">"Order"</span></th></tr></thead>
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
            <td data-label="Who can deploy">{one.rule().says()}</td>
            <td class="row-acts">{earlier}{later}</td>
        </tr>
    }
}

/// That more must approve than there are who may, or that who is alone asks nobody.
fn too_few(environment: &Environment, now: Timestamp) -> Option<Html> {
    let Environment { approvals, others, approvers, .. } = *environment;
    if let Some(until) = environment.held_until.filter(|_| approvals > 0) {
        return Some(
            view! { <p class="note" data-kind="warning">"Someone who could approve left or lost that role in the last 24 hours. They still count, so nobody can decide alone. This ends "<When at=until now/>"."</p> }
                .bake(),
        );
    }
    let says = if approvals > approvers {
        let (must, may) =
            (counted_as(approvals, "person", "people"), counted_as(approvers, "person", "people"));
        format!("{must} must approve, but only {may} can. Nothing can be deployed here.")
    } else if others && approvals == 1 && approvers == 1 {
        "Only one person here can approve, so they can deploy alone until there's another Admin.".to_owned()
    } else {
        return None;
    };
    Some(view! { <p class="note" data-kind="warning">{says}</p> }.bake())
}

fn protections() -> Vec<Choice> {
    Rule::all().map(|rule| Choice { value: rule.code(), label: rule.says(), says: "" }).collect()
}

fn new(scope: &Scope) -> impl IntoView + use<> {
    let about = vec![("org", scope.slug().to_string())];
    view! {
        <Section title="New environment" says="Services and references use its name.">
            <Form action=CreateEnvironment::PATH once=true>
                <About of=about/>
                <Field name="name" label="Name" maxlength=40 hint="Lowercase letters, digits and hyphens, such as eu-production."/>
                <Select name="approvals" label="Who can deploy" choices=protections() value="0"/>
                <div class="form-actions"><Submit>"Create environment"</Submit></div>
            </Form>
        </Section>
    }
}

/// What somebody asked for, and what one can decide about it.
async fn asked(scope: &Scope, request: &Request, environment: &Environment) -> Result<Html> {
    let about = |decision: &str| {
        vec![
            ("org", scope.slug().to_string()),
            ("request", request.id.to_string()),
            ("decision", decision.to_owned()),
        ]
    };
    let person = scope.person().ok_or(Error::Forbidden)?.id;
    let is_new = !requests::has_approved(scope, request.id, person).await?;
    // With the last approval it is done.
    let is_last = request.approved + i64::from(is_new) >= environment.demands();
    let approve = if is_last && request.is_deletion() {
        "Approve and delete"
    } else if is_last {
        "Approve and change"
    } else {
        "Approve"
    };
    let acts = if person == request.requested_by {
        let about = vec![("org", scope.slug().to_string()), ("request", request.id.to_string())];
        view! { <Act action=WithdrawEnvironment::PATH about><button class="button">"Withdraw"</button></Act> }
            .bake()
    } else {
        view! {
            <Act action=DecideEnvironment::PATH about=about("approve")><button class="button" data-kind="danger">{approve}</button></Act>
            <Act action=DecideEnvironment::PATH about=about("decline")><button class="button">"Decline"</button></Act>
        }
        .bake()
    };
    let now = scope.server().clock.now();
    let says = format!("{} wants to {}.", request.by, request.wants(environment));
    let approved = format!("{} of {} approved", request.approved, environment.demands());
    let panel = view! {
        <section class="panel">
            <div class="panel-body">
                <p>{says}" "<small><When at=request.created_at now/>", "{approved}</small></p>
                <div class="row-acts">{acts}</div>
            </div>
        </section>
    };
    Ok(panel.bake())
}

/// `/{org}/deployments/environments/{environment}`.
///
/// # Errors
/// Those of [`AppLayout::enter`]; [`Error::NotFound`] when there is no such environment; [`Error::Forbidden`] for
/// those who may not change it.
pub async fn environment(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
    scope.clone().require::<ManageEnvironments>()?;
    let id = caller.segment(3).parse().map_err(|_| Error::NotFound)?;
    let environment = store::find(&scope, id).await?;
    let (name, rule) = (environment.name.clone(), environment.rule());
    let (org, title, label) = (scope.slug().to_string(), name.to_string(), format!("Delete {name}"));
    let about = || vec![("org", org.clone()), ("environment", id.to_string())];
    let (set, delete) = ([about(), vec![("seen", rule.code())]].concat(), about());
    let waiting = requests::pending(&scope).await?.into_iter().find(|request| request.environment_id == id);
    let waiting = match waiting {
        Some(request) => Some(asked(&scope, &request, &environment).await?),
        None => None,
    };
    let asks = (environment.demands() > 0).then(|| {
        view! { <p class="note">"Renaming it, deleting it or reducing its protection requires approval from others."</p> }
    });
    let body = view! {
        <header class="page-head"><div><h1>{title.clone()}</h1><p>{rule.says()}"."</p></div></header>
        <div class="stack">
            <FormAlert action=DeleteEnvironment::PATH/>
            <FormAlert action=DecideEnvironment::PATH/>
            <FormAlert action=WithdrawEnvironment::PATH/>
            <div class="stack" id="asked" data-live="deployments members">{waiting}{too_few(&environment, scope.server().clock.now())}{asks}</div>
            <section class="panel">
                <Form action=SetEnvironment::PATH>
                    <About of=set/>
                    <Field name="name" label="Name" value=name.to_string() maxlength=40
                        hint="Services that use the old name get a “not found” error."/>
                    <Select name="approvals" label="Who can deploy" choices=protections() value=rule.code()/>
                    <div class="form-actions"><Submit>"Save environment"</Submit></div>
                </Form>
            </section>
            <div class="page-actions">
                <button class="button" data-kind="danger" type="button" popovertarget="delete-environment">{label.clone()}</button>
                <Confirm id="delete-environment" question=format!("{label}?")
                    says="Its deployment history is deleted too. Services that use it get a “not found” error.">
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
