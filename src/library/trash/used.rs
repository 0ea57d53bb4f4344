//! Whether others use what is to be put in the trash. It is looked at before the change begins: others wait for a
//! change, and there may be much to look at. Within the change it is only made sure that nothing of it has changed
//! since.

use crate::{
    deployments::{
        asked::{self, Request},
        dependents::{self, User},
        store as deployments,
    },
    environments::store::Environment,
    error::{Error, Result},
    id::PromptId,
    prompts::{
        reached::{named, reaches_environment},
        references,
    },
    tenancy::{OrgChange, Scope, Topic, listed},
};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use uuid::Uuid;

/// Of so many prompts that changed since it is told one by one whether they use others.
const CHANGED: i64 = 20;
/// So many users of what is in the trash are counted for a key: for each it is asked whether that reaches it.
const COUNTED: usize = 100;

/// What was found.
pub(crate) struct Looked {
    /// The prompts that are to be put in the trash.
    prompts: HashSet<PromptId>,
    /// The newest event before.
    seen: i64,
    used: Option<Used>,
}

/// How prompts are used.
enum Used {
    /// One of this path is live here.
    Live(String, Environment),
    /// One waits to be.
    Asked(Box<Request>),
    /// This live one is put together from one of them.
    Put(User),
    /// These refer to one of them, each by its path.
    Included(BTreeMap<String, PromptId>),
}

impl Looked {
    /// Looks at some prompts.
    pub(crate) async fn at(scope: &Scope, prompts: &[PromptId]) -> Result<Self> {
        // First, so that whatever changes meanwhile is noticed.
        let seen = scope.query("SELECT coalesce(max(seq), 0) FROM events WHERE org_id = $1");
        let (seen,): (i64,) = seen.one().await?;
        let used = used(scope, prompts).await?;
        Ok(Self { prompts: prompts.iter().copied().collect(), seen, used })
    }

    /// Refuses to take away what others use. False where it has to be looked at again.
    pub(crate) async fn allows(self, change: &mut OrgChange, prompts: &[PromptId]) -> Result<bool> {
        let is_known = prompts.iter().all(|prompt| self.prompts.contains(prompt));
        let Some(changed) = changed_since(change, self.seen).await?.filter(|_| is_known) else {
            return Ok(false);
        };
        match self.used {
            // It may be out of date.
            Some(_) if !changed.is_empty() => return Ok(false),
            Some(used) => return Err(refusal(change, used).await?),
            None => {}
        }
        if changed.is_empty() {
            return Ok(true);
        }
        let gone: HashSet<&PromptId> = prompts.iter().collect();
        let users = references::used_of(change, &changed).await?.into_iter();
        let users = users.filter(|(to, _, user)| gone.contains(to) && !gone.contains(user));
        let users: BTreeMap<_, _> = users.map(|(_, path, user)| (path, user)).collect();
        if users.is_empty() { Ok(true) } else { Err(refusal(change, Used::Included(users)).await?) }
    }
}

async fn used(scope: &Scope, prompts: &[PromptId]) -> Result<Option<Used>> {
    if let Some((path, environment)) = deployments::live_among(scope, prompts).await? {
        return Ok(Some(Used::Live(path, environment)));
    }
    if let Some(request) = asked::waiting_among(scope, prompts).await? {
        return Ok(Some(Used::Asked(Box::new(request))));
    }
    if let Some(user) = dependents::put_into(scope, prompts).await? {
        return Ok(Some(Used::Put(user)));
    }
    let users = references::outside_users(scope, prompts).await?;
    Ok((!users.is_empty()).then_some(Used::Included(users)))
}

/// The prompts whose draft, versions or place changed after an event. None where something was deployed or asked for
/// since, or where it is not told which prompts changed.
async fn changed_since(change: &mut OrgChange, seen: i64) -> Result<Option<Vec<PromptId>>> {
    let since = change.query(
        "SELECT DISTINCT topic, entity_id FROM events
         WHERE org_id = $1 AND seq > $2 AND topic IN ('prompts', 'drafts', 'deployments')
         LIMIT CAST($3 AS BIGINT)",
    );
    let since: Vec<(Topic, Uuid)> = since.bind(seen).bind(CHANGED + 1).all().await?;
    if since.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let is_deployed = since.iter().any(|(topic, _)| matches!(topic, Topic::Deployments));
    let ids: BTreeSet<Uuid> = since.iter().map(|(_, id)| *id).collect();
    if is_deployed || i64::try_from(since.len()).is_ok_and(|count| count > CHANGED) {
        return Ok(None);
    }
    let there = listed!("SELECT p.id FROM listed JOIN prompts p ON p.org_id = $1 AND p.id = listed.id");
    let there: Vec<(PromptId,)> = change.query_listed(there, ids.iter().copied()).all().await?;
    // What is no prompt may be a folder with many.
    Ok((there.len() == ids.len()).then(|| there.into_iter().map(|(id,)| id).collect()))
}

async fn refusal(change: &mut OrgChange, used: Used) -> Result<Error> {
    Ok(Error::conflict(match used {
        Used::Live(path, environment) => {
            let is_reached = reaches_environment(change, environment.id);
            let at = if is_reached {
                environment.name.as_str()
            } else {
                "an environment this key has no access to"
            };
            format!("{path} is deployed to {at}. Undeploy it first.")
        }
        Used::Asked(request) => {
            let Request { by, path, .. } = *request;
            format!("{by} requested to deploy {path}. Approve or decline the request first.")
        }
        Used::Put(by) => {
            let is_reached = by.is_reached(change).await?;
            let live = if is_reached {
                format!("{} is deployed to {}", by.path, by.environment)
            } else {
                "A prompt this key has no access to is deployed".to_owned()
            };
            format!("{live} and includes this. First deploy a version without it.")
        }
        Used::Included(users) => {
            let most = if change.key().is_some() { COUNTED } else { usize::MAX };
            let users = named(change, users.into_iter().take(most)).await?;
            format!("Other prompts include this: {users}. Change them first.")
        }
    }))
}
