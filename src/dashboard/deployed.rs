//! What was deployed last, environment by environment.

use crate::{
    deployments::{model::Kind, store},
    environments::store as environments,
    error::Result,
    paths,
    role::ViewDeployments,
    tenancy::Scope,
    ui::When,
};
use leptos::prelude::*;

/// The panel, and whether anything was ever deployed.
pub(super) async fn deployed(scope: &Scope) -> Result<(impl IntoView + use<>, bool)> {
    let grant = scope.clone().require::<ViewDeployments>()?;
    let (now, mut rows, mut any) = (scope.server().clock.now(), Vec::new(), false);
    for environment in environments::list(&*grant).await? {
        let newest = store::done(&grant, (Some(environment.id), None), None, 1).await?.into_iter().next();
        any |= newest.is_some();
        let url = paths::environment_history(scope.slug(), environment.id);
        let last = newest.map(|done| {
            let what = match (done.deployment.kind, done.deployment.version) {
                (Kind::Rollback, Some(version)) => format!(" rolled back to v{version} "),
                (_, Some(version)) => format!(" v{version} "),
                (_, None) => " undeployed ".to_owned(),
            };
            let by = done.deployment.by.map(|by| format!(" by {by}"));
            view! { <small>{done.path}{what}<When at=done.deployment.created_at now/>{by}</small> }
        });
        let none = last.is_none().then(|| view! { <small>"Nothing deployed yet."</small> });
        rows.push(view! {
            <li class="row">
                <div class="row-main"><a class="thing" href=url><span>{environment.name.to_string()}</span></a>{last}{none}</div>
            </li>
        });
    }
    let view = view! {
        <section class="panel list-panel" data-live="deployments" id="deployed">
            <header><h2>"Latest deployments"</h2><a href=paths::deployments(scope.slug())>"Open deployments"</a></header>
            <ul class="rows" role="list">{rows}</ul>
        </section>
    };
    Ok((view, any))
}
