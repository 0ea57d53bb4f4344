//! What a deployment changes besides its own prompt, and what it would break.
//!
//! A reference that names no version leads, in an environment, to what is live there. So what is deployed
//! changes every live prompt that refers to it, and must leave each of them as able to be rendered as it was.

use super::{
    based::{Based, told},
    dependents::{User, users_in},
    differs::differs,
    drift::otherwise,
    fingerprint::Served,
    made_of::{self, MadeOf},
    model::{DeployCommand, Kind},
};
use crate::{
    environments::store as environments,
    error::Result,
    id::{EnvironmentId, PromptId},
    kernel::{JobOwner, internal},
    prompts::{
        kept::Details,
        render::{self, Problems, Resolved, check_for},
        resolve::{self, Instead},
        source::Source,
    },
    tenancy::{Reads, Server, Unhurried},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The most work that it may be to look at all that a deployment changes, in steps of a rendering: about a second's.
pub(super) const WORK: usize = 10_000_000;
/// How many bytes are copied in a step.
const COPIED_IN_A_STEP: usize = 64;

/// What people read where it is more.
pub const TOO_MUCH: &str = "The live prompts that include this one are too many or too large to check. Undeploy or shorten some of them first.";

/// The most bytes that a deployment keeps of what is inherited.
const MAX_KEPT: usize = 1024 * 1024;
/// What people read where it is more.
const TOO_MUCH_KEPT: &str = "The values that this prompt and the prompts it includes inherit are larger than 1 MiB in total. Shorten them, or use fewer of them.";

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
    /// What is kept of what is inherited from now on, as JSON.
    pub kept: Option<String>,
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
            kept: None,
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
/// When the database fails; [`Error::NotFound`](crate::error::Error::NotFound) when there is no such environment,
/// prompt or version.
pub async fn of(reads: impl Unhurried, order: &DeployCommand) -> Result<Impact> {
    within(reads, order, WORK).await
}

/// The same with so much work at most.
pub(crate) async fn within(reads: impl Unhurried, order: &DeployCommand, work: usize) -> Result<Impact> {
    based(reads, order, work).await.map(|(impact, _)| impact)
}

/// The same, and what it is based on.
pub(super) async fn based(
    reads: impl Unhurried,
    order: &DeployCommand,
    work: usize,
) -> Result<(Impact, Based)> {
    let (server, behalf) = reads.place();
    let place = (server.clone(), behalf);
    let mut source = Source::new(reads);
    let &DeployCommand { environment, prompt, version, .. } = order;
    let instead = Instead { environment, prompt, version, as_before: order.kind == Kind::Rollback };
    source.based_on_live(environment, prompt).await?;
    let at = environments::find(source.reads(), environment).await?;
    let told = told(source.reads(), order).await?;
    let impact = Impact::new(Served::new(order, &at.name, &told), told.clone());
    let users = users_in(source.reads(), prompt, environment).await?;
    let is_protected = at.is_protected();
    let (at, all) = ((at.name, is_protected), users.iter().cloned().collect());
    let mut look = Look { source, place, instead, work: Some(work), impact };
    if let Some(version) = version {
        look.at_itself((prompt, version)).await?;
    }
    for user in users {
        if (user.prompt_id, user.environment_id) != (prompt, environment) && look.work.is_some() {
            look.at_user(user).await?;
        }
    }
    let Look { source, work, mut impact, .. } = look;
    impact.served.change_with(&impact.changes);
    impact.is_cut = work.is_none();
    if impact.is_cut {
        impact.breaks.insert(Break { says: TOO_MUCH.to_owned(), user: None });
    }
    let basis = source.into_basis();
    Ok((impact, Based { environment: at, told, users: all, basis }))
}

/// A look at what would come of an order.
struct Look<R> {
    source: Source<R>,
    /// Where it is, and on whose behalf.
    place: (Server, JobOwner),
    instead: Instead,
    /// How much work it still may be; none once it is too much.
    work: Option<usize>,
    impact: Impact,
}

impl<R: Reads> Look<R> {
    /// At what it means for the prompt itself.
    async fn at_itself(&mut self, version: (PromptId, i64)) -> Result<()> {
        let environment = self.instead.environment;
        let resolved = self.deployed(environment, version, Some(self.instead)).await?;
        let after = self.problems(&resolved).await?.unwrap_or_else(|| too_much(&resolved));
        let breaks = after.others.iter();
        let breaks = breaks.map(|(path, what)| Break { says: format!("{path}: {what}"), user: None });
        self.impact.breaks.extend(breaks);
        let live_version = resolve::live(self.source.reads(), environment, version.0).await?;
        let live = match live_version {
            Some(live) => Some(self.deployed(environment, (version.0, live), None).await?),
            None => None,
        };
        if let Some(live) = &live {
            let before = self.problems(live).await?.unwrap_or_default();
            self.impact.asks = after.missing.difference(&before.missing).cloned().collect();
        }
        let (mut found, whole) = (self.impact.served.clone(), [Some(&resolved), live.as_ref()]);
        let bytes = whole.into_iter().flatten().map(|one| one.bytes()).sum();
        let look = move || {
            found.put_together(&resolved);
            let differs = live.as_ref().map(|live| differs(live, &resolved)).unwrap_or_default();
            let kept = serde_json::to_string(&resolved.inherited());
            (found, kept, made_of::made_of(&resolved, live.as_deref()), differs)
        };
        let (server, behalf) = &self.place;
        let looked = server.long_work.run_on(*behalf, bytes, look).await?;
        self.impact.kept = Some(looked.1.map_err(|error| internal(&error))?);
        (self.impact.served, self.impact.made_of, self.impact.differs) = (looked.0, looked.2, looked.3);
        if self.impact.kept.as_ref().is_some_and(|kept| kept.len() > MAX_KEPT) {
            self.impact.breaks.insert(Break { says: TOO_MUCH_KEPT.to_owned(), user: None });
        }
        if let Some(live) = live_version {
            let told = (version.0, live);
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
        let (bytes, two) = (before.bytes() + after.bytes(), (before.clone(), after.clone()));
        let is_same = move || two.0.says_the_same(&two.1);
        let (server, behalf) = &self.place;
        let is_same = server.long_work.run_on(*behalf, bytes, is_same).await?;
        let at = format!("{} in {}", user.path, user.environment);
        // What folders give is as it was only until somebody changes it, who asks nobody.
        let unkept = after.unkept.difference(&before.unkept);
        let unkept = unkept.map(|path| {
            format!("{at} would use values for {path} that were never deployed. Deploy {path} first.")
        });
        let unkept = unkept.map(|says| Break { says, user: Some(user.clone()) }).collect::<Vec<_>>();
        if is_same && unkept.is_empty() {
            return Ok(());
        }
        self.impact.breaks.extend(unkept);
        if user.environment_id != self.instead.environment {
            self.impact.elsewhere.entry(user.environment_id).or_insert_with(|| user.clone());
        }
        self.impact.changes.insert((user.path.clone(), user.environment.clone()));
        let Some(after) = self.problems(&after).await? else {
            self.work = None;
            return Ok(());
        };
        // What is whole is not broken.
        if after.is_empty() {
            return Ok(());
        }
        // What is not known of what was before counts as broken now.
        let before = self.problems(&before).await?.unwrap_or_default();
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
    ) -> Result<Arc<Resolved>> {
        let resolved = resolve::deployed(&mut self.source, environment, version, instead).await?;
        self.pay(resolved.parts.len() + resolved.bytes() / COPIED_IN_A_STEP);
        Ok(Arc::new(resolved))
    }

    /// What is in the way of rendering a prompt; none where that is too much work.
    async fn problems(&mut self, resolved: &Arc<Resolved>) -> Result<Option<Problems>> {
        if self.work.is_none() {
            return Ok(None);
        }
        let Some(checked) = check_for((&self.place.0, self.place.1), resolved).await? else {
            return Ok(None);
        };
        self.pay(checked.work);
        Ok(Some(checked.problems))
    }

    fn pay(&mut self, work: usize) {
        self.work = self.work.and_then(|left| left.checked_sub(work));
    }
}

/// That it takes too much work to render a prompt.
fn too_much(resolved: &Resolved) -> Problems {
    let path = resolved.parts.first().map(|part| part.path.clone()).unwrap_or_default();
    Problems { others: BTreeSet::from([(path, render::TOO_MUCH.to_owned())]), ..Problems::default() }
}
