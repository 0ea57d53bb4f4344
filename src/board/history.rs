//! What was deployed to an environment.

use super::cell::did;
use crate::{
    deployments::store::{Done, done},
    environments::store as environments,
    error::{Error, Result},
    id::DeploymentId,
    orgs::{Frame, Place},
    paths,
    role::ManageEnvironments,
    server::{Caller, Scope},
    ui::Pager,
};
use leptos::prelude::*;

/// How many deployments a page shows.
const SIZE: i64 = 100;

/// `/{org}/deployments/{environment}`.
///
/// # Errors
/// Those of [`Frame::enter`]; [`Error::NotFound`] when there is no such environment.
pub async fn history(caller: Caller) -> Result<impl IntoView> {
    let (scope, frame) = Frame::enter(&caller).await?;
    let id = caller.segment(2).parse().map_err(|_| Error::NotFound)?;
    let environment = environments::find(&scope, id).await?;
    let before: Option<DeploymentId> = caller.query("before").and_then(|before| before.parse().ok());
    let mut found = done(&scope, (Some(id), None), before, SIZE + 1).await?;
    let base = paths::environment_history(scope.slug(), id);
    let has_more = i64::try_from(found.len()).is_ok_and(|found| found > SIZE);
    found.truncate(usize::try_from(SIZE).unwrap_or(0));
    let last = found.last().filter(|_| has_more).map(|last| last.deployment.id);
    let (first, next) = (before.map(|_| base.clone()), last.map(|last| format!("{base}?before={last}")));
    let nothing = found.is_empty().then(|| view! { <p class="note">"Nothing was deployed here yet."</p> });
    let rows: Vec<_> = found.iter().map(|one| row(&scope, one)).collect();
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
            <div><h1>{title.clone()}</h1><p>"What was deployed here, the newest first."</p></div>
            {settings}
        </header>
        {nothing}
        <ol class="lines" role="list" id="history" data-live="deployments">{rows}</ol>
        <Pager first next/>
    };
    let trail = vec![(title, paths::environment_history(scope.slug(), id))];
    Ok(frame.show_thing(Place::Deployments, trail, body))
}

fn row(scope: &Scope, one: &Done) -> impl IntoView + use<> {
    let url = paths::deployment(scope.slug(), one.environment_id, one.prompt_id);
    let of = view! { " of "<a href=url>{one.path.clone()}</a> };
    did(scope, one.prompt_id, &one.deployment, of)
}
