//! Which version of a prompt a service means.

use super::{problem::ApiError, service::Service};
use crate::{
    environments::store::Environment,
    error::Error,
    id::{FolderId, PromptId},
    prompts::{
        kept::{self, Details},
        paths,
        render::Resolved,
        resolve,
        source::Source,
        store::{self as prompts, Prompt},
    },
};
use serde::Deserialize;
use std::collections::HashMap;
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

/// What a service gets that names a prompt.
pub(super) struct Served {
    /// The prompt.
    pub(super) prompt: Prompt,
    /// Which version of it.
    pub(super) found: Found,
    /// The folder in which it was deployed, where it is asked for at the path it had there.
    pub(super) folder: Option<FolderId>,
}

/// What a service gets that names a prompt by its id or a path. In an environment a path leads to what was deployed
/// at it, whatever is there by now; in a protected one to nothing else, as not all who may rename may deploy.
pub(super) async fn look_up(service: &Service, named: &str, which: &Which) -> Result<Served, ApiError> {
    if let Some(served) = deployed_at(service, named, which).await? {
        return Ok(served);
    }
    let prompt = service.prompt(named).await?;
    let found = find(service, &prompt, which).await?;
    if let Found::Deployed(environment, _) = &found
        && environment.is_protected()
        && named.parse::<PromptId>().is_err()
    {
        return Err(ApiError::missing(format!(
            "Nothing is deployed to {} at {named}. {} is served at the path it had when it was deployed. To serve it at its new path, deploy it again.",
            environment.name, prompt.path
        )));
    }
    Ok(Served { prompt, found, folder: None })
}

/// What is deployed at a path to the environment that is asked for, if anything.
async fn deployed_at(service: &Service, path: &str, which: &Which) -> Result<Option<Served>, ApiError> {
    let Which { environment, version, label, .. } = which;
    let is_one = environment.is_none() || label.is_none();
    let by_environment = version.is_none() && label.as_deref() != Some("latest") && is_one;
    if !by_environment || path.parse::<PromptId>().is_ok() {
        return Ok(None);
    }
    let name = environment.as_deref().or(label.as_deref()).unwrap_or(DEFAULT);
    let Some(environment) = service.reached_environment(name).await? else { return Ok(None) };
    let Some(served) = paths::served_at(service.scope(), environment.id, path).await? else {
        return Ok(None);
    };
    let prompt = prompts::find(service.scope(), served.prompt_id).await?;
    // A key goes on reaching what was deployed in its folders and moved out of them since.
    let folder = served.folder_id.filter(|_| served.is_whole);
    let is_reached = service.reaches_folder(prompt.folder_id).await?
        || (folder.is_some() && service.reaches_folder(folder).await?);
    if !is_reached {
        return Err(ApiError::hidden(service.scope(), true));
    }
    Ok(Some(Served { prompt, found: Found::Deployed(environment, served.version), folder }))
}

/// The environment that is asked for unless another is named.
const DEFAULT: &str = "production";

async fn find(service: &Service, prompt: &Prompt, which: &Which) -> Result<Found, ApiError> {
    let named = [which.environment.is_some(), which.version.is_some(), which.label.is_some()];
    if named.into_iter().filter(|named| *named).count() > 1 {
        return Err(ApiError::malformed("", "Send only one of environment, version and label."));
    }
    if let Some(number) = which.version {
        return there(prompt, number).map(Found::Version);
    }
    let label = which.label.as_deref();
    if label == Some("latest") {
        let missing = || ApiError::missing(format!("{} has no version yet.", prompt.path));
        return if prompt.latest > 0 { Ok(Found::Version(prompt.latest)) } else { Err(missing()) };
    }
    // Any other label is the name of an environment.
    let name = which.environment.as_deref().or(label).unwrap_or(DEFAULT);
    let environment = service.environment(name).await?;
    let live = resolve::live(service.scope(), environment.id, prompt.id).await?;
    let missing = || ApiError::missing(format!("{} isn't deployed to {}.", prompt.path, environment.name));
    let live = live.ok_or_else(missing)?;
    Ok(Found::Deployed(environment, live))
}

/// A version of a prompt that is there.
///
/// # Errors
/// 404, which names it.
pub(super) fn there(prompt: &Prompt, number: i64) -> Result<i64, ApiError> {
    let missing = || ApiError::missing(format!("{} has no version {number}.", prompt.path));
    (1..=prompt.latest).contains(&number).then_some(number).ok_or_else(missing)
}

/// A version as it is served, and what is told of a prompt that is live: as it was when it was deployed, whatever it is
/// called and said to be for by now.
pub(super) async fn resolved(
    service: &Service,
    prompt: &Prompt,
    found: &Found,
) -> Result<(Resolved, Option<Details>), ApiError> {
    let scope = service.scope();
    let (mut resolved, details) = match found {
        Found::Deployed(environment, number) => {
            let version = (prompt.id, *number);
            let resolved = resolve::deployed(&mut Source::new(scope), environment.id, version, None).await?;
            let kept = kept::details(scope, environment.id, version).await?;
            (resolved, Some(kept.unwrap_or_else(|| Details::of(prompt))))
        }
        Found::Version(number) => (resolve::version(scope, prompt.id, *number).await?, None),
    };
    let own = details.as_ref().map_or(&prompt.path, |details| &details.path);
    call_as_written(&mut resolved, own);
    Ok((resolved, details))
}

/// Refuses what holds a template that the sandbox came to no end with just now, though it did when the version was
/// saved: which variables it has, and what they inherit, is not known.
///
/// # Errors
/// 503 then.
pub(super) fn ensure_read(resolved: &Resolved) -> Result<(), ApiError> {
    let is_unread = resolved.parts.iter().any(|part| part.analysis.is_unread);
    if is_unread { Err(Error::Unavailable { retry_after: 3 }.into()) } else { Ok(()) }
}

/// Calls a prompt so, and those that it is put together from what references call them: those who may read the text may
/// know of that, and it stays whatever they are called by now. Two that were called the same at different times go by
/// what they are called now.
fn call_as_written(resolved: &mut Resolved, own: &str) {
    let Some(first) = resolved.parts.first_mut() else { return };
    own.clone_into(&mut first.path);
    let mut taken = HashMap::from([(own.to_owned(), first.prompt)]);
    let mut written: HashMap<usize, String> = HashMap::new();
    for part in &resolved.parts {
        for (target, to) in &part.references {
            let (path, Some(leads)) = (target.split('@').next().unwrap_or(target), resolved.parts.get(*to))
            else {
                continue;
            };
            if !written.contains_key(to)
                && *taken.entry(path.to_owned()).or_insert(leads.prompt) == leads.prompt
            {
                written.insert(*to, path.to_owned());
            }
        }
    }
    for (to, path) in written {
        resolved.parts[to].path = path;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompts::{content, render::Part};
    use uuid::Uuid;

    fn part(prompt: u128, path: &str, leads: &[(&str, usize)]) -> Part {
        Part {
            prompt: PromptId(Uuid::from_u128(prompt)),
            path: path.to_owned(),
            version: Some(1),
            content: content::Content::empty(content::Kind::Text),
            analysis: <_>::default(),
            inherited: <_>::default(),
            references: leads.iter().map(|(target, to)| ((*target).to_owned(), *to)).collect(),
        }
    }

    #[test]
    fn parts_are_called_as_they_are_written() {
        let parts = vec![
            part(1, "Now", &[("Old/Tone@2", 1), ("Sign", 2)]),
            part(2, "New/Tone", &[("Other", 2), ("Sign@live", 3)]),
            part(3, "Signature", &[]),
            part(4, "Sign of now", &[]),
        ];
        let mut resolved = Resolved { parts, ..Resolved::default() };
        call_as_written(&mut resolved, "Then");
        let paths: Vec<_> = resolved.parts.iter().map(|part| part.path.as_str()).collect();
        // The second `Sign` keeps the path that it has.
        assert_eq!(paths, ["Then", "Old/Tone", "Sign", "Sign of now"]);
        let edges = resolved.graph();
        assert_eq!((edges[0].from.as_str(), edges[0].to.as_str()), ("Then", "Old/Tone"));
        call_as_written(&mut Resolved::default(), "Then");
    }
}
