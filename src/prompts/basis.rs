//! What prompts were resolved from, as far as that changes, so that it is quickly told whether they would be resolved
//! the same. Versions and deployments never change.

use super::inherited;
use crate::{
    error::Result,
    id::{DeploymentId, EnvironmentId, FolderId, PromptId, VariableId},
    tenancy::{OrgChange, listed},
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
    /// What tells whether what is in a folder still inherits the same: its marks.
    folders: BTreeMap<Option<FolderId>, Vec<Option<VariableId>>>,
    /// Whether something was read twice and had changed meanwhile.
    is_torn: bool,
}

impl Basis {
    pub(super) fn add_place(&mut self, version: (PromptId, i64), place: Option<&Place>) {
        let before = self.places.insert(version, place.cloned());
        self.is_torn |= before.is_some_and(|before| before.as_ref() != place);
    }

    pub(super) fn add_live(&mut self, of: (EnvironmentId, PromptId), newest: Option<DeploymentId>) {
        let before = self.live.insert(of, newest);
        self.is_torn |= before.is_some_and(|before| before != newest);
    }

    pub(super) fn has_folder(&self, folder: Option<FolderId>) -> bool {
        self.folders.contains_key(&folder)
    }

    pub(super) fn add_folder(&mut self, folder: Option<FolderId>, marks: Vec<Option<VariableId>>) {
        self.folders.insert(folder, marks);
    }

    /// Whether all of it is still so. None can change it while the change is open.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_still(&self, change: &mut OrgChange) -> Result<bool> {
        Ok(!self.is_torn
            && self.has_places(change).await?
            && self.has_live(change).await?
            && self.has_folders(change).await?)
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

    async fn has_folders(&self, change: &mut OrgChange) -> Result<bool> {
        if self.folders.is_empty() {
            return Ok(true);
        }
        let of_all = inherited::marks(change, None).await?;
        let around = listed!(
            ", above (below, id, parent_id, depth) AS (
               SELECT f.id, f.id, f.parent_id, f.depth FROM listed
               JOIN folders f ON f.org_id = $1 AND f.id = listed.id
               UNION ALL
               SELECT a.below, f.id, f.parent_id, f.depth FROM above a
               JOIN folders f ON f.org_id = $1 AND f.id = a.parent_id)
             SELECT a.below, (SELECT v.id FROM variables v
               WHERE v.org_id = $1 AND v.folder_id = a.id ORDER BY v.name LIMIT 1)
             FROM above a ORDER BY a.depth"
        );
        let around = change.query_listed(around, self.folders.keys().flatten().map(|id| id.0));
        let mut marks: HashMap<FolderId, Vec<Option<VariableId>>> = HashMap::new();
        for (folder, mark) in around.all::<(FolderId, Option<VariableId>)>().await? {
            marks.entry(folder).or_default().push(mark);
        }
        Ok(self.folders.iter().all(|(folder, before)| {
            let own = folder.and_then(|folder| marks.get(&folder)).into_iter().flatten();
            of_all.iter().chain(own).eq(before)
        }))
    }
}
