//! From a prompt in the database to everything that rendering it needs.

use super::{
    content::Content,
    drafts::parse,
    kept::{self, Kept, Live},
    references::targets,
    render::{Part, Resolved},
    store::{self, Prompt},
};
use crate::{
    environments::store as environments,
    error::{Error, Result},
    id::{DeploymentId, EnvironmentId, FolderId, PromptId},
    server::{Reads, Scope},
    templates::{Reference, Selector},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// A version of a prompt with the versions its references led to when it was saved.
///
/// # Errors
/// [`Error::NotFound`] when there is no such prompt or version, or it is in the trash. What is in the trash is
/// not put into anything either.
pub async fn version(reads: impl Reads, prompt: PromptId, number: i64) -> Result<Resolved> {
    let mut resolver = Resolver::new(reads, None);
    resolver.version((prompt, number), None, None).await?.ok_or(Error::NotFound)?;
    Ok(Resolved { parts: resolver.parts })
}

/// A version of a prompt as an environment has it: a reference that names no version leads to what is
/// deployed there, or else to where it led when the version was saved. What is live has the values that it
/// inherited when it was deployed, whatever became of folders since. With `instead` it is as if that were
/// deployed.
///
/// # Errors
/// As [`version`].
pub async fn deployed(
    reads: impl Reads,
    environment: EnvironmentId,
    (prompt, number): (PromptId, i64),
    instead: Option<Instead>,
) -> Result<Resolved> {
    let mut resolver = Resolver::new(reads, instead);
    let live = resolver.live(environment, prompt).await?.filter(|live| live.version == number);
    let kept = live.and_then(|live| live.kept);
    resolver.version((prompt, number), Some(environment), kept).await?.ok_or(Error::NotFound)?;
    Ok(Resolved { parts: resolver.parts })
}

/// What would be live of a prompt in an environment, if anything.
#[derive(Debug, Clone, Copy)]
pub struct Instead {
    /// The environment.
    pub environment: EnvironmentId,
    /// The prompt.
    pub prompt: PromptId,
    /// The version; none if nothing would be live.
    pub version: Option<i64>,
    /// Whether it would be as it was live there before, with what it inherited then.
    pub as_before: bool,
}

/// The version of a prompt that is live in an environment, if one is.
///
/// # Errors
/// When the database fails.
pub async fn live(
    mut reads: impl Reads,
    environment: EnvironmentId,
    prompt: PromptId,
) -> Result<Option<i64>> {
    let newest = reads.query(
        "SELECT version FROM deployments WHERE org_id = $1 AND environment_id = $2 AND prompt_id = $3
         ORDER BY number DESC LIMIT 1",
    );
    let newest: Option<(Option<i64>,)> = newest.bind(environment).bind(prompt).optional().await?;
    Ok(newest.and_then(|(version,)| version))
}

/// A content that is no version yet, such as what somebody types: its references lead to what is newest.
/// Those that lead nowhere are left out.
///
/// # Errors
/// When the database fails.
pub async fn draft(scope: &Scope, of: &Prompt, content: Content) -> Result<Resolved> {
    let mut resolver = Resolver::new(scope, None);
    let inherited = inherited(&mut resolver.reads, of.folder_id).await?;
    let leads = targets(&content);
    let (prompt, path) = (of.id, of.path.clone());
    resolver.parts.push(Part {
        prompt,
        path,
        version: None,
        content,
        inherited,
        references: BTreeMap::new(),
    });
    for (target, reference) in leads {
        let to = match store::at_path(scope, &reference.path).await {
            Ok(to) if to.id != of.id => to,
            Ok(_) | Err(Error::NotFound) => continue,
            Err(error) => return Err(error),
        };
        let mut kept = None;
        let (number, follows) = match reference.selector {
            Selector::Latest => (Some(to.latest), None),
            Selector::Version(number) => (Some(i64::from(number)), None),
            Selector::Environment(name) => match environments::named(scope, &name).await? {
                Some(named) => {
                    let live = resolver.live(named.id, to.id).await?;
                    kept = live.as_ref().and_then(|live| live.kept.clone());
                    (live.map(|live| live.version), Some(named.id))
                }
                None => (None, None),
            },
        };
        let Some(number) = number else { continue };
        if let Some(place) = resolver.version((to.id, number), follows, kept).await? {
            resolver.parts[0].references.insert(target, place);
        }
    }
    Ok(Resolved { parts: resolver.parts })
}

/// Where a reference of a version leads: to the version it led to when it was saved, unless an environment
/// decides.
#[derive(Debug, Clone, sqlx::FromRow)]
struct Lead {
    target: String,
    to_id: PromptId,
    to_number: Option<i64>,
    environment_id: Option<EnvironmentId>,
}

impl Lead {
    /// The environment that decides which version it leads to, in a prompt that follows `here`; none when
    /// that is decided already.
    fn decides(&self, here: Option<EnvironmentId>) -> Option<EnvironmentId> {
        let names_none = || Reference::parse(&self.target).is_some_and(|to| to.selector == Selector::Latest);
        self.environment_id.or_else(|| here.filter(|_| names_none()))
    }
}

/// The most prompts that one may be made of.
const MAX_PARTS: usize = 500;

/// What makes a part: the version, the environment it follows, and the deployment whose values it has.
type Key = ((PromptId, i64), Option<EnvironmentId>, Option<DeploymentId>);

struct Resolver<R> {
    reads: R,
    instead: Option<Instead>,
    parts: Vec<Part>,
    places: HashMap<Key, usize>,
}

impl<R: Reads> Resolver<R> {
    fn new(reads: R, instead: Option<Instead>) -> Self {
        Self { reads, instead, parts: Vec::new(), places: HashMap::new() }
    }

    /// The place of a version among the parts, with all that is below it; none when there is no such
    /// version. References that name no version follow an environment, if one is given; it inherits what a
    /// deployment kept, if that is given.
    async fn version(
        &mut self,
        (prompt, number): (PromptId, i64),
        follows: Option<EnvironmentId>,
        kept: Option<Arc<Kept>>,
    ) -> Result<Option<usize>> {
        let key = ((prompt, number), follows, kept.as_ref().map(|kept| kept.by));
        if let Some(place) = self.places.get(&key) {
            return Ok(Some(*place));
        }
        if self.parts.len() >= MAX_PARTS {
            return Ok(None);
        }
        let row = self.reads.query(
            "SELECT p.path, p.folder_id, v.content FROM versions v
             JOIN prompts p ON p.org_id = v.org_id AND p.id = v.prompt_id AND p.trash_id IS NULL
             WHERE v.org_id = $1 AND v.prompt_id = $2 AND v.number = $3",
        );
        let row: Option<(String, Option<FolderId>, String)> =
            row.bind(prompt).bind(number).optional().await?;
        let Some((path, folder, content)) = row else { return Ok(None) };
        let inherited = match kept.as_ref().and_then(|kept| kept.inherited.get(&prompt)) {
            Some(kept) => kept.clone(),
            None => inherited(&mut self.reads, folder).await?,
        };
        let (content, place) = (parse(&content)?, self.parts.len());
        self.places.insert(key, place);
        let references = BTreeMap::new();
        self.parts.push(Part { prompt, path, version: Some(number), content, inherited, references });
        for lead in self.leads(prompt, number).await? {
            let decides = lead.decides(follows);
            let live = match decides {
                Some(environment) => self.live(environment, lead.to_id).await?,
                None => None,
            };
            // What names no version goes on following where it stands, deployed there or not.
            let (number, kept) = match live {
                Some(live) => (Some(live.version), live.kept),
                None => (lead.to_number, kept.clone()),
            };
            let Some(number) = number else { continue };
            let below = (lead.to_id, number);
            if let Some(leads) = Box::pin(self.version(below, decides.or(follows), kept)).await? {
                self.parts[place].references.insert(lead.target, leads);
            }
        }
        Ok(Some(place))
    }

    async fn leads(&mut self, prompt: PromptId, number: i64) -> Result<Vec<Lead>> {
        let leads = self.reads.query(
            "SELECT target, to_id, to_number, environment_id FROM prompt_references
             WHERE org_id = $1 AND prompt_id = $2 AND number = $3",
        );
        Ok(leads.bind(prompt).bind(number).all().await?)
    }

    async fn live(&mut self, environment: EnvironmentId, prompt: PromptId) -> Result<Option<Live>> {
        if let Some(instead) =
            self.instead.filter(|one| one.environment == environment && one.prompt == prompt)
        {
            return match instead.version.filter(|_| instead.as_before) {
                None => Ok(instead.version.map(|version| Live { version, kept: None })),
                Some(version) => kept::before(&mut self.reads, environment, prompt, version).await,
            };
        }
        kept::newest(&mut self.reads, environment, prompt).await
    }
}

/// The variables that what is in a folder inherits: the folder's own, then those of the folders around it,
/// then the organization's. The nearest wins.
///
/// # Errors
/// When the database fails.
pub async fn inherited(mut reads: impl Reads, folder: Option<FolderId>) -> Result<BTreeMap<String, Value>> {
    let rows = reads.query(
        "WITH RECURSIVE above (id, parent_id, depth) AS (
           SELECT id, parent_id, depth FROM folders WHERE org_id = $1 AND id = $2
           UNION ALL
           SELECT f.id, f.parent_id, f.depth FROM folders f JOIN above a ON f.org_id = $1 AND f.id = a.parent_id)
         SELECT v.name, v.value, coalesce(a.depth, 0) FROM variables v LEFT JOIN above a ON a.id = v.folder_id
         WHERE v.org_id = $1 AND (v.folder_id IS NULL OR a.id IS NOT NULL)
         ORDER BY coalesce(a.depth, 0)",
    );
    let rows: Vec<(String, String, i64)> = rows.bind(folder).all().await?;
    let value = |json: String| serde_json::from_str(&json).unwrap_or(Value::String(json));
    // The nearest comes last, and so stays.
    Ok(rows.into_iter().map(|(name, json, _)| (name, value(json))).collect())
}
