//! From a prompt in the database to everything that rendering it needs.

use super::{
    content::Content,
    kept::{self, Kept, Live},
    references::MAX_REFERENCES,
    render::{MAX_PARTS, Part, Resolved},
    source::Source,
    store::{self, Prompt},
};
use crate::{
    environments::store as environments,
    error::{Error, Result},
    id::{DeploymentId, EnvironmentId, PromptId},
    server::{Reads, Scope, Unhurried},
    templates::Selector,
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// A version of a prompt with the versions its references led to when it was saved.
///
/// # Errors
/// [`Error::NotFound`] when there is no such prompt or version, or it is in the trash. What is in the trash is
/// not put into anything either.
pub async fn version(reads: impl Unhurried, prompt: PromptId, number: i64) -> Result<Resolved> {
    let mut source = Source::new(reads);
    let mut resolver = Resolver::new(&mut source, None);
    resolver.version((prompt, number), None, None).await?.ok_or(Error::NotFound)?;
    Ok(resolver.resolved())
}

/// A version of a prompt as an environment has it: a reference that names no version leads to what is
/// deployed there, or else to where it led when the version was saved. What is live has the values that it
/// inherited when it was deployed, whatever became of folders since. With `instead` it is as if that were
/// deployed.
///
/// # Errors
/// As [`version`].
pub async fn deployed(
    source: &mut Source<impl Reads>,
    environment: EnvironmentId,
    (prompt, number): (PromptId, i64),
    instead: Option<Instead>,
) -> Result<Resolved> {
    let mut resolver = Resolver::new(source, instead);
    let live = resolver.live(environment, prompt).await?.filter(|live| live.version == number);
    let kept = live.and_then(|live| live.kept);
    resolver.version((prompt, number), Some(environment), kept).await?.ok_or(Error::NotFound)?;
    Ok(resolver.resolved())
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
    let mut source = Source::new(scope);
    let mut resolver = Resolver::new(&mut source, None);
    let inherited = Arc::unwrap_or_clone(resolver.source.inherited(of.folder_id).await?);
    let (prompt, path) = (of.id, of.path.clone());
    let analysis = resolver.source.analyzed(&content).await?;
    let leads = analysis.references.clone();
    resolver.parts.push(Part {
        prompt,
        path,
        version: None,
        content,
        analysis,
        inherited,
        references: BTreeMap::new(),
    });
    resolver.is_cut |= leads.len() > MAX_REFERENCES;
    for (target, reference) in leads.into_iter().take(MAX_REFERENCES) {
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
    Ok(resolver.resolved())
}

/// The most bytes of all that is put into a prompt, and of the values that it names. The prompt itself is served
/// however long it is.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// What makes a part: the version, the environment it follows, and the deployment whose values it has.
type Key = ((PromptId, i64), Option<EnvironmentId>, Option<DeploymentId>);

struct Resolver<'a, R> {
    source: &'a mut Source<R>,
    instead: Option<Instead>,
    parts: Vec<Part>,
    places: HashMap<Key, usize>,
    bytes: usize,
    is_cut: bool,
}

impl<'a, R: Reads> Resolver<'a, R> {
    fn new(source: &'a mut Source<R>, instead: Option<Instead>) -> Self {
        let (parts, places) = (Vec::new(), HashMap::new());
        Self { source, instead, parts, places, bytes: 0, is_cut: false }
    }

    fn resolved(self) -> Resolved {
        Resolved { parts: self.parts, is_cut: self.is_cut }
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
        let Some(version) = self.source.version(prompt, number).await? else { return Ok(None) };
        let inherited = if let Some(kept) = kept.as_ref().and_then(|kept| kept.inherited.get(&prompt)) {
            kept.clone()
        } else {
            let all = self.source.inherited(version.folder).await?;
            // What is put into another only needs what it names: there may be a lot of it, and of them.
            if self.parts.is_empty() { Arc::unwrap_or_clone(all) } else { version.names_of(&all) }
        };
        if !self.parts.is_empty() {
            self.bytes += version.bytes(&inherited);
        }
        if self.parts.len() >= MAX_PARTS || self.bytes > MAX_BYTES {
            self.is_cut = true;
            return Ok(None);
        }
        let (path, content, place) = (version.path.clone(), version.content.clone(), self.parts.len());
        let analysis = version.analysis.clone();
        self.places.insert(key, place);
        let references = BTreeMap::new();
        self.parts.push(Part {
            prompt,
            path,
            version: Some(number),
            content,
            analysis,
            inherited,
            references,
        });
        for lead in &version.leads {
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
                self.parts[place].references.insert(lead.target.clone(), leads);
            }
        }
        Ok(Some(place))
    }

    async fn live(&mut self, environment: EnvironmentId, prompt: PromptId) -> Result<Option<Live>> {
        if let Some(instead) =
            self.instead.filter(|one| one.environment == environment && one.prompt == prompt)
        {
            return match instead.version.filter(|_| instead.as_before) {
                None => Ok(instead.version.map(|version| Live { version, kept: None })),
                Some(version) => kept::before(self.source.reads(), environment, prompt, version).await,
            };
        }
        self.source.live(environment, prompt).await
    }
}
