//! What prompts are resolved from: rows of the database, each read once, however many prompts are put together
//! from it.

use super::{
    analysis::Analysis,
    basis::Basis,
    content::Content,
    drafts::parse,
    kept::{self, Live},
    sizes::weight,
};
use crate::{
    error::Result,
    id::{EnvironmentId, FolderId, PromptId, VariableId},
    server::{Behalf, Reads, Server, Unhurried},
    templates::{Reference, Selector},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap},
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

impl Version {
    /// Those of some values that it names.
    pub(super) fn names_of(&self, values: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
        self.analysis.named(values).map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// About how many bytes it is, and the values that it names.
    pub(super) fn bytes(&self, values: &BTreeMap<String, Value>) -> usize {
        let values = self.analysis.named(values).map(|(name, value)| name.len() + weight(value));
        self.content.bytes() + values.sum::<usize>()
    }
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
        let names_none = || Reference::parse(&self.target).is_some_and(|to| to.selector == Selector::Latest);
        self.environment_id.or_else(|| here.filter(|_| names_none()))
    }
}

/// The most bytes of contents that are kept.
const MAX_BYTES: usize = 32 << 20;

/// Rows of the database as they were when they were first asked for. It is for one look at them.
pub struct Source<R> {
    reads: R,
    /// Where texts are analyzed, and on whose behalf; none where they are not.
    place: Option<(Server, Behalf)>,
    versions: HashMap<(PromptId, i64), Option<Arc<Version>>>,
    bytes: usize,
    live: HashMap<(EnvironmentId, PromptId), Option<Live>>,
    inherited: HashMap<Option<FolderId>, Arc<BTreeMap<String, Value>>>,
    basis: Basis,
}

impl<R: Reads> Source<R> {
    /// Of what can be read.
    pub fn new(reads: R) -> Self
    where
        R: Unhurried,
    {
        let (server, behalf) = reads.place();
        let place = Some((server.clone(), behalf));
        Self { place, ..Self::of_references(reads) }
    }

    /// The same for code that asks only what refers to what, as within a change, where nothing may take long: nothing
    /// is known of what texts use, so nothing that comes of it can be rendered.
    pub fn of_references(reads: R) -> Self {
        let (versions, live, inherited) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { reads, place: None, versions, bytes: 0, live, inherited, basis: Basis::default() }
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
        match &self.place {
            Some((server, behalf)) => Analysis::of(server, *behalf, content).await,
            None => Ok(Analysis::default()),
        }
    }

    /// Forgets all versions where one more would be too much.
    fn makes_room(&mut self, bytes: usize) {
        self.bytes += bytes;
        if self.bytes > MAX_BYTES {
            self.versions.clear();
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
        self.live.insert((environment, prompt), live.clone());
        Ok(live)
    }

    /// The variables that what is in a folder inherits: the folder's own, then those of the folders around it,
    /// then the organization's. The nearest wins.
    pub(super) async fn inherited(
        &mut self,
        folder: Option<FolderId>,
    ) -> Result<Arc<BTreeMap<String, Value>>> {
        if let Some(inherited) = self.inherited.get(&folder) {
            return Ok(inherited.clone());
        }
        // What is not rendered inherits nothing.
        let Some((server, behalf)) = self.place.clone() else { return Ok(Arc::default()) };
        let rows = self.reads.query(
            "WITH RECURSIVE above (id, parent_id, depth) AS (
               SELECT id, parent_id, depth FROM folders WHERE org_id = $1 AND id = $2
               UNION ALL
               SELECT f.id, f.parent_id, f.depth FROM folders f JOIN above a ON f.org_id = $1 AND f.id = a.parent_id)
             SELECT v.id, v.name, v.value, coalesce(a.depth, 0) FROM variables v LEFT JOIN above a ON a.id = v.folder_id
             WHERE v.org_id = $1 AND (v.folder_id IS NULL OR a.id IS NOT NULL)
             ORDER BY coalesce(a.depth, 0)",
        );
        let rows: Vec<(VariableId, String, String, i64)> = rows.bind(folder).all().await?;
        self.basis.add_variables(folder, rows.iter().map(|(id, ..)| *id).collect());
        let bytes = rows.iter().map(|(_, _, json, _)| json.len()).sum();
        let value = |json: String| serde_json::from_str(&json).unwrap_or(Value::String(json));
        // The nearest comes last, and so stays.
        let read = move || {
            let values = rows.into_iter().map(|(_, name, json, _)| (name, value(json)));
            values.collect::<BTreeMap<_, _>>()
        };
        let inherited = Arc::new(server.long_work.run_on(behalf, bytes, read).await?);
        self.inherited.insert(folder, inherited.clone());
        Ok(inherited)
    }
}
