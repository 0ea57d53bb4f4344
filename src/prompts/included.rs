//! Which prompts are put together from others, by where references lead alone: nothing is read of what any of them
//! says. No way is gone twice, and a whole level is read at a time.

use super::source::Lead;
use crate::{
    error::{Error, Result},
    id::{EnvironmentId, PromptId},
    tenancy::{Scope, listed},
};
use serde_json::json;
use std::collections::{HashMap, HashSet, hash_map::Entry};

/// The most references that are followed.
const MOST: usize = 500_000;
/// What people read where there are more.
const TOO_MANY: &str =
    "Too many live prompts would have to be checked. Move fewer prompts to the trash at once.";
/// How many versions or prompts are read in a statement.
const AT_ONCE: usize = 50;

/// A version of a prompt, and the environment that its references follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Step {
    /// The prompt.
    pub prompt: PromptId,
    /// The number of the version.
    pub number: i64,
    /// The environment.
    pub follows: EnvironmentId,
}

/// The place among some steps of one that is put together from one of some prompts, if one is.
///
/// # Errors
/// [`Error::Conflict`] when there is too much to be looked at.
pub async fn first_with(scope: &Scope, from: &[Step], prompts: &[PromptId]) -> Result<Option<usize>> {
    let prompts: HashSet<&PromptId> = prompts.iter().collect();
    let mut ways = Ways { scope, leads: HashMap::new(), read: 0, live: HashMap::new() };
    let mut followed = 0;
    let mut seen: HashSet<Step> = from.iter().copied().collect();
    let mut level: Vec<(Step, usize)> = from.iter().copied().zip(0..).collect();
    while !level.is_empty() {
        ways.read_leads(&level).await?;
        ways.read_live(&level).await?;
        let mut next = Vec::new();
        for (step, at) in &level {
            for to in ways.below(*step) {
                if prompts.contains(&to.prompt) {
                    return Ok(Some(*at));
                }
                followed += 1;
                if seen.insert(to) {
                    next.push((to, *at));
                }
            }
        }
        if followed > MOST {
            return Err(Error::conflict(TOO_MANY));
        }
        level = next;
    }
    Ok(None)
}

/// Where a reference leads, as far as that has to do with environments.
struct Way {
    to: PromptId,
    number: Option<i64>,
    /// The environment that it names.
    named: Option<EnvironmentId>,
    /// Whether it names neither a version nor an environment.
    is_open: bool,
}

impl Way {
    /// The environment that decides which version it leads to.
    fn decides(&self, follows: EnvironmentId) -> Option<EnvironmentId> {
        self.named.or_else(|| self.is_open.then_some(follows))
    }
}

/// What is known of where references lead.
struct Ways<'s> {
    scope: &'s Scope,
    leads: HashMap<(PromptId, i64), Vec<Way>>,
    read: usize,
    /// What is live.
    live: HashMap<(PromptId, EnvironmentId), Option<i64>>,
}

#[derive(sqlx::FromRow)]
struct Row {
    prompt_id: PromptId,
    number: i64,
    #[sqlx(flatten)]
    lead: Lead,
}

impl Ways<'_> {
    /// Where a step leads.
    fn below(&self, step: Step) -> impl Iterator<Item = Step> {
        let ways = self.leads.get(&(step.prompt, step.number)).into_iter().flatten();
        ways.filter_map(move |way| {
            let decides = way.decides(step.follows);
            let live = decides.and_then(|environment| *self.live.get(&(way.to, environment))?);
            let number = live.or(way.number)?;
            Some(Step { prompt: way.to, number, follows: decides.unwrap_or(step.follows) })
        })
    }

    /// Reads what the versions of a level refer to, as far as that is not known.
    async fn read_leads(&mut self, level: &[(Step, usize)]) -> Result<()> {
        let mut asked = Vec::new();
        for (step, _) in level {
            if let Entry::Vacant(unread) = self.leads.entry((step.prompt, step.number)) {
                unread.insert(Vec::new());
                asked.push(json!({ "id": step.prompt, "number": step.number }));
            }
        }
        for some in asked.chunks(AT_ONCE) {
            let rows = listed!(
                [id: uuid, number: bigint]
                "SELECT r.prompt_id, r.number, r.target, r.to_id, r.to_number, r.environment_id FROM listed
                 JOIN prompts p ON p.org_id = $1 AND p.id = listed.id AND p.trash_id IS NULL
                 JOIN prompt_references r ON r.org_id = $1 AND r.prompt_id = listed.id AND r.number = listed.number"
            );
            let rows: Vec<Row> = self.scope.query_listed(rows, some).all().await?;
            self.read += rows.len();
            if self.read > MOST {
                return Err(Error::conflict(TOO_MANY));
            }
            for Row { prompt_id, number, lead } in rows {
                let (named, is_open) = (lead.decides(None), lead.names_none());
                let way = Way { to: lead.to_id, number: lead.to_number, named, is_open };
                self.leads.entry((prompt_id, number)).or_default().push(way);
            }
        }
        Ok(())
    }

    /// Reads what is live of what the versions of a level refer to, as far as that is not known.
    async fn read_live(&mut self, level: &[(Step, usize)]) -> Result<()> {
        let mut asked = Vec::new();
        for (step, _) in level {
            for way in self.leads.get(&(step.prompt, step.number)).into_iter().flatten() {
                let Some(environment) = way.decides(step.follows) else { continue };
                if let Entry::Vacant(unread) = self.live.entry((way.to, environment)) {
                    unread.insert(None);
                    asked.push(json!({ "prompt": way.to, "environment": environment }));
                }
            }
        }
        for some in asked.chunks(AT_ONCE) {
            let live = self.scope.query_listed(LIVE, some);
            for (prompt, environment, version) in live.all::<(PromptId, EnvironmentId, i64)>().await? {
                self.live.insert((prompt, environment), Some(version));
            }
        }
        Ok(())
    }
}

/// What is live of some prompts, each in an environment.
pub(super) const LIVE: [&str; 2] = listed!(
    [prompt: uuid, environment: uuid]
    "SELECT d.prompt_id, d.environment_id, d.version FROM listed
     JOIN deployments d ON d.org_id = $1 AND d.environment_id = listed.environment AND d.prompt_id = listed.prompt
     WHERE d.version IS NOT NULL AND d.number = (SELECT max(m.number) FROM deployments m
       WHERE m.org_id = $1 AND m.environment_id = listed.environment AND m.prompt_id = listed.prompt)"
);
