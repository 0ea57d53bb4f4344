//! Which version of a prompt a service means.

use super::{problem::Refusal, service::Service};
use crate::{
    environments::store::Environment,
    prompts::{render::Resolved, resolve, source::Source, store::Prompt},
};
use serde::Deserialize;
use utoipa::IntoParams;

/// The version of a prompt: the one deployed to an environment (production by default), a version by number, or the
/// latest (`label=latest`).
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// The version deployed to this environment, by name or ID. Defaults to `production`.
    pub(super) environment: Option<String>,
    /// This version, deployed or not.
    #[param(minimum = 1)]
    pub(super) version: Option<i64>,
    /// `latest` for the latest version, or the name of an environment.
    pub(super) label: Option<String>,
    /// Whether included prompts are inserted. `false` returns the content as written. Defaults to `true`.
    pub(super) resolve: Option<bool>,
}

/// What was asked for.
pub(super) enum Found {
    /// What is deployed to an environment.
    Deployed(Environment, i64),
    /// A version, whatever is deployed.
    Version(i64),
}

impl Found {
    pub(super) const fn number(&self) -> i64 {
        match self {
            Self::Deployed(_, number) | Self::Version(number) => *number,
        }
    }
}

pub(super) async fn find(service: &Service, prompt: &Prompt, which: &Which) -> Result<Found, Refusal> {
    let named = [which.environment.is_some(), which.version.is_some(), which.label.is_some()];
    if named.into_iter().filter(|named| *named).count() > 1 {
        return Err(Refusal::malformed("", "Send only one of environment, version and label."));
    }
    if let Some(number) = which.version {
        return there(prompt, number).map(Found::Version);
    }
    let label = which.label.as_deref();
    if label == Some("latest") {
        let missing = || Refusal::missing(format!("{} has no version yet.", prompt.path));
        return if prompt.latest > 0 { Ok(Found::Version(prompt.latest)) } else { Err(missing()) };
    }
    // Any other label is the name of an environment.
    let name = which.environment.as_deref().or(label).unwrap_or("production");
    let environment = service.environment(name).await?;
    let live = resolve::live(service.scope(), environment.id, prompt.id).await?;
    let missing = || Refusal::missing(format!("{} is not deployed to {}.", prompt.path, environment.name));
    let live = live.ok_or_else(missing)?;
    Ok(Found::Deployed(environment, live))
}

/// A version of a prompt that is there.
///
/// # Errors
/// 404, which names it.
pub(super) fn there(prompt: &Prompt, number: i64) -> Result<i64, Refusal> {
    let missing = || Refusal::missing(format!("{} has no version {number}.", prompt.path));
    (1..=prompt.latest).contains(&number).then_some(number).ok_or_else(missing)
}

pub(super) async fn resolved(service: &Service, prompt: &Prompt, found: &Found) -> Result<Resolved, Refusal> {
    let scope = service.scope();
    Ok(match found {
        Found::Deployed(environment, number) => {
            resolve::deployed(&mut Source::new(scope), environment.id, (prompt.id, *number), None).await?
        }
        Found::Version(number) => resolve::version(scope, prompt.id, *number).await?,
    })
}
