//! What event streams tell of a deployment.

use super::service::Service;
use crate::{
    deployments::{dependents::users, store::live_of},
    error::{Error, Result},
    id::PromptId,
    kernel::fragment_cache::Cacheable,
    prompts::{
        paths::{self, DeployedAt},
        store as prompts,
    },
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// Of more prompts than these that change at once, or more paths at which they are found, it is told only that there
/// are some.
const MANY: usize = 50;

/// The live versions of a prompt.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeploymentChanged)]
pub(super) struct Changed {
    #[schema(format = Uuid)]
    prompt: String,
    /// The path of the prompt, or one at which it was deployed: there is an event for each.
    path: String,
    /// The live version by environment; null if nothing is live.
    live: BTreeMap<String, Option<i64>>,
}

/// What came of one event: the names of what is told, each with its data.
pub(super) struct Told(pub(super) Vec<(&'static str, String)>);

impl Cacheable for Told {
    fn bytes(&self) -> usize {
        self.0.iter().map(|(_, data)| size_of::<(&str, String)>() + data.len()).sum()
    }
}

/// The event that says that there may be something else than before under any name.
pub(super) const CHANGED: &str = "prompts.changed";

/// What is told of a prompt that was deployed, and of those that are put together from it.
pub(super) async fn told(service: &Service, prompt: PromptId) -> Result<Told> {
    let changed = (CHANGED, "{}".to_owned());
    match prompts::find(service.scope(), prompt).await {
        // It is an environment: it has another name now, or is there no more.
        Err(Error::NotFound) => return Ok(Told(vec![changed])),
        found => found?,
    };
    let users = users(service.scope(), prompt).await?;
    let others: BTreeSet<_> = users.into_iter().map(|user| user.prompt_id).collect();
    let mut events = state(service, prompt).await?;
    let own = events.len();
    if others.len() > MANY {
        events.push(changed);
        return Ok(Told(events));
    }
    for other in others.into_iter().filter(|other| *other != prompt) {
        events.extend(state(service, other).await?);
        if events.len() - own > MANY {
            events.truncate(own);
            events.push(changed);
            break;
        }
    }
    Ok(Told(events))
}

/// What is live of a prompt, as far as the key reaches: under its path, and under those at which it was deployed, as
/// services go on finding it there. Of anything else it is told nothing.
async fn state(service: &Service, id: PromptId) -> Result<Vec<(&'static str, String)>> {
    let now = service.reached(id).await?;
    let mut live = live_of(service.scope(), id).await?;
    live.retain(|(environment, ..)| service.key().environments.reaches(environment));
    let (mut paths, mut of_folder) = (BTreeSet::new(), BTreeSet::new());
    for deployed in paths::deployed_at(service.scope(), id).await? {
        let DeployedAt { environment_id, path, folder_id, is_whole } = deployed;
        // What was moved out of a folder since is still reached where it was deployed there last.
        let is_kept = folder_id.is_some() && is_whole;
        let is_told = live.iter().any(|(environment, ..)| *environment == environment_id);
        if is_told && (now.is_some() || is_kept && service.reaches_folder(folder_id).await?) {
            paths.insert(path);
            of_folder.insert(environment_id);
        }
    }
    match now {
        Some(now) => {
            paths.insert(now.path);
        }
        None => live.retain(|(environment, ..)| of_folder.contains(environment)),
    }
    let live: BTreeMap<String, Option<i64>> =
        live.into_iter().map(|(_, name, version)| (name, version)).collect();
    let events = paths.into_iter().map(|path| {
        let changed = Changed { prompt: id.to_string(), path, live: live.clone() };
        let data = serde_json::to_string(&changed)
            .map_err(|error| crate::kernel::internal_error::internal(&error))?;
        Ok(("deployment.changed", data))
    });
    events.collect()
}
