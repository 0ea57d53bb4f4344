//! What a deployment changes besides its own prompt, and what it would break.
//!
//! A reference that names no version leads, in an environment, to what is live there. So what is deployed
//! changes every live prompt that refers to it, and must leave each of them as able to be rendered as it was.

use super::{
    differs::{differs, told_otherwise},
    fingerprint::Served,
    made_of::{self, MadeOf},
    model::{Kind, Order},
    users::{User, users_in},
};
use crate::{
    environments::store as environments,
    error::{Error, Result},
    id::{EnvironmentId, PromptId},
    prompts::{
        kept::{Details, details, details_now},
        paths,
        render::{self, Inherited, Problems, Resolved, check_for},
        resolve::{self, Instead},
        source::Source,
    },
    server::{Behalf, Reads, Server, Unhurried},
};
use std::collections::{BTreeMap, BTreeSet};

/// The most work that it may be to look at all that a deployment changes, in steps of a rendering: about a second's.
const WORK: usize = 10_000_000;
/// How many bytes are copied in a step.
const COPIED_IN_A_STEP: usize = 64;

/// What people read where it is more.
pub const TOO_MUCH: &str = "The live prompts that include this one are too many or too large to check. Undeploy or shorten some of them first.";

/// What would come of a deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct Impact {
    /// Everything that would be served, as it is approved.
    pub served: Served,
    /// What that is made of, as people look at it: the prompt itself first.
    pub made_of: Vec<MadeOf>,
    /// The other live prompts that change with it: path and environment.
    pub changes: BTreeSet<(String, String)>,
    /// The other environments in which something changes, each with a prompt that does.
    pub elsewhere: BTreeMap<EnvironmentId, User>,
    /// What it would break.
    pub breaks: BTreeSet<Break>,
    /// Whether it is too much to be looked at in full, so that there may be more of everything: a break then, whatever
    /// else there is.
    pub is_cut: bool,
    /// The values that whoever calls the prompt must give and did not have to before.
    pub asks: BTreeSet<String>,
    /// What differs from what is live besides what the version itself says: where references lead, what is
    /// inherited. Line by line.
    pub differs: Vec<String>,
    /// What is inherited from now on.
    pub inherited: Inherited,
    /// What services are told of the prompt from now on.
    pub details: Details,
}

impl Impact {
    const fn new(served: Served, details: Details) -> Self {
        Self {
            served,
            details,
            made_of: Vec::new(),
            changes: BTreeSet::new(),
            elsewhere: BTreeMap::new(),
            breaks: BTreeSet::new(),
            is_cut: false,
            asks: BTreeSet::new(),
            differs: Vec::new(),
            inherited: Inherited::new(),
        }
    }
}

/// Something that a deployment would break.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Break {
    /// What, in a sentence.
    pub says: String,
    /// Of which other live prompt; none where it is what is deployed itself.
    pub user: Option<User>,
}

/// What would come of an order.
///
/// # Errors
/// When the database fails; [`Error::NotFound`] when there is no such environment, prompt or version.
pub async fn of(reads: impl Unhurried, order: &Order) -> Result<Impact> {
    within(reads, order, WORK).await
}

/// The same with so much work at most.
pub(crate) async fn within(reads: impl Unhurried, order: &Order, work: usize) -> Result<Impact> {
    let (server, behalf) = reads.place();
    let place = (server.clone(), behalf);
    let mut source = Source::new(reads);
    let &Order { environment, prompt, version, .. } = order;
    let instead = Instead { environment, prompt, version, as_before: order.kind == Kind::Rollback };
    let name = environments::find(source.reads(), environment).await?.name;
    let mut told = details_now(source.reads(), prompt).await?.ok_or(Error::NotFound)?;
    if let Some(version) = version.filter(|_| instead.as_before)
        && let Some(before) = details(source.reads(), environment, (prompt, version)).await?
    {
        (told.description, told.tags) = (before.description, before.tags);
    }
    let impact = Impact::new(Served::new(order, &name, &told), told);
    let users = users_in(source.reads(), prompt, environment).await?;
    let mut look = Look { source, place, instead, work, impact };
    if let Some(version) = version {
        look.at_itself((prompt, version)).await?;
    }
    for user in users {
        if (user.prompt_id, user.environment_id) != (prompt, environment) && !look.impact.is_cut {
            look.at_user(user).await?;
        }
    }
    let mut impact = look.impact;
    impact.served.change_with(&impact.changes);
    if impact.is_cut {
        impact.breaks.insert(Break { says: TOO_MUCH.to_owned(), user: None });
    }
    Ok(impact)
}

/// A look at what would come of an order.
struct Look<R> {
    source: Source<R>,
    /// Where it is, and on whose behalf.
    place: (Server, Behalf),
    instead: Instead,
    /// How much work it still may be.
    work: usize,
    impact: Impact,
}

impl<R: Reads> Look<R> {
    /// At what it means for the prompt itself.
    async fn at_itself(&mut self, version: (PromptId, i64)) -> Result<()> {
        let environment = self.instead.environment;
        let resolved = self.deployed(environment, version, Some(self.instead)).await?;
        self.impact.inherited = resolved.inherited();
        self.impact.served.put_together(&resolved);
        self.impact.made_of = made_of::made_of(&resolved, None);
        let after = self.problems(&resolved).await?.unwrap_or_else(|| too_much(&resolved));
        let breaks = after
            .others
            .into_iter()
            .map(|(path, what)| Break { says: format!("{path}: {what}"), user: None });
        self.impact.breaks.extend(breaks);
        if let Some(live_version) = resolve::live(self.source.reads(), environment, version.0).await? {
            let live = self.deployed(environment, (version.0, live_version), None).await?;
            let before = self.problems(&live).await?.unwrap_or_default();
            self.impact.asks = after.missing.difference(&before.missing).cloned().collect();
            self.impact.differs = differs(&live, &resolved);
            self.impact.made_of = made_of::made_of(&resolved, Some(&live));
            let told = (version.0, live_version);
            let told = otherwise(self.source.reads(), environment, told, &self.impact.details).await?;
            self.impact.differs.extend(told);
        }
        Ok(())
    }

    /// At what it means for another live prompt.
    async fn at_user(&mut self, user: User) -> Result<()> {
        let live = (user.prompt_id, user.version);
        let before = self.deployed(user.environment_id, live, None).await?;
        let after = self.deployed(user.environment_id, live, Some(self.instead)).await?;
        if made_of(&before) == made_of(&after) {
            return Ok(());
        }
        if user.environment_id != self.instead.environment {
            self.impact.elsewhere.entry(user.environment_id).or_insert_with(|| user.clone());
        }
        self.impact.changes.insert((user.path.clone(), user.environment.clone()));
        let Some(after) = self.problems(&after).await? else {
            self.impact.is_cut = true;
            return Ok(());
        };
        // What is whole is not broken.
        if after.is_empty() {
            return Ok(());
        }
        // What is not known of what was before counts as broken now.
        let before = self.problems(&before).await?.unwrap_or_default();
        let at = format!("{} in {}", user.path, user.environment);
        let mut breaks = |says| self.impact.breaks.insert(Break { says, user: Some(user.clone()) });
        for (path, what) in after.others.difference(&before.others) {
            breaks(format!("{at} would break. {path}: {what}"));
        }
        for name in after.missing.difference(&before.missing) {
            breaks(format!("{at} would need a value for {name}, but none is provided."));
        }
        Ok(())
    }

    /// A version as an environment has it. That is work too.
    async fn deployed(
        &mut self,
        environment: EnvironmentId,
        version: (PromptId, i64),
        instead: Option<Instead>,
    ) -> Result<Resolved> {
        let resolved = resolve::deployed(&mut self.source, environment, version, instead).await?;
        let bytes: usize = resolved.parts.iter().flat_map(|part| part.content.texts()).map(str::len).sum();
        self.pay(resolved.parts.len() + bytes / COPIED_IN_A_STEP);
        Ok(resolved)
    }

    /// What is in the way of rendering a prompt; none where that is too much work.
    async fn problems(&mut self, resolved: &Resolved) -> Result<Option<Problems>> {
        if self.impact.is_cut {
            return Ok(None);
        }
        let Some(checked) = check_for((&self.place.0, self.place.1), resolved).await? else {
            return Ok(None);
        };
        self.pay(checked.work);
        Ok(Some(checked.problems))
    }

    fn pay(&mut self, work: usize) {
        match self.work.checked_sub(work) {
            Some(left) => self.work = left,
            None => self.impact.is_cut = true,
        }
    }
}

/// That it takes too much work to render a prompt.
fn too_much(resolved: &Resolved) -> Problems {
    let path = resolved.parts.first().map(|part| part.path.clone()).unwrap_or_default();
    Problems { others: BTreeSet::from([(path, render::TOO_MUCH.to_owned())]), ..Problems::default() }
}

/// In what services would be told something else of a live prompt, or find it elsewhere as well; a line for each
/// difference.
async fn otherwise(
    reads: &mut impl Reads,
    environment: EnvironmentId,
    (prompt, version): (PromptId, i64),
    told: &Details,
) -> Result<Vec<String>> {
    let was = details(&mut *reads, environment, (prompt, version)).await?;
    let mut lines = was.as_ref().map(|was| told_otherwise(was, told)).unwrap_or_default();
    let moved = match moved(reads, environment, prompt, &told.path).await? {
        None => {
            was.filter(|was| was.path != told.path).map(|was| format!("Path: {} → {}", was.path, told.path))
        }
        moved => moved,
    };
    lines.extend(moved);
    Ok(lines)
}

/// That services would find a live prompt at this path as well, where only deploying it brings that about.
async fn moved(
    reads: &mut impl Reads,
    environment: EnvironmentId,
    prompt: PromptId,
    path: &str,
) -> Result<Option<String>> {
    if !environments::find(&mut *reads, environment).await?.is_protected() {
        return Ok(None);
    }
    let served = paths::served_at(reads, environment, path).await?;
    let is_there = served.is_some_and(|served| served.prompt_id == prompt);
    Ok((!is_there).then(|| format!("Services also get it at its new path: {path}")))
}

/// What a prompt is put together from.
fn made_of(resolved: &Resolved) -> (Vec<(PromptId, Option<i64>)>, Inherited) {
    (resolved.parts.iter().map(|part| (part.prompt, part.version)).collect(), resolved.inherited())
}

/// In what a version that is live would differ if it were deployed again: in what it inherits, what services are told
/// of it, and where they find it.
///
/// # Errors
/// When the database fails.
pub async fn drift(
    reads: impl Unhurried,
    environment: EnvironmentId,
    (prompt, version): (PromptId, i64),
) -> Result<Vec<String>> {
    let again = Instead { environment, prompt, version: Some(version), as_before: false };
    let mut source = Source::new(reads);
    let live = resolve::deployed(&mut source, environment, (prompt, version), None).await?;
    let again = resolve::deployed(&mut source, environment, (prompt, version), Some(again)).await?;
    let mut differ = differs(&live, &again);
    if let Some(told) = details_now(source.reads(), prompt).await? {
        differ.extend(otherwise(source.reads(), environment, (prompt, version), &told).await?);
    }
    Ok(differ)
}
