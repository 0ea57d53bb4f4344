//! Importing folders and variables.

use super::{Merge, Told, told};
use crate::{
    error::Result,
    id::FolderId,
    library::{
        exchange::{check::levels, format::FolderEntry, import::Act},
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

    pub(in crate::library::exchange) async fn folder_entry(
        &mut self,
        FolderEntry { path, variables }: &FolderEntry,
    ) -> Result<()> {
        let (id, is_new) = match self.folder(path).await? {
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

    /// The folder of a path, made with those above it where it is not there; whether it is new.
    pub(super) async fn folder(&mut self, path: &str) -> Told<(FolderId, bool)> {
        if let Some(id) = self.folders.get(path) {
            return Ok(Ok((*id, false)));
        }
        let names = match levels(path) {
            Ok(names) => names,
            Err(why) => return Ok(Err(why)),
        };
        let (mut parent, mut is_new, mut so_far) = (None, false, String::new());
        for name in names {
            so_far = if parent.is_none() { name.to_string() } else { format!("{so_far}/{name}") };
            let there = self
                .change
                .query("SELECT id FROM folders WHERE org_id = $1 AND path = $2 AND trash_id IS NULL");
            let there: Option<(FolderId,)> = there.bind(so_far.clone()).optional().await?;
            is_new = there.is_none();
            let id = match there {
                Some((id,)) => id,
                None => match told(folders::insert(&mut self.change, parent, &name).await)? {
                    Ok(id) => id,
                    Err(why) => return Ok(Err(why)),
                },
            };
            self.folders.insert(so_far.clone(), id);
            parent = Some(id);
        }
        Ok(parent.map(|id| (id, is_new)).ok_or_else(|| "it has no name".to_owned()))
    }
}
