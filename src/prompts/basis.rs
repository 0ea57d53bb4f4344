//! What prompts were resolved from, as far as that changes, so that it is quickly told whether they would be resolved
//! the same. Versions and deployments never change.

use crate::{
    error::Result,
    id::{DeploymentId, EnvironmentId, FolderId, PromptId, VariableId},
    server::{OrgChange, listed},
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The path and the folder of a prompt.
type Place = (String, Option<FolderId>);

/// What was read.
#[derive(Debug, Default)]
pub struct Basis {
    /// Where the prompts of versions are; none where there is no such version, or its prompt is in the trash.
    places: BTreeMap<(PromptId, i64), Option<Place>>,
    /// The newest deployments.
    live: BTreeMap<(EnvironmentId, PromptId), Option<DeploymentId>>,
    /// The variables that what is in a folder inherits. Setting variables writes them anew.
    variables: BTreeMap<Option<FolderId>, BTreeSet<VariableId>>,
    /// Whether something was read twice and had changed meanwhile.
    is_torn: bool,
}

impl Basis {
    pub(super) fn add_place(&mut self, version: (PromptId, i64), place: Option<&Place>) {
        let before = self.places.insert(version, place.cloned());
        self.is_torn |= before.is_some_and(|before| before.as_ref() != place);
    }

    pub(super) fn add_live(&mut self, of: (EnvironmentId, PromptId), newest: Option<DeploymentId>) {
        self.live.insert(of, newest);
    }

    pub(super) fn add_variables(&mut self, folder: Option<FolderId>, variables: BTreeSet<VariableId>) {
        self.variables.insert(folder, variables);
    }

    /// Whether all of it is still so. None can change it while the change is open.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_still(&self, change: &mut OrgChange) -> Result<bool> {
        Ok(!self.is_torn
            && self.has_places(change).await?
            && self.has_live(change).await?
            && self.has_variables(change).await?)
    }

    async fn has_places(&self, change: &mut OrgChange) -> Result<bool> {
        let places = listed!(
            "SELECT p.id, p.path, p.folder_id, p.latest FROM listed
             JOIN prompts p ON p.org_id = $1 AND p.id = listed.id AND p.trash_id IS NULL"
        );
        let prompts: BTreeSet<PromptId> = self.places.keys().map(|(prompt, _)| *prompt).collect();
        let places = change.query_listed(places, prompts.into_iter().map(|id| id.0));
        let places: Vec<(PromptId, String, Option<FolderId>, i64)> = places.all().await?;
        let places = places.into_iter().map(|(id, path, folder, latest)| (id, ((path, folder), latest)));
        let places: HashMap<PromptId, (Place, i64)> = places.collect();
        Ok(self.places.iter().all(|((prompt, number), before)| {
            let there = places.get(prompt).filter(|(_, latest)| number <= latest);
            there.map(|(place, _)| place) == before.as_ref()
        }))
    }

    async fn has_live(&self, change: &mut OrgChange) -> Result<bool> {
        let live = listed!(
            "SELECT d.environment_id, d.prompt_id, d.id FROM listed JOIN environments e ON e.org_id = $1
             JOIN deployments d ON d.org_id = $1 AND d.environment_id = e.id AND d.prompt_id = listed.id
             WHERE d.number = (SELECT max(m.number) FROM deployments m
               WHERE m.org_id = $1 AND m.environment_id = e.id AND m.prompt_id = listed.id)"
        );
        let prompts: BTreeSet<PromptId> = self.live.keys().map(|(_, prompt)| *prompt).collect();
        let live = change.query_listed(live, prompts.into_iter().map(|id| id.0));
        let live: Vec<(EnvironmentId, PromptId, DeploymentId)> = live.all().await?;
        let live = live.into_iter().map(|(environment, prompt, id)| ((environment, prompt), id));
        let live: HashMap<(EnvironmentId, PromptId), DeploymentId> = live.collect();
        Ok(self.live.iter().all(|(of, before)| live.get(of) == before.as_ref()))
    }

    async fn has_variables(&self, change: &mut OrgChange) -> Result<bool> {
        if self.variables.is_empty() {
            return Ok(true);
        }
        let of_all = change.query("SELECT id FROM variables WHERE org_id = $1 AND folder_id IS NULL");
        let of_all: Vec<(VariableId,)> = of_all.all().await?;
        let of_folders = listed!(
            ", above (below, id, parent_id) AS (
               SELECT f.id, f.id, f.parent_id FROM listed JOIN folders f ON f.org_id = $1 AND f.id = listed.id
               UNION ALL
               SELECT a.below, f.id, f.parent_id FROM above a
               JOIN folders f ON f.org_id = $1 AND f.id = a.parent_id)
             SELECT a.below, v.id FROM above a JOIN variables v ON v.org_id = $1 AND v.folder_id = a.id"
        );
        let of_folders = change.query_listed(of_folders, self.variables.keys().flatten().map(|id| id.0));
        let mut inherited: HashMap<FolderId, BTreeSet<VariableId>> = HashMap::new();
        for (folder, variable) in of_folders.all::<(FolderId, VariableId)>().await? {
            inherited.entry(folder).or_default().insert(variable);
        }
        Ok(self.variables.iter().all(|(folder, before)| {
            let own = folder.and_then(|folder| inherited.get(&folder));
            own.into_iter().flatten().copied().chain(of_all.iter().map(|(id,)| *id)).collect::<BTreeSet<_>>()
                == *before
        }))
    }
}
