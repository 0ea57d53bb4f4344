//! From a prompt in the database to everything that rendering it needs.

use super::{
    content::Content,
    inherited::{self, Named, picked},
    kept::{self, Kept, Live},
    references::MAX_REFERENCES,
    render::{Part, Resolved},
    sizes::MAX_PARTS,
    source::{Source, Version},
    store::{self, Prompt},
};
use crate::{
    environments::store as environments,
    error::{Error, Result},
    id::{DeploymentId, EnvironmentId, PromptId},
    templates::Selector,
    tenancy::{Reads, Scope, Unhurried},
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
    Ok(resolver.made)
}

/// A version of a prompt as an environment has it: a reference that names no version leads to what is
/// deployed there, or else to where it led when the version was saved. What is live has the values that it
/// inherited when it was deployed, or when the prompt that it is put into was, whatever became of folders since. With
/// `instead` it is as if that were deployed.
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
    let live = match live {
        // Another was deployed since somebody asked which one is live.
        None if instead.is_none() => {
            kept::until_now(resolver.source.reads(), environment, prompt, number).await?
        }
        live => live,
    };
    let kept = live.and_then(|live| live.kept);
    resolver.own.clone_from(&kept);
    resolver.version((prompt, number), Some(environment), kept).await?.ok_or(Error::NotFound)?;
    Ok(resolver.made)
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
    let (prompt, path) = (of.id, of.path.clone());
    let analysis = resolver.source.analyzed(&content).await?;
    let leads = analysis.references.clone();
    let inherited = resolver.source.inherited_in(of.folder_id, &analysis.variables, MAX_BYTES).await?;
    let is_cut = inherited.is_none() || leads.len() > MAX_REFERENCES;
    let inherited = inherited.unwrap_or_default();
    resolver.bytes = inherited::bytes(&inherited);
    resolver.made.parts.push(Part {
        prompt,
        path,
        version: None,
        content,
        analysis,
        inherited,
        references: BTreeMap::new(),
    });
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
            resolver.made.parts[0].references.insert(target, place);
        }
    }
    resolver.made.is_cut |= is_cut;
    Ok(resolver.made)
}

/// The most bytes of all that is put into a prompt, and of all values that are inherited. What the prompt itself says is
/// served however long it is.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// What makes a part: the version, the environment it follows, and the deployment whose values it has.
type Key = ((PromptId, i64), Option<EnvironmentId>, Option<DeploymentId>);

/// Whose the values are that a part inherits.
enum Whose {
    /// They are kept with the prompt itself, or would be.
    Own,
    /// Another deployment kept them.
    Lent,
    /// No deployment kept them, though it is live: folders give them.
    Folders,
}

struct Resolver<'a, R> {
    source: &'a mut Source<R>,
    instead: Option<Instead>,
    /// What the deployment of the prompt itself kept, if it is live.
    own: Option<Arc<Kept>>,
    made: Resolved,
    places: HashMap<Key, usize>,
    bytes: usize,
}

impl<'a, R: Reads> Resolver<'a, R> {
    fn new(source: &'a mut Source<R>, instead: Option<Instead>) -> Self {
        let (made, places) = (Resolved::default(), HashMap::new());
        Self { source, instead, own: None, made, places, bytes: 0 }
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
        // Where it is too much already, no more is read.
        if self.made.is_cut {
            return Ok(None);
        }
        let Some(version) = self.source.version(prompt, number).await? else { return Ok(None) };
        let (inherited, whose) = self.inherited((prompt, number), &version, kept.as_deref()).await?;
        let place = self.made.parts.len();
        self.bytes += inherited.as_ref().map_or(0, inherited::bytes);
        self.bytes += if place == 0 { 0 } else { version.content.bytes() };
        self.made.is_cut = inherited.is_none() || place >= MAX_PARTS || self.bytes > MAX_BYTES;
        // The prompt itself is there all the same: whoever renders it is told that it is too much.
        if self.made.is_cut && place > 0 {
            return Ok(None);
        }
        match whose {
            Whose::Own => {}
            Whose::Lent => {
                self.made.lent.insert(place);
            }
            Whose::Folders => {
                self.made.unkept.insert(version.path.clone());
            }
        }
        self.places.insert(key, place);
        self.made.parts.push(Part {
            prompt,
            path: version.path.clone(),
            version: Some(number),
            content: version.content.clone(),
            analysis: version.analysis.clone(),
            inherited: inherited.unwrap_or_default(),
            references: BTreeMap::new(),
        });
        self.below(place, &version, follows, kept.as_ref()).await?;
        Ok(Some(place))
    }

    /// Adds what a part refers to.
    async fn below(
        &mut self,
        place: usize,
        version: &Version,
        follows: Option<EnvironmentId>,
        kept: Option<&Arc<Kept>>,
    ) -> Result<()> {
        for lead in &version.leads {
            let decides = lead.decides(follows);
            let live = match decides {
                Some(environment) => self.live(environment, lead.to_id).await?,
                None => None,
            };
            // What names no version goes on following where it stands, deployed there or not.
            let (number, kept) = match live {
                Some(live) => (Some(live.version), live.kept),
                None => (lead.to_number, kept.cloned()),
            };
            let Some(number) = number else { continue };
            let to = (lead.to_id, number);
            if let Some(leads) = Box::pin(self.version(to, decides.or(follows), kept)).await? {
                self.made.parts[place].references.insert(lead.target.clone(), leads);
            }
        }
        Ok(())
    }

    /// What a version inherits of what it names: as the deployment kept it that it is part of, or else that of the
    /// prompt itself, or else as folders have it now. None where that is too much.
    async fn inherited(
        &mut self,
        of: (PromptId, i64),
        version: &Version,
        kept: Option<&Kept>,
    ) -> Result<(Option<Named>, Whose)> {
        let names = &version.analysis.variables;
        let own = self.own.as_deref();
        if let Some(values) = kept.and_then(|kept| kept.of(of.0)) {
            let is_own = own.is_some_and(|own| kept.is_some_and(|kept| kept.by == own.by));
            return Ok((Some(picked(values, names)), if is_own { Whose::Own } else { Whose::Lent }));
        }
        let is_kept = kept.is_some_and(|kept| !kept.is_again);
        if let Some(values) = own.filter(|_| is_kept).and_then(|own| own.of(of.0)) {
            return Ok((Some(picked(values, names)), Whose::Own));
        }
        let room = MAX_BYTES.saturating_sub(self.bytes);
        let values = self.source.inherited(of, version, room).await?.map(Arc::unwrap_or_clone);
        let is_unkept = is_kept && !names.is_empty();
        Ok((values, if is_unkept { Whose::Folders } else { Whose::Own }))
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
