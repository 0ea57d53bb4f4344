//! Importing folders and variables.

use super::{Merge, Told, told};
use crate::{
    error::Result,
    fields::PathName,
    id::FolderId,
    library::{
        exchange::{format::FolderEntry, line::Act},
        folders, variables,
    },
};
use serde_json::Value;
use std::collections::BTreeMap;

impl Merge<'_> {
    /// The variables of the organization.
    pub(in crate::library::exchange) async fn organization(
        &mut self,
        own: &BTreeMap<String, Value>,
    ) -> Result<()> {
        if own.is_empty() {
            return Ok(());
        }
        match self.variables(None, own).await? {
            Ok(true) => self.tell(Act::Change, "", "variables of the organization"),
            Ok(false) => self.tell(Act::Skip, "", "these variables already exist"),
            Err(why) => self.tell(Act::Skip, "", format!("variables of the organization: {why}")),
        }
        Ok(())
    }

    /// A folder of the file, with its variables. The names in its path were looked at before.
    pub(in crate::library::exchange) async fn folder_entry(
        &mut self,
        FolderEntry { path, variables }: &FolderEntry,
        names: std::result::Result<Vec<PathName>, String>,
    ) -> Result<()> {
        let found = match names {
            Ok(names) => self.folder(&names).await?,
            Err(why) => Err(why),
        };
        let (id, is_new) = match found {
            Ok(found) => found,
            Err(why) => {
                self.tell(Act::Skip, path, why);
                return Ok(());
            }
        };
        let set = self.variables(Some(id), variables).await?;
        let left_out =
            set.as_ref().err().map_or_else(String::new, |why| format!("; variables skipped: {why}"));
        match (is_new, set) {
            (true, _) => self.tell(Act::Create, path, format!("folder{left_out}")),
            (false, Ok(true)) => self.tell(Act::Change, path, "variables of the folder"),
            (false, _) => self.tell(Act::Skip, path, format!("the folder already exists{left_out}")),
        }
        Ok(())
    }

    /// Sets variables; those that only are here stay. Whether anything is different then.
    pub(super) async fn variables(
        &mut self,
        folder: Option<FolderId>,
        own: &BTreeMap<String, Value>,
    ) -> Told<bool> {
        let mut merged = variables::read_within(&mut self.change, folder).await?;
        merged.extend(own.clone());
        let merged: Vec<_> = merged.into_iter().collect();
        match told(variables::check(&merged))? {
            Ok(()) => Ok(Ok(variables::set_within(&mut self.change, folder, &merged).await?.is_some())),
            Err(why) => Ok(Err(why)),
        }
    }

    /// The folder of these names, from the top down, made with those above it where it is not there; whether it is new.
    pub(super) async fn folder(&mut self, names: &[PathName]) -> Told<(FolderId, bool)> {
        let (mut parent, mut is_new, mut path) = (None, false, String::new());
        for name in names {
            path = if parent.is_none() { name.to_string() } else { format!("{path}/{name}") };
            let there = self.folder_at(&path).await?;
            is_new = there.is_none();
            let id = match there {
                Some(id) => id,
                None => match told(folders::insert(&mut self.change, parent, name).await)? {
                    Ok(id) => id,
                    Err(why) => return Ok(Err(why)),
                },
            };
            self.folders.insert(path.clone(), id);
            parent = Some(id);
        }
        Ok(parent.map(|id| (id, is_new)).ok_or_else(|| "it has no name".to_owned()))
    }

    async fn folder_at(&mut self, path: &str) -> Result<Option<FolderId>> {
        if let Some(id) = self.folders.get(path) {
            return Ok(Some(*id));
        }
        let there =
            self.change.query("SELECT id FROM folders WHERE org_id = $1 AND path = $2 AND trash_id IS NULL");
        let there: Option<(FolderId,)> = there.bind(path.to_owned()).optional().await?;
        Ok(there.map(|(id,)| id))
    }
}
