//! What prompts are resolved from: rows of the database, each read once, however many prompts are put together
//! from it.

use super::{
    analysis::Analysis,
    basis::Basis,
    content::Content,
    draft::parse,
    inherited::{self, Named},
    kept::{self, Live},
};
use crate::{
    error::Result,
    id::{EnvironmentId, FolderId, PromptId},
    kernel::JobOwner,
    templates::{Reference, Selector},
    tenancy::{Reads, Server, Unhurried},
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// A version of a prompt that is not in the trash.
pub(super) struct Version {
    pub(super) path: String,
    pub(super) folder: Option<FolderId>,
    pub(super) content: Content,
    pub(super) analysis: Analysis,
    pub(super) leads: Vec<Lead>,
}

/// Where a reference of a version leads: to the version it led to when it was saved, unless an environment
/// decides.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Lead {
    pub(super) target: String,
    pub(super) to_id: PromptId,
    pub(super) to_number: Option<i64>,
    environment_id: Option<EnvironmentId>,
}

impl Lead {
    /// The environment that decides which version it leads to, in a prompt that follows `here`; none when
    /// that is decided already.
    pub(super) fn decides(&self, here: Option<EnvironmentId>) -> Option<EnvironmentId> {
        self.environment_id.or_else(|| here.filter(|_| self.names_none()))
    }

    /// Whether it names neither a version nor an environment.
    pub(super) fn names_none(&self) -> bool {
        Reference::parse(&self.target).is_some_and(|to| to.selector == Selector::Latest)
    }
}

/// The most bytes of contents and values that are remembered.
const MAX_BYTES: usize = 32 << 20;

/// Rows of the database as they were when they were first asked for. It is for one look at them.
pub struct Source<R> {
    reads: R,
    /// Where texts are analyzed, and on whose behalf.
    place: (Server, JobOwner),
    versions: HashMap<(PromptId, i64), Option<Arc<Version>>>,
    live: HashMap<(EnvironmentId, PromptId), Option<Live>>,
    /// What versions inherit of what they name.
    inherited: HashMap<(PromptId, i64), Arc<Named>>,
    bytes: usize,
    basis: Basis,
}

impl<R: Reads> Source<R> {
    /// Of what can be read.
    pub fn new(reads: R) -> Self
    where
        R: Unhurried,
    {
        let (server, behalf) = reads.place();
        let place = (server.clone(), behalf);
        let (versions, live, inherited) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { reads, place, versions, live, inherited, bytes: 0, basis: Basis::default() }
    }

    /// For what is not resolved.
    pub const fn reads(&mut self) -> &mut R {
        &mut self.reads
    }

    /// What of all that was read may change.
    #[must_use]
    pub fn into_basis(self) -> Basis {
        self.basis
    }

    /// Has that include what is live of a prompt in an environment.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn based_on_live(&mut self, environment: EnvironmentId, prompt: PromptId) -> Result<()> {
        self.live(environment, prompt).await.map(drop)
    }

    /// A version; none when there is no such version, or its prompt is in the trash.
    pub(super) async fn version(&mut self, prompt: PromptId, number: i64) -> Result<Option<Arc<Version>>> {
        if let Some(version) = self.versions.get(&(prompt, number)) {
            return Ok(version.clone());
        }
        let row = self.reads.query(
            "SELECT p.path, p.folder_id, v.content FROM versions v
             JOIN prompts p ON p.org_id = v.org_id AND p.id = v.prompt_id AND p.trash_id IS NULL
             WHERE v.org_id = $1 AND v.prompt_id = $2 AND v.number = $3",
        );
        let row: Option<(String, Option<FolderId>, String)> =
            row.bind(prompt).bind(number).optional().await?;
        let place = row.as_ref().map(|(path, folder, _)| (path.clone(), *folder));
        self.basis.add_place((prompt, number), place.as_ref());
        let version = match row {
            Some((path, folder, json)) => {
                self.makes_room(json.len());
                let (content, leads) = (parse(&json)?, self.leads(prompt, number).await?);
                let analysis = self.analyzed(&content).await?;
                Some(Arc::new(Version { path, folder, content, analysis, leads }))
            }
            None => None,
        };
        self.versions.insert((prompt, number), version.clone());
        Ok(version)
    }

    /// What is known of the texts of a content.
    pub(super) async fn analyzed(&self, content: &Content) -> Result<Analysis> {
        let (server, behalf) = &self.place;
        Analysis::of(server, *behalf, content).await
    }

    /// Forgets all that is large where so much more would be too much.
    fn makes_room(&mut self, bytes: usize) {
        self.bytes += bytes;
        if self.bytes > MAX_BYTES {
            self.versions.clear();
            self.live.clear();
            self.inherited.clear();
            self.bytes = bytes;
        }
    }

    async fn leads(&mut self, prompt: PromptId, number: i64) -> Result<Vec<Lead>> {
        let leads = self.reads.query(
            "SELECT target, to_id, to_number, environment_id FROM prompt_references
             WHERE org_id = $1 AND prompt_id = $2 AND number = $3 ORDER BY target",
        );
        Ok(leads.bind(prompt).bind(number).all().await?)
    }

    /// What is live of a prompt in an environment.
    pub(super) async fn live(
        &mut self,
        environment: EnvironmentId,
        prompt: PromptId,
    ) -> Result<Option<Live>> {
        if let Some(live) = self.live.get(&(environment, prompt)) {
            return Ok(live.clone());
        }
        let (live, newest) = kept::newest(&mut self.reads, environment, prompt).await?;
        self.basis.add_live((environment, prompt), newest);
        self.makes_room(live.as_ref().and_then(|live| live.kept.as_ref()).map_or(0, |kept| kept.bytes));
        self.live.insert((environment, prompt), live.clone());
        Ok(live)
    }

    /// What a version inherits of what it names, as folders have it now; none where that is more than about so many
    /// bytes.
    pub(super) async fn inherited(
        &mut self,
        of: (PromptId, i64),
        version: &Version,
        room: usize,
    ) -> Result<Option<Arc<Named>>> {
        if let Some(inherited) = self.inherited.get(&of) {
            return Ok(Some(inherited.clone()));
        }
        let read = self.inherited_in(version.folder, &version.analysis.variables, room).await?;
        let Some(inherited) = read.map(Arc::new) else { return Ok(None) };
        self.makes_room(inherited::bytes(&inherited));
        self.inherited.insert(of, inherited.clone());
        Ok(Some(inherited))
    }

    /// The same of what is in a folder and has some names.
    pub(super) async fn inherited_in(
        &mut self,
        folder: Option<FolderId>,
        names: &BTreeSet<String>,
        room: usize,
    ) -> Result<Option<Named>> {
        if names.is_empty() {
            return Ok(Some(Named::new()));
        }
        // First, so that whatever changes meanwhile is noticed.
        if !self.basis.has_folder(folder) {
            let marks = inherited::marks(&mut self.reads, folder).await?;
            self.basis.add_folder(folder, marks);
        }
        let (server, behalf) = &self.place;
        inherited::read(&mut self.reads, (server, *behalf), folder, names, room).await
    }
}
