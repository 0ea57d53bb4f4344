//! What event streams tell of a deployment.

use super::service::Service;
use crate::{
    deployments::{store::live_of, users::users},
    error::{Error, Result},
    id::PromptId,
    prompts::store as prompts,
    server::shelf::Keep,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// Of more prompts than these that change at once, it is told only that there are some.
const MANY: usize = 50;

/// The live versions of a prompt.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeploymentChanged)]
pub(super) struct Changed {
    #[schema(format = Uuid)]
    prompt: String,
    path: String,
    /// The live version by environment; null if nothing is live.
    live: BTreeMap<String, Option<i64>>,
}

/// What came of one event: the names of what is told, each with its data.
pub(super) struct Told(pub(super) Vec<(&'static str, String)>);

impl Keep for Told {
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
    let mut events: Vec<_> = state(service, prompt).await?.into_iter().collect();
    if others.len() > MANY {
        events.push(changed);
        return Ok(Told(events));
    }
    for other in others.into_iter().filter(|other| *other != prompt) {
        events.extend(state(service, other).await?);
    }
    Ok(Told(events))
}

/// What is live of a prompt, as far as the key reaches; of anything else it is told nothing.
async fn state(service: &Service, prompt: PromptId) -> Result<Option<(&'static str, String)>> {
    let Some(prompt) = service.reached(prompt).await? else { return Ok(None) };
    let live = live_of(service.scope(), prompt.id).await?;
    let reached = live.into_iter().filter(|(id, ..)| service.key().environments.reaches(id));
    let live = reached.map(|(_, name, version)| (name, version)).collect();
    let changed = Changed { prompt: prompt.id.to_string(), path: prompt.path, live };
    let data = serde_json::to_string(&changed).map_err(|error| crate::server::caller::internal(&error))?;
    Ok(Some(("deployment.changed", data)))
}
