//! The server functions: what forms post to. Each enters, requires, acts, announces.

#![expect(missing_docs, reason = "the macro makes a type of each function's arguments")]

use super::{
    copies, exchange, folders,
    moves::{self, Place},
    renames,
    trash::{self, purge, restore},
};
use crate::{
    error::{Error, Flaws},
    fields::PathName,
    id::{self, FolderId, ImportId, PromptId, TrashId},
    paths,
    prompts::{content::Kind, store},
    role::{EditContent, ImportContent, PurgeContent, TrashContent},
    ui::Notice,
    web::{RequestContext, filled_from::FilledFrom, response},
};
use leptos::prelude::*;

/// Makes a prompt, and leads to it.
#[server(endpoint = "prompts/create")]
pub async fn create_prompt(
    org: String,
    #[server(default)] folder: String,
    name: String,
    kind: String,
) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<EditContent>()?;
    let mut flaws = Flaws::default();
    let name = flaws.check("name", PathName::parse(&name));
    let kind = flaws.check("kind", Kind::parse(&kind).ok_or("Choose text or chat."));
    let (Some(name), Some(kind)) = (name, kind) else { return Err(flaws.into_error()) };
    let prompt = store::create(&grant, id::optional(&folder)?, &name, kind).await?;
    response::go(&paths::prompt(grant.slug(), prompt));
    Ok(())
}

/// Puts a prompt into a folder, at a place: `first`, `last`, or after a prompt of this id.
#[server(endpoint = "prompts/move")]
pub async fn move_prompt(
    org: String,
    prompt: PromptId,
    #[server(default)] folder: String,
    #[server(default)] place: String,
) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<EditContent>()?;
    let place = Place::parse(&place).ok_or_else(|| Error::invalid("place", "Choose a position."))?;
    moves::move_prompt(&grant, prompt, id::optional(&folder)?, place).await?;
    Notice::Moved.say();
    Ok(())
}

/// Duplicates a prompt, and leads to the copy.
#[server(endpoint = "prompts/duplicate")]
pub async fn duplicate_prompt(org: String, prompt: PromptId) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<EditContent>()?;
    let copy = copies::duplicate_prompt(&grant, prompt).await?;
    Notice::Duplicated.say();
    response::go(&paths::prompt_details(grant.slug(), copy));
    Ok(())
}

/// Puts a prompt in the trash, and leads to where it was.
#[server(endpoint = "prompts/trash")]
pub async fn trash_prompt(org: String, prompt: PromptId) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<TrashContent>()?;
    let folder = store::find(&grant, prompt).await?.folder_id;
    let trash = trash::put_prompt(&grant, prompt).await?;
    Notice::Trashed.say_undoable(&[("trash", trash.to_string())]);
    response::go(&paths::folder(grant.slug(), folder));
    Ok(())
}

/// Makes a folder, and leads to it.
#[server(endpoint = "folders/create")]
pub async fn create_folder(
    org: String,
    #[server(default)] folder: String,
    name: String,
) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<EditContent>()?;
    let name = PathName::parse(&name).map_err(|message| Error::invalid("name", message))?;
    let made = folders::create(&grant, id::optional(&folder)?, &name).await?;
    response::go(&paths::folder(grant.slug(), Some(made)));
    Ok(())
}

/// Gives a folder another name.
#[server(endpoint = "folders/rename")]
pub async fn rename_folder(org: String, folder: FolderId, name: String) -> Result<(), Error> {
    let caller = RequestContext::here()?;
    let grant = caller.enter(&org).await?.require::<EditContent>()?;
    let seen = FilledFrom::of(&caller);
    let name =
        seen.read("name", &name, PathName::parse).map_err(|message| Error::invalid("name", message))?;
    if let Some(name) = name {
        renames::rename_folder(&grant, folder, &seen, name).await?;
    }
    Notice::Saved.say();
    Ok(())
}

/// Puts a folder into another or to the top, at a place: `first`, `last`, or after a folder of this id.
#[server(endpoint = "folders/move")]
pub async fn move_folder(
    org: String,
    folder: FolderId,
    #[server(default)] parent: String,
    #[server(default)] place: String,
) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<EditContent>()?;
    let place = Place::parse(&place).ok_or_else(|| Error::invalid("place", "Choose a position."))?;
    moves::move_folder(&grant, folder, id::optional(&parent)?, place).await?;
    Notice::Moved.say();
    Ok(())
}

/// Duplicates a folder with all that is in it, and leads to the copy.
#[server(endpoint = "folders/duplicate")]
pub async fn duplicate_folder(org: String, folder: FolderId) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<EditContent>()?;
    let copy = copies::duplicate_folder(&grant, folder).await?;
    Notice::Duplicated.say();
    response::go(&paths::folder(grant.slug(), Some(copy)));
    Ok(())
}

/// Puts a folder in the trash with all that is in it, and leads to where it was.
#[server(endpoint = "folders/trash")]
pub async fn trash_folder(org: String, folder: FolderId) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<TrashContent>()?;
    let parent = folders::find(&grant, folder).await?.parent_id;
    let trash = trash::put_folder(&grant, folder).await?;
    Notice::Trashed.say_undoable(&[("trash", trash.to_string())]);
    response::go(&paths::folder(grant.slug(), parent));
    Ok(())
}

/// Takes something out of the trash.
#[server(endpoint = "trash/restore")]
pub async fn restore_trash(org: String, trash: TrashId) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<TrashContent>()?;
    restore(&grant, trash).await?;
    Notice::Untrashed.say();
    Ok(())
}

/// Deletes something in the trash for good.
#[server(endpoint = "trash/purge")]
pub async fn purge_trash(org: String, trash: TrashId) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<PurgeContent>()?;
    purge(&grant, trash).await?;
    Notice::Purged.say();
    Ok(())
}

/// Keeps a library file that was sent, the file `file` or else its text, and leads to what importing it
/// would do.
#[server(endpoint = "imports/create")]
pub async fn create_import(org: String, #[server(default)] text: String) -> Result<(), Error> {
    let caller = RequestContext::here()?;
    let grant = caller.enter(&org).await?.require::<ImportContent>()?;
    let kept = exchange::store::keep(&grant, caller.file("file"), &text).await?;
    response::go(&paths::import(grant.slug(), Some(kept)));
    Ok(())
}

/// Imports a file that was sent, and leads to the library.
#[server(endpoint = "imports/apply")]
pub async fn apply_import(org: String, import: ImportId) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<ImportContent>()?;
    exchange::import::import(&grant, import).await?;
    Notice::Imported.say();
    response::go(&paths::prompts(grant.slug()));
    Ok(())
}
