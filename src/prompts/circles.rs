//! References never go in a circle, nor too deep, nor to more than can be put together.
//!
//! Versions may refer to each other in far more ways than there are versions, so no way is gone twice: what a
//! version refers to is read once, all of a level at a time.

use super::{
    reached::{BEYOND, reaches_folder},
    sizes::{MAX_DEPTH, MAX_PARTS},
};
use crate::{
    error::Result,
    id::{FolderId, PromptId},
    tenancy::{OrgChange, listed},
};
use serde_json::json;
use std::collections::{HashMap, HashSet, hash_map::Entry};

/// The most references that are followed.
const MAX_FOLLOWED: usize = 10_000;

/// A version of a prompt.
pub type Version = (PromptId, i64);

/// What is wrong with the versions that a prompt refers to: one leads back to it, or too deep, or they lead to too
/// many.
///
/// # Errors
/// When the database fails.
pub async fn circle(
    change: &mut OrgChange,
    prompt: PromptId,
    path: &str,
    to: &[Version],
) -> Result<Option<String>> {
    let mut below = Below::default();
    let mut level = Vec::new();
    below.add(&mut level, to.iter().map(|version| (*version, None)));
    // The prompt itself is the first level.
    for depth in 2.. {
        let back = level.iter().find(|at| below.steps[**at].to.0 == prompt);
        if let Some(at) = back.or_else(|| level.first().filter(|_| depth > MAX_DEPTH)) {
            let trail = below.trail(change, prompt, path, *at).await?;
            return Ok(Some(if back.is_some() {
                format!("Circular reference: {trail}.")
            } else {
                format!("References are nested more than {MAX_DEPTH} deep: {trail}.")
            }));
        }
        below.read(change, &level).await?;
        if below.is_too_much() {
            return Ok(Some(format!(
                "The prompts it includes contain too many others. A prompt can include up to {MAX_PARTS}, counting those inside them."
            )));
        }
        level = below.next(&level);
        if level.is_empty() {
            break;
        }
    }
    Ok(None)
}

/// A version on the way down, and the step above it.
struct Step {
    to: Version,
    above: Option<usize>,
}

/// What lies below a prompt, as far as it is known.
#[derive(Default)]
struct Below {
    steps: Vec<Step>,
    leads: HashMap<Version, Vec<Version>>,
    followed: usize,
}

impl Below {
    /// Adds steps to a level, where each version is once.
    fn add(&mut self, level: &mut Vec<usize>, to: impl Iterator<Item = (Version, Option<usize>)>) {
        let mut seen = HashSet::new();
        for (to, above) in to.filter(|(to, _)| seen.insert(*to)) {
            level.push(self.steps.len());
            self.steps.push(Step { to, above });
        }
    }

    fn next(&mut self, level: &[usize]) -> Vec<usize> {
        let below = |at: &usize| {
            let leads = self.leads.get(&self.steps[*at].to).into_iter().flatten();
            leads.map(|to| (*to, Some(*at))).collect::<Vec<_>>()
        };
        let below: Vec<_> = level.iter().flat_map(below).collect();
        let mut next = Vec::new();
        self.add(&mut next, below.into_iter());
        next
    }

    fn is_too_much(&self) -> bool {
        self.leads.len() > MAX_PARTS || self.followed > MAX_FOLLOWED
    }

    /// Reads what the versions of a level refer to, as far as it is not known and not too much.
    async fn read(&mut self, change: &mut OrgChange, level: &[usize]) -> Result<()> {
        let mut asked = Vec::new();
        for at in level {
            let version = self.steps[*at].to;
            if let Entry::Vacant(unread) = self.leads.entry(version) {
                unread.insert(Vec::new());
                asked.push(json!({ "id": version.0, "number": version.1 }));
            }
        }
        if asked.is_empty() || self.is_too_much() {
            return Ok(());
        }
        let room = i64::try_from(MAX_FOLLOWED + 1 - self.followed).unwrap_or(0);
        let leads = listed!(
            [id: uuid, number: bigint]
            "SELECT r.prompt_id, r.number, r.to_id, r.to_number FROM listed
             JOIN prompt_references r ON r.org_id = $1 AND r.prompt_id = listed.id AND r.number = listed.number
             WHERE r.to_number IS NOT NULL LIMIT CAST($3 AS BIGINT)"
        );
        let leads = change.query_listed(leads, asked).bind(room);
        let mut leads: Vec<(PromptId, i64, PromptId, i64)> = leads.all().await?;
        self.followed += leads.len();
        // The same is said of the same, whatever order they come in.
        leads.sort_unstable_by_key(|(prompt, number, to, to_number)| (prompt.0, *number, to.0, *to_number));
        for (prompt, number, to, to_number) in leads {
            self.leads.entry((prompt, number)).or_default().push((to, to_number));
        }
        Ok(())
    }

    /// The paths of the prompts on the way to a step.
    async fn trail(&self, change: &mut OrgChange, prompt: PromptId, path: &str, at: usize) -> Result<String> {
        let (mut trail, mut next) = (Vec::new(), Some(at));
        while let Some(at) = next {
            let (to, _) = self.steps[at].to;
            let place = change.query("SELECT path, folder_id FROM prompts WHERE org_id = $1 AND id = $2");
            let (path, folder): (String, Option<FolderId>) = place.bind(to).one().await?;
            let is_reached = to == prompt || reaches_folder(change, folder).await?;
            trail.push(if is_reached { path } else { BEYOND.to_owned() });
            next = self.steps[at].above;
        }
        trail.push(path.to_owned());
        trail.reverse();
        Ok(trail.join(" → "))
    }
}
