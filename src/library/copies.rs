//! Duplicates of prompts and folders: what they say now, without their history.

use super::{folders, variables};
use crate::{
    error::{Error, Result},
    fields::PathName,
    id::{FolderId, PromptId},
    prompts::{drafts, store},
    role::EditContent,
    server::{
        Grant, OrgChange,
        audit::{Action, Entry},
    },
};
use serde_json::json;

/// The most prompts that are duplicated at once.
const MAX: usize = 1000;

/// Duplicates a prompt beside itself: its draft becomes the draft of the copy.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Invalid`] when no name is left for it.
pub async fn duplicate_prompt(grant: &Grant<EditContent>, id: PromptId) -> Result<PromptId> {
    let mut change = grant.change().await?;
    let prompt = store::find_within(&mut change, id).await?;
    let name = free_name(&mut change, prompt.folder_id, &prompt.name, Kind::Prompt).await?;
    let copy = copy_prompt(&mut change, id, prompt.folder_id, &name).await?;
    note(&mut change, Action::PromptDuplicated, copy.0, &prompt.path).await?;
    change.commit().await?;
    Ok(copy)
}

/// Duplicates a folder beside itself, with everything in it.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Invalid`] when no name is left for it; [`Error::Conflict`] when it holds
/// more than a thousand prompts.
pub async fn duplicate_folder(grant: &Grant<EditContent>, id: FolderId) -> Result<FolderId> {
    let mut change = grant.change().await?;
    let folder = folders::find_within(&mut change, id).await?;
    let within = change.query(
        "SELECT count(*) FROM prompts WHERE org_id = $1 AND trash_id IS NULL AND substr(path, 1, length($2)) = $2",
    );
    let (within,): (i64,) = within.bind(format!("{}/", folder.path)).one().await?;
    if within > i64::try_from(MAX).unwrap_or(0) {
        return Err(Error::conflict(
            "This folder has more than 1,000 prompts. Duplicate its subfolders instead.",
        ));
    }
    let name = free_name(&mut change, folder.parent_id, &folder.name, Kind::Folder).await?;
    let copy = Box::pin(copy_folder(&mut change, id, folder.parent_id, &name)).await?;
    note(&mut change, Action::FolderDuplicated, copy.0, &folder.path).await?;
    change.commit().await?;
    Ok(copy)
}

async fn note(change: &mut OrgChange, action: Action, copy: uuid::Uuid, from: &str) -> Result<()> {
    change.audit(Entry::new(action, copy).details(json!({ "of": from }))).await
}

#[derive(Clone, Copy)]
enum Kind {
    Folder,
    Prompt,
}

/// "Tone copy", "Tone copy 2", and so on: the first that is free.
async fn free_name(
    change: &mut OrgChange,
    folder: Option<FolderId>,
    name: &PathName,
    kind: Kind,
) -> Result<PathName> {
    for n in 1..100 {
        let suffix = if n == 1 { " copy".to_owned() } else { format!(" copy {n}") };
        let kept: String = name.as_str().chars().take(PathName::MAX - suffix.len()).collect();
        let Ok(name) = PathName::parse(&format!("{}{suffix}", kept.trim_end())) else { continue };
        let free = match kind {
            Kind::Folder => folders::place(change, folder, &name).await.map(drop),
            Kind::Prompt => store::path_in(change, folder, &name).await.map(drop),
        };
        match free {
            Ok(()) => return Ok(name),
            Err(Error::Invalid { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::conflict("There are too many copies with this name. Rename some of them."))
}

async fn copy_prompt(
    change: &mut OrgChange,
    id: PromptId,
    folder: Option<FolderId>,
    name: &PathName,
) -> Result<PromptId> {
    let prompt = store::find_within(change, id).await?;
    let draft = drafts::read_within(change, id).await?;
    let path = store::path_in(change, folder, name).await?;
    let new = store::NewPrompt { folder, name, path, description: &prompt.description, tags: &prompt.tags };
    store::insert(change, new, &draft.content).await
}

async fn copy_folder(
    change: &mut OrgChange,
    id: FolderId,
    parent: Option<FolderId>,
    name: &PathName,
) -> Result<FolderId> {
    let copy = folders::insert(change, parent, name).await?;
    let own = change.query("SELECT name, value FROM variables WHERE org_id = $1 AND folder_id = $2").bind(id);
    let own: Vec<(String, String)> = own.all().await?;
    let own: Vec<_> = own.into_iter().map(variables::parse).collect();
    variables::set_within(change, Some(copy), &own).await?;
    let prompts = change
        .query("SELECT id, name FROM prompts WHERE org_id = $1 AND folder_id = $2 AND trash_id IS NULL ORDER BY position, id");
    let prompts: Vec<(PromptId, PathName)> = prompts.bind(id).all().await?;
    for (prompt, name) in prompts {
        copy_prompt(change, prompt, Some(copy), &name).await?;
    }
    let below = change
        .query("SELECT id, name FROM folders WHERE org_id = $1 AND parent_id = $2 AND trash_id IS NULL ORDER BY position, id");
    let below: Vec<(FolderId, PathName)> = below.bind(id).all().await?;
    for (folder, name) in below.into_iter().filter(|(folder, _)| *folder != copy) {
        Box::pin(copy_folder(change, folder, Some(copy), &name)).await?;
    }
    Ok(copy)
}
