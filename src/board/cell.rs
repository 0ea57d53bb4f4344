//! A prompt in an environment: what is live, what can be done, what was done.

use super::{
    acts::{Here, acts},
    history::past,
    protection::protected,
    requests::row,
};
use crate::{
    deployments::{
        WithdrawDeployment,
        asked::{State, last},
        drift,
        model::Kind,
        store::{Deployment, newest, previous},
    },
    environments::store::{self as environments, Environment},
    error::{Error, Result},
    fields::counted,
    id::{EnvironmentId, PromptId},
    orgs::{AppLayout, Place},
    paths,
    prompts::{
        resolve,
        store::{self as prompts, Prompt},
    },
    tenancy::Scope,
    ui::{Bake, FormAlert, Html, Section, When},
    web::RequestContext,
};
use leptos::{prelude::*, server_fn::ServerFn};

/// The environment and the prompt that the URL names.
pub(super) async fn named(caller: &RequestContext, scope: &Scope) -> Result<(Environment, Prompt)> {
    let environment: EnvironmentId = caller.segment(2).parse().map_err(|_| Error::NotFound)?;
    let prompt: PromptId = caller.segment(3).parse().map_err(|_| Error::NotFound)?;
    Ok((environments::find(scope, environment).await?, prompts::find(scope, prompt).await?))
}

/// Where the page stands.
pub(super) fn trail(scope: &Scope, environment: &Environment, prompt: &Prompt) -> (String, String) {
    let url = paths::deployment(scope.slug(), environment.id, prompt.id);
    (format!("{} in {}", prompt.path, environment.name), url)
}

/// `/{org}/deployments/{environment}/{prompt}`.
///
/// # Errors
/// Those of [`AppLayout::enter`]; [`Error::NotFound`] when there is no such environment or prompt.
pub async fn cell(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
    let (environment, prompt) = named(&caller, &scope).await?;
    let newest = newest(&scope, environment.id, prompt.id).await?;
    let head = head(&scope, &environment, &prompt, newest.as_ref()).await?;
    let asked = asked(&scope, &environment, &prompt, newest.as_ref()).await?;
    let trail = trail(&scope, &environment, &prompt);
    let past = past(&caller, &scope, (Some(environment.id), Some(prompt.id)), &trail.1).await?;
    let body = view! {
        <FormAlert action=WithdrawDeployment::PATH/>
        <div id="cell" data-live="deployments prompts">{head}{asked}</div>
        <Section title="History" says="Every deployment and rollback, newest first.">{past}</Section>
        <p class="page-links">
            <a href=paths::prompt(scope.slug(), prompt.id)>"Open the prompt"</a>
            <a href=paths::prompt_deployments(scope.slug(), prompt.id)>"Deployment history"</a>
        </p>
    };
    Ok(frame.show_thing(Place::Deployments, vec![trail], body))
}

/// What is live, whether it would inherit something else by now, and what can be done.
async fn head(
    scope: &Scope,
    environment: &Environment,
    prompt: &Prompt,
    newest: Option<&Deployment>,
) -> Result<impl IntoView + use<>> {
    let live = newest.and_then(|newest| newest.version);
    let says = match live {
        Some(version) if version < prompt.latest => {
            let behind = counted(prompt.latest - version, "version");
            format!("Version {version} is live, {behind} behind the latest.")
        }
        Some(version) => format!("Version {version} is live (latest)."),
        None => "Nothing is live here.".to_owned(),
    };
    let drift = match live {
        Some(version) => drift::drift(scope, environment.id, (prompt.id, version)).await?,
        None => Vec::new(),
    };
    let here = Here {
        prompt: prompt.id,
        latest: prompt.latest,
        live,
        has_drifted: !drift.is_empty(),
        has_past: previous(scope, environment.id, prompt.id).await?.is_some(),
    };
    let all = environments::list(scope).await?;
    let next = all.iter().skip_while(|one| one.id != environment.id).nth(1);
    let next = match next {
        Some(next) => Some((next, resolve::live(scope, next.id, prompt.id).await?)),
        None => None,
    };
    let acts = acts(scope, (environment, here), next);
    let acts: Vec<_> =
        acts.into_iter().map(|(label, url)| view! { <a class="button" href=url>{label}</a> }).collect();
    let drift: Vec<_> = drift.into_iter().map(|line| view! { <li>{line}</li> }).collect();
    let drift = (!drift.is_empty()).then(|| {
        view! { <div class="note"><p>"What's live keeps the path, description, tags and inherited values it was deployed with. Deploying it again would change:"</p><ul>{drift}</ul></div> }
    });
    let (name, at) = (prompt.name.to_string(), environment.name.to_string());
    Ok(view! {
        <header class="page-head">
            <div><h1>{name}" in "{at}</h1><p>{says}" "{protected(environment)}</p></div>
            <div class="page-actions">{acts}</div>
        </header>
        {drift}
    })
}

/// What waits here, or what was declined since something was deployed last.
async fn asked(
    scope: &Scope,
    environment: &Environment,
    prompt: &Prompt,
    newest: Option<&Deployment>,
) -> Result<Option<Html>> {
    let Some(request) = last(scope, environment.id, prompt.id).await? else { return Ok(None) };
    let now = scope.server().clock.now();
    Ok(match (request.state, request.decided_at) {
        (State::Pending, _) => Some(
            view! { <ul class="lines panel" role="list">{row(scope, &request, environment)}</ul> }.bake(),
        ),
        (State::Declined, Some(at)) if newest.is_none_or(|newest| at > newest.created_at) => {
            let who = request.decided_by.as_ref().map_or_else(|| "Someone".to_owned(), ToString::to_string);
            let what = request.version.map_or_else(
                || "undeploy".to_owned(),
                |version| match request.kind {
                    Kind::Rollback => format!("roll back to v{version}"),
                    kind => format!("{} v{version}", kind.as_str()),
                },
            );
            let says = format!("{who} declined the request by {} to {what}.", request.by);
            Some(view! { <p class="note">{says}" "<When at now/></p> }.bake())
        }
        _ => None,
    })
}
