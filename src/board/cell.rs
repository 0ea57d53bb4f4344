//! A prompt in an environment: what is live, what can be done, what was done.

use super::{acts::acts, history::past};
use crate::{
    deployments::{
        model::Kind,
        requests::{Declined, declined},
        store::{Deployment, newest},
    },
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
    let newest = newest(&scope, environment.id, prompt.id).await?;
    let live = newest.as_ref().and_then(|newest| newest.version);
    let says = match live {
        Some(version) if version < prompt.latest => {
            format!("Version {version} is live, {} behind the newest.", prompt.latest - version)
        }
        Some(version) => format!("Version {version} is live, the newest."),
        None => "Nothing is live here.".to_owned(),
    };
    let acts = acts(&scope, &all, &environment, &prompt, live).await?;
    let declined = declined_since(&scope, (environment.id, prompt.id), newest.as_ref()).await?;
    let trail = trail(&scope, &environment, &prompt);
    let past = past(&caller, &scope, (Some(environment.id), Some(prompt.id)), &trail.1).await?;
    let title = prompt.name.to_string();
    let body = view! {
        <header class="page-head">
            <div><h1>{title}" in "{environment.name.to_string()}</h1><p>{says}</p></div>
            {acts}
        </header>
        {declined}
        <Section title="History" says="Nothing here ever changes; going back is a row of its own.">{past}</Section>
        <p class="page-links">
            <a href=paths::prompt(scope.slug(), prompt.id)>"Open the prompt"</a>
            <a href=paths::prompt_deployments(scope.slug(), prompt.id)>"All its deployments"</a>
        </p>
    };
    Ok(frame.show_thing(Place::Deployments, vec![trail], body))
}

/// What was declined since something was deployed last.
async fn declined_since(
    scope: &Scope,
    (environment, prompt): (EnvironmentId, PromptId),
    newest: Option<&Deployment>,
) -> Result<Option<impl IntoView + use<>>> {
    let declined = declined(scope, environment, prompt).await?;
    let declined = declined.filter(|one| newest.is_none_or(|newest| one.decided_at > newest.created_at));
    let now = scope.server().clock.now();
    Ok(declined.map(|Declined { kind, version, by, decided_by, decided_at: at }| {
        let who = decided_by.map_or_else(|| "Somebody".to_owned(), |name| name.to_string());
        let what = version.map_or_else(|| "undeploy".to_owned(), |version| match kind {
            Kind::Rollback => format!("roll back to v{version}"),
            _ => format!("{} v{version}", kind.as_str()),
        });
        view! { <p class="note">{format!("{who} declined what {by} asked for: {what}.")}" "<When at now/></p> }
    }))
}
