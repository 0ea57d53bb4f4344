//! What can be done to what is live of a prompt in an environment.

use crate::{
    deployments::{model::Kind, store::previous},
    environments::store::Environment,
    error::Result,
    paths,
    prompts::{resolve::live, store::Prompt},
    role::Deploy,
    server::Scope,
    ui::{Bake, Html},
};
use leptos::prelude::*;

/// The links to what can be done; each leads to a page that shows first what comes of it.
pub(super) async fn acts(
    scope: &Scope,
    all: &[Environment],
    here: &Environment,
    prompt: &Prompt,
    live_here: Option<i64>,
) -> Result<Option<Html>> {
    if !scope.can::<Deploy>() {
        return Ok(None);
    }
    let link = |kind: Kind, to: &Environment, version: Option<i64>, label: String| {
        let url = paths::review_deployment(scope.slug(), (to.id, prompt.id), kind.as_str(), version);
        view! { <a class="button" href=url>{label}</a> }.bake()
    };
    let mut links = Vec::new();
    if live_here != Some(prompt.latest) {
        let label = format!("Deploy v{}…", prompt.latest);
        links.push(link(Kind::Deploy, here, Some(prompt.latest), label));
    }
    let next = all.iter().skip_while(|one| one.id != here.id).nth(1);
    if let (Some(version), Some(next)) = (live_here, next)
        && live(scope, next.id, prompt.id).await? != Some(version)
    {
        links.push(link(Kind::Promote, next, Some(version), format!("Promote v{version} to {}…", next.name)));
    }
    if let Some(version) = previous(scope, here.id, prompt.id).await? {
        links.push(link(Kind::Rollback, here, Some(version), format!("Roll back to v{version}…")));
    }
    if live_here.is_some() {
        links.push(link(Kind::Undeploy, here, None, "Undeploy…".to_owned()));
    }
    Ok(Some(view! { <div class="page-actions">{links}</div> }.bake()))
}
