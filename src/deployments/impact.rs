//! What a deployment changes besides its own prompt, and what it would break.
//!
//! A reference that names no version leads, in an environment, to what is live there. So what is deployed
//! changes every live prompt that refers to it, and must leave each of them as able to be rendered as it was.

use super::{
    differs::differs,
    fingerprint::Served,
    made_of::{self, MadeOf},
    model::{Kind, Order},
};
use crate::{
    environments::store as environments,
    error::{Error, Result},
    id::{EnvironmentId, PromptId},
    prompts::{
        paths,
        reached::{reaches_environment, reaches_prompt},
        render::{Inherited, Resolved, problems},
        resolve::{self, Instead},
        source::Source,
    },
    server::{OrgChange, Reads, listed},
};
use std::collections::{BTreeMap, BTreeSet, HashSet};

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
    /// The values that whoever calls the prompt must give and did not have to before.
    pub asks: BTreeSet<String>,
    /// What differs from what is live besides what the version itself says: where references lead, what is
    /// inherited. Line by line.
    pub differs: Vec<String>,
    /// What is inherited from now on.
    pub inherited: Inherited,
}

impl Impact {
    const fn new(served: Served) -> Self {
        Self {
            served,
            made_of: Vec::new(),
            changes: BTreeSet::new(),
            elsewhere: BTreeMap::new(),
            breaks: BTreeSet::new(),
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

/// A live prompt that may be put together from another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, sqlx::FromRow)]
pub struct User {
    /// The prompt.
    pub prompt_id: PromptId,
    /// Its path.
    pub path: String,
    /// Where it is live.
    pub environment_id: EnvironmentId,
    /// The name of that environment.
    pub environment: String,
    /// The version that is live there.
    pub version: i64,
}

impl User {
    /// Whether whoever acts reaches it where it is live, and may thus be told of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_reached(&self, change: &mut OrgChange) -> Result<bool> {
        Ok(reaches_environment(change, self.environment_id) && reaches_prompt(change, self.prompt_id).await?)
    }
}

/// What would come of an order.
///
/// # Errors
/// When the database fails; [`Error::NotFound`] when there is no such environment, prompt or version.
pub async fn of(reads: impl Reads, order: &Order) -> Result<Impact> {
    let mut source = Source::new(reads);
    let &Order { environment, prompt, version, .. } = order;
    let instead = Instead { environment, prompt, version, as_before: order.kind == Kind::Rollback };
    let name = environments::find(source.reads(), environment).await?.name;
    let path =
        source.reads().query("SELECT path FROM prompts WHERE org_id = $1 AND id = $2 AND trash_id IS NULL");
    let path: Option<(String,)> = path.bind(prompt).optional().await?;
    let mut impact = Impact::new(Served::new(order, &name, path.ok_or(Error::NotFound)?.0));
    if let Some(version) = version {
        on_itself(&mut source, (prompt, version), instead, &mut impact).await?;
    }
    for user in users_in(source.reads(), prompt, environment).await? {
        if (user.prompt_id, user.environment_id) != (prompt, environment) {
            on_user(&mut source, user, instead, &mut impact).await?;
        }
    }
    impact.served.change_with(&impact.changes);
    Ok(impact)
}

/// What it means for the prompt itself.
async fn on_itself(
    source: &mut Source<impl Reads>,
    version: (PromptId, i64),
    instead: Instead,
    impact: &mut Impact,
) -> Result<()> {
    let environment = instead.environment;
    let resolved = resolve::deployed(source, environment, version, Some(instead)).await?;
    let after = problems(&resolved);
    impact.inherited = resolved.inherited();
    impact.served.put_together(&resolved);
    let breaks =
        after.others.into_iter().map(|(path, what)| Break { says: format!("{path}: {what}"), user: None });
    impact.breaks.extend(breaks);
    impact.made_of = made_of::made_of(&resolved, None);
    if let Some(live) = resolve::live(source.reads(), environment, version.0).await? {
        let live = resolve::deployed(source, environment, (version.0, live), None).await?;
        impact.asks = after.missing.difference(&problems(&live).missing).cloned().collect();
        impact.differs = differs(&live, &resolved);
        impact.made_of = made_of::made_of(&resolved, Some(&live));
        impact.differs.extend(moved(source.reads(), environment, version.0).await?);
    }
    Ok(())
}

/// That services would find a live prompt at another path as well, where only deploying it brings that about.
async fn moved(
    reads: &mut impl Reads,
    environment: EnvironmentId,
    prompt: PromptId,
) -> Result<Option<String>> {
    if !environments::find(&mut *reads, environment).await?.is_protected() {
        return Ok(None);
    }
    let path = reads.query("SELECT path FROM prompts WHERE org_id = $1 AND id = $2 AND trash_id IS NULL");
    let Some((path,)): Option<(String,)> = path.bind(prompt).optional().await? else { return Ok(None) };
    let served = paths::served_at(reads, environment, &path).await?;
    let is_there = served.is_some_and(|served| served.prompt_id == prompt);
    Ok((!is_there).then(|| format!("Services also get it at its new path: {path}")))
}

/// What it means for another live prompt.
async fn on_user(
    source: &mut Source<impl Reads>,
    user: User,
    instead: Instead,
    impact: &mut Impact,
) -> Result<()> {
    let live = (user.prompt_id, user.version);
    let before = resolve::deployed(source, user.environment_id, live, None).await?;
    let after = resolve::deployed(source, user.environment_id, live, Some(instead)).await?;
    if made_of(&before) == made_of(&after) {
        return Ok(());
    }
    let (before, after) = (problems(&before), problems(&after));
    let at = format!("{} in {}", user.path, user.environment);
    let mut breaks = |says| impact.breaks.insert(Break { says, user: Some(user.clone()) });
    for (path, what) in after.others.difference(&before.others) {
        breaks(format!("{at} would break. {path}: {what}"));
    }
    for name in after.missing.difference(&before.missing) {
        breaks(format!("{at} would need a value for {name}, but none is provided."));
    }
    if user.environment_id != instead.environment {
        impact.elsewhere.entry(user.environment_id).or_insert_with(|| user.clone());
    }
    impact.changes.insert((user.path, user.environment));
    Ok(())
}

/// What a prompt is put together from.
fn made_of(resolved: &Resolved) -> (Vec<(PromptId, Option<i64>)>, Inherited) {
    (resolved.parts.iter().map(|part| (part.prompt, part.version)).collect(), resolved.inherited())
}

macro_rules! users {
    ($and:literal) => {
        concat!(
            "WITH RECURSIVE up (id) AS (
               SELECT prompt_id FROM prompt_references WHERE org_id = $1 AND to_id = $2 AND number > 0
               UNION
               SELECT r.prompt_id FROM prompt_references r JOIN up ON r.to_id = up.id WHERE r.org_id = $1 AND r.number > 0)
             SELECT p.id AS prompt_id, p.path, e.id AS environment_id, e.name AS environment, d.version
             FROM up JOIN prompts p ON p.org_id = $1 AND p.id = up.id JOIN environments e ON e.org_id = $1
             JOIN deployments d ON d.org_id = $1 AND d.environment_id = e.id AND d.prompt_id = p.id
             WHERE d.version IS NOT NULL AND d.number = (SELECT max(m.number) FROM deployments m
               WHERE m.org_id = $1 AND m.environment_id = e.id AND m.prompt_id = p.id)",
            $and
        )
    };
}

/// The live prompts that may be put together from a prompt: those of which any version leads down to it.
///
/// # Errors
/// When the database fails.
pub async fn users(mut reads: impl Reads, prompt: PromptId) -> Result<Vec<User>> {
    Ok(reads.query(users!("")).bind(prompt).all().await?)
}

/// Those of them that may be put together from what is live in an environment: those that are live there, and
/// all where a reference names it.
async fn users_in(reads: &mut impl Reads, prompt: PromptId, environment: EnvironmentId) -> Result<Vec<User>> {
    let users = reads.query(users!(
        " AND (e.id = $3 OR EXISTS (SELECT 1 FROM prompt_references n WHERE n.org_id = $1 AND n.environment_id = $3))"
    ));
    Ok(users.bind(prompt).bind(environment).all().await?)
}

/// In what a version that is live would differ if it were deployed again: in what it inherits, and where services
/// find it.
///
/// # Errors
/// When the database fails.
pub async fn drift(
    reads: impl Reads,
    environment: EnvironmentId,
    (prompt, version): (PromptId, i64),
) -> Result<Vec<String>> {
    let again = Instead { environment, prompt, version: Some(version), as_before: false };
    let mut source = Source::new(reads);
    let live = resolve::deployed(&mut source, environment, (prompt, version), None).await?;
    let again = resolve::deployed(&mut source, environment, (prompt, version), Some(again)).await?;
    let mut differ = differs(&live, &again);
    differ.extend(moved(source.reads(), environment, prompt).await?);
    Ok(differ)
}

/// A live prompt that is put together from one of some prompts and is none of them.
///
/// # Errors
/// When the database fails.
pub async fn put_into(change: &mut OrgChange, prompts: &[PromptId]) -> Result<Option<User>> {
    let above = listed!(
        ", up (id) AS (
           SELECT r.prompt_id FROM listed
           JOIN prompt_references r ON r.org_id = $1 AND r.to_id = listed.id AND r.number > 0
           UNION
           SELECT r.prompt_id FROM prompt_references r JOIN up ON r.to_id = up.id WHERE r.org_id = $1 AND r.number > 0)
         SELECT p.id AS prompt_id, p.path, e.id AS environment_id, e.name AS environment, d.version
         FROM up JOIN prompts p ON p.org_id = $1 AND p.id = up.id JOIN environments e ON e.org_id = $1
         JOIN deployments d ON d.org_id = $1 AND d.environment_id = e.id AND d.prompt_id = p.id
         WHERE d.version IS NOT NULL AND p.id NOT IN (SELECT id FROM listed)
           AND d.number = (SELECT max(m.number) FROM deployments m
             WHERE m.org_id = $1 AND m.environment_id = e.id AND m.prompt_id = p.id)"
    );
    let above: Vec<User> = change.query_listed(above, prompts.iter().map(|id| id.0)).all().await?;
    let (mut source, prompts): (_, HashSet<&PromptId>) = (Source::new(change), prompts.iter().collect());
    for user in above {
        let live = (user.prompt_id, user.version);
        let resolved = resolve::deployed(&mut source, user.environment_id, live, None).await?;
        if resolved.parts.iter().any(|part| prompts.contains(&part.prompt)) {
            return Ok(Some(user));
        }
    }
    Ok(None)
}
