//! A prompt in an environment: what is live, what can be done, what was done.

use super::acts::acts;
use crate::{
    deployments::store::{Deployment, history},
    environments::store::{self as environments, Environment},
    error::{Error, Result},
    id::{EnvironmentId, PromptId},
    orgs::{Frame, Place},
    paths,
    prompts::store::{self as prompts, Prompt},
    server::{Caller, Scope},
    ui::{Section, When},
};
use leptos::prelude::*;

/// How many deployments are shown.
const RECENT: i64 = 100;

/// The environment and the prompt that the URL names.
pub(super) async fn named(caller: &Caller, scope: &Scope) -> Result<(Environment, Prompt)> {
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
/// Those of [`Frame::enter`]; [`Error::NotFound`] when there is no such environment or prompt.
pub async fn cell(caller: Caller) -> Result<impl IntoView> {
    let (scope, frame) = Frame::enter(&caller).await?;
    let (environment, prompt) = named(&caller, &scope).await?;
    let all = environments::list(&scope).await?;
    let done = history(&scope, environment.id, prompt.id, RECENT).await?;
    let live = done.first().and_then(|newest| newest.version);
    let says = match live {
        Some(version) if version < prompt.latest => {
            format!("Version {version} is live, {} behind the newest.", prompt.latest - version)
        }
        Some(version) => format!("Version {version} is live, the newest."),
        None => "Nothing is live here.".to_owned(),
    };
    let acts = acts(&scope, &all, &environment, &prompt, live).await?;
    let rows: Vec<_> = done.iter().map(|one| did(&scope, prompt.id, one, ())).collect();
    let nothing = rows.is_empty().then(|| view! { <p class="note">"Nothing was deployed here yet."</p> });
    let title = prompt.name.to_string();
    let body = view! {
        <header class="page-head">
            <div><h1>{title}" in "{environment.name.to_string()}</h1><p>{says}</p></div>
            {acts}
        </header>
        <Section title="History" says="Nothing here ever changes; going back is a row of its own.">
            {nothing}
            <ol class="lines" role="list" id="history" data-live="deployments">{rows}</ol>
        </Section>
        <p class="page-links"><a href=paths::prompt(scope.slug(), prompt.id)>"Open the prompt"</a></p>
    };
    let trail = vec![trail(&scope, &environment, &prompt)];
    Ok(frame.show_thing(Place::Deployments, trail, body))
}

/// Who did what and when, and why.
pub(super) fn did<V: IntoView>(
    scope: &Scope,
    prompt: PromptId,
    one: &Deployment,
    of: V,
) -> impl IntoView + use<V> {
    let now = scope.server().clock.now();
    let by = one.by.as_ref().map_or_else(|| "Somebody".to_owned(), ToString::to_string);
    let did = one.kind.action().says();
    let version = one.version.map(|version| {
        let url = paths::version(scope.slug(), prompt, version);
        view! { " "<a href=url>{format!("v{version}")}</a> }
    });
    let reason = (!one.reason.is_empty()).then(|| view! { <p>{one.reason.clone()}</p> });
    view! { <li><span>{by}" "{did}{version}{of}</span>" "<small><When at=one.created_at now/></small>{reason}</li> }
}
