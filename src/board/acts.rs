//! What can be done to what is live of a prompt in an environment.

use crate::{
    deployments::model::Kind, environments::store::Environment, fields::Slug, id::PromptId, paths,
    role::Deploy, tenancy::Scope,
};

/// A prompt in an environment, as far as it says what can be done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Here {
    pub(super) prompt: PromptId,
    /// The number of its newest version.
    pub(super) latest: i64,
    /// The version that is live.
    pub(super) live: Option<i64>,
    /// Whether it would inherit something else if it were deployed again.
    pub(super) has_drifted: bool,
    /// Whether something else was live before.
    pub(super) has_past: bool,
}

/// The links to what can be done, each with its label; each leads to a page that shows first what comes of it.
/// `next` is the environment after this one, with the version that is live there.
pub(super) fn acts(
    scope: &Scope,
    here: (&Environment, Here),
    next: Option<(&Environment, Option<i64>)>,
) -> Vec<(String, String)> {
    if !scope.can::<Deploy>() {
        return Vec::new();
    }
    let (environment, Here { prompt, latest, live, has_drifted, has_past }) = here;
    let mut acts = Vec::new();
    if live != Some(latest) || has_drifted {
        let again = if live == Some(latest) { " again" } else { "" };
        let url = url(scope.slug(), environment, prompt, Kind::Deploy, Some(latest));
        acts.push((format!("Deploy v{latest}{again}…"), url));
    }
    if live == Some(latest) && latest > 1 && !has_drifted {
        let url = url(scope.slug(), environment, prompt, Kind::Deploy, Some(latest - 1));
        acts.push(("Deploy an older version…".to_owned(), url));
    }
    if let (Some(version), Some((next, there))) = (live, next)
        && there != Some(version)
    {
        let url = url(scope.slug(), next, prompt, Kind::Promote, Some(version));
        acts.push((format!("Promote v{version} to {}…", next.name), url));
    }
    if has_past {
        acts.push(("Roll back…".to_owned(), url(scope.slug(), environment, prompt, Kind::Rollback, None)));
    }
    if live.is_some() {
        acts.push(("Undeploy…".to_owned(), url(scope.slug(), environment, prompt, Kind::Undeploy, None)));
    }
    acts
}

fn url(org: &Slug, to: &Environment, prompt: PromptId, kind: Kind, version: Option<i64>) -> String {
    paths::review_deployment(org, (to.id, prompt), kind.as_str(), version)
}
