//! Duplicates of prompts and folders: what they say now, without their history.

mod folder;

use super::folders;
use crate::{
    error::{Error, Result},
    fields::PathName,
    id::{FolderId, PromptId},
    prompts::{drafts, store},
    role::EditContent,
    tenancy::{
        Grant, OrgChange,
        audit::{Action, Entry},
        change::to_its_end,
    },
};
use serde_json::json;

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

/// Duplicates a folder beside itself, with everything in it: in parts, which others see when all of them are done.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Invalid`] when paths get too long or no name is left for it; [`Error::Conflict`] when
/// it holds more than a thousand prompts and folders.
pub async fn duplicate_folder(grant: &Grant<EditContent>, id: FolderId) -> Result<FolderId> {
    let grant = grant.clone();
    to_its_end(async move { folder::duplicate(&grant, id).await }).await
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
        let name = name.with_suffix(&suffix);
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
