//! Refusals that name other prompts and environments, in the words of a key that does not reach all of them.

use super::{problem::Refusal, service::Service};
use crate::{
    deployments::{
        impact::{self, User},
        model::Order,
        store::live_of,
    },
    error::{Error, Result},
    id::PromptId,
    prompts::references::used_by,
};
use std::collections::BTreeSet;

/// Why prompts are not thrown away.
pub(super) async fn in_use(service: &Service, prompts: Vec<(PromptId, String)>, error: Error) -> Refusal {
    if !service.is_limited() || !matches!(error, Error::Conflict { .. }) {
        return error.into();
    }
    match uses(service, prompts).await {
        Ok(Some(says)) => Error::conflict(says).into(),
        // What used them does so no more: whoever asks again is told anew.
        Ok(None) => Error::conflict("Other prompts use this, or it is deployed.").into(),
        Err(error) => error.into(),
    }
}

async fn uses(service: &Service, prompts: Vec<(PromptId, String)>) -> Result<Option<String>> {
    let ids: BTreeSet<PromptId> = prompts.iter().map(|(id, _)| *id).collect();
    let (mut users, mut unnamed) = (BTreeSet::new(), BTreeSet::new());
    for (prompt, path) in prompts {
        for (environment, name, version) in live_of(service.scope(), prompt).await? {
            if version.is_some() {
                let is_reached = service.key().environments.reaches(&environment);
                let place = if is_reached { &name } else { "an environment this key does not reach" };
                return Ok(Some(format!("{path} is deployed to {place}. Undeploy it first.")));
            }
        }
        for user in used_by(service.scope(), prompt).await? {
            if ids.contains(&user.id) {
                continue;
            }
            match service.reached(user.id).await? {
                Some(user) => drop(users.insert(user.path)),
                None => drop(unnamed.insert(user.id)),
            }
        }
    }
    let mut shown: Vec<String> = users.iter().take(5).cloned().collect();
    let more = users.len() - shown.len() + unnamed.len();
    match (more, unnamed.len()) {
        (0, _) => {}
        (1, 1) => shown.push("a prompt this key does not reach".to_owned()),
        (more, 0) => shown.push(format!("{more} more")),
        (more, _) => shown.push(format!("{more} more, of which this key does not reach all")),
    }
    let says = format!("Other prompts use this: {}. Change them first.", shown.join(", "));
    Ok((!shown.is_empty()).then_some(says))
}

/// Why something is not deployed.
pub(super) async fn breaking(service: &Service, order: &Order, error: Error) -> Refusal {
    if !service.is_limited() || !matches!(error, Error::Conflict { .. }) {
        return error.into();
    }
    match breaks(service, order).await {
        Ok(breaks) if breaks.is_empty() => elsewhere(service, order, error).await,
        Ok(breaks) => Error::conflict(breaks.into_iter().collect::<Vec<_>>().join(" ")).into(),
        Err(error) => error.into(),
    }
}

/// What would change in other environments is not named.
async fn elsewhere(service: &Service, order: &Order, error: Error) -> Refusal {
    match impact::of(service.scope(), order).await {
        Ok(impact) if impact.elsewhere.is_empty() => error.into(),
        Ok(_) => {
            Error::conflict("This would change prompts in other environments, where others must approve.")
                .into()
        }
        Err(error) => error.into(),
    }
}

async fn breaks(service: &Service, order: &Order) -> Result<BTreeSet<String>> {
    let users = impact::users(service.scope(), order.prompt).await?;
    let mut told = BTreeSet::new();
    for says in impact::of(service.scope(), order).await?.breaks {
        let is_of = |user: &&User| says.starts_with(&format!("{} in {} ", user.path, user.environment));
        let is_reached = match users.iter().find(is_of) {
            // It is the prompt itself.
            None => true,
            Some(user) => {
                service.key().environments.reaches(&user.environment_id)
                    && service.reached(user.prompt_id).await?.is_some()
            }
        };
        told.insert(if is_reached {
            says
        } else {
            "A prompt this key does not reach would break.".to_owned()
        });
    }
    Ok(told)
}
