//! What was deployed: to an environment, and of a prompt.

use crate::{
    deployments::{
        model::Kind,
        store::{Deployment, Done, done},
    },
    environments::store as environments,
    error::{Error, Result},
    id::{DeploymentId, EnvironmentId, PromptId},
    orgs::{AppLayout, Place},
    paths,
    prompts::store as prompts,
    role::ManageEnvironments,
    tenancy::Scope,
    ui::{Bake, Html, Pager, When},
    web::RequestContext,
};
use leptos::prelude::*;

/// How many deployments a page shows.
const SIZE: i64 = 100;

/// `/{org}/deployments/{environment}`.
///
/// # Errors
/// Those of [`AppLayout::enter`]; [`Error::NotFound`] when there is no such environment.
pub async fn history(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
    let id = caller.segment(2).parse().map_err(|_| Error::NotFound)?;
    let environment = environments::find(&scope, id).await?;
    let url = paths::environment_history(scope.slug(), id);
    let past = past(&caller, &scope, (Some(id), None), &url).await?;
    let title = environment.name.to_string();
    let settings = scope.can::<ManageEnvironments>().then(|| {
        view! {
            <div class="page-actions">
                <a class="button" href=paths::environment(scope.slug(), id)>"Environment settings"</a>
            </div>
        }
    });
    let body = view! {
        <header class="page-head">
            <div><h1>{title.clone()}</h1><p>"Deployments to this environment, newest first."</p></div>
            {settings}
        </header>
        {past}
    };
    Ok(frame.show_thing(Place::Deployments, vec![(title, url)], body))
}

/// `/{org}/deployments/prompts/{prompt}`.
///
/// # Errors
/// Those of [`AppLayout::enter`]; [`Error::NotFound`] when there is no such prompt.
pub async fn prompt_history(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
    let id = caller.segment(3).parse().map_err(|_| Error::NotFound)?;
    let prompt = prompts::find(&scope, id).await?;
    let url = paths::prompt_deployments(scope.slug(), id);
    let past = past(&caller, &scope, (None, Some(id)), &url).await?;
    let title = prompt.name.to_string();
    let body = view! {
        <header class="page-head">
            <div><h1>{title}</h1><p>"Deployments of this prompt, newest first."</p></div>
        </header>
        {past}
        <p class="page-links"><a href=paths::prompt(scope.slug(), id)>"Open the prompt"</a></p>
    };
    Ok(frame.show_thing(Place::Deployments, vec![(prompt.path, url)], body))
}

/// A page of what was done, the newest first: in an environment, of a prompt, or both. `url` is that of the
/// first page.
pub(super) async fn past(
    caller: &RequestContext,
    scope: &Scope,
    of: (Option<EnvironmentId>, Option<PromptId>),
    url: &str,
) -> Result<Html> {
    let before: Option<DeploymentId> = caller.query("before").and_then(|before| before.parse().ok());
    let mut found = done(scope, of, before, SIZE + 1).await?;
    let has_more = i64::try_from(found.len()).is_ok_and(|found| found > SIZE);
    found.truncate(usize::try_from(SIZE).unwrap_or(0));
    let last = found.last().filter(|_| has_more).map(|last| last.deployment.id);
    let (first, next) = (before.map(|_| url.to_owned()), last.map(|last| format!("{url}?before={last}")));
    let shown = if found.is_empty() {
        view! { <p class="note">"Nothing deployed here yet."</p> }.bake()
    } else {
        let rows: Vec<_> = found.iter().map(|one| row(scope, of, one)).collect();
        view! { <ol class="lines" role="list">{rows}</ol> }.bake()
    };
    Ok(view! { <div id="history" data-live="deployments">{shown}<Pager first next/></div> }.bake())
}

/// Who did what, to what of it the page does not say itself, when and why.
fn row(scope: &Scope, of: (Option<EnvironmentId>, Option<PromptId>), one: &Done) -> impl IntoView + use<> {
    let Done { environment_id, environment, prompt_id, path, deployment } = one;
    let Deployment { kind, version, reason, created_at, by, asked_by, .. } = deployment;
    let url = paths::deployment(scope.slug(), *environment_id, *prompt_id);
    let where_else = match of {
        (Some(_), None) => Some(view! { " of "<a href=url>{path.clone()}</a> }.bake()),
        (None, Some(_)) => Some(view! { " in "<a href=url>{environment.clone()}</a> }.bake()),
        _ => None,
    };
    let by = by.as_ref().map_or_else(|| "Someone".to_owned(), ToString::to_string);
    let version = version.map(|version| {
        let url = paths::version(scope.slug(), *prompt_id, version);
        let to = if *kind == Kind::Rollback { " to " } else { " " };
        view! { {to}<a href=url>{format!("v{version}")}</a> }
    });
    let asked = asked_by.as_ref().map(|asked| format!(", requested by {asked}"));
    let reason = (!reason.is_empty()).then(|| view! { <p>{reason.clone()}</p> });
    let (did, now, at) = (kind.action().says(), scope.server().clock.now(), *created_at);
    view! {
        <li>
            <span>{by}" "{did}{version}{where_else}{asked}</span>" "<small><When at now/></small>{reason}
        </li>
    }
}
