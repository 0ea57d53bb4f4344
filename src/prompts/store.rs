//! Prompts in the database: what they are called and where they stand.

pub use super::paths::{is_taken, leave_path, leave_paths, take_path, take_paths};
pub use super::prompt::Prompt;
use super::{
    Tags,
    content::{Content, Kind},
    drafts, index,
    paths::refuse_protected,
};
use crate::{
    error::{Error, Result},
    fields::{PathName, composed},
    id::{FolderId, PromptId, TrashId},
    role::EditContent,
    tenancy::{
        Grant, OrgChange, Scope, Topic,
        audit::{Action, Entry},
    },
};
use serde_json::json;
use std::borrow::Cow;

/// The most characters of a path.
pub const MAX_PATH: usize = 255;
/// What lies between the places of two neighbours, so that something fits between them.
pub const STEP: i64 = 1 << 20;

macro_rules! prompt {
    ($where:literal) => {
        concat!(
            "SELECT id, folder_id, name, path, kind, description, tags, latest, created_at, updated_at
             FROM prompts WHERE org_id = $1 AND trash_id IS NULL AND ",
            $where
        )
    };
}

const BY_ID: &str = prompt!("id = $2");
// Said so that both paths are looked up in their indexes: with OR, all prompts of the organization are read.
const AT_PATH: &str = prompt!(
    "id = coalesce(
       (SELECT p.id FROM prompts p WHERE p.org_id = $1 AND p.path = $2 AND p.trash_id IS NULL),
       (SELECT o.prompt_id FROM old_paths o WHERE o.org_id = $1 AND o.path = $2))"
);

/// A prompt.
///
/// # Errors
/// [`Error::NotFound`] when there is none, or it is in the trash.
pub async fn find(scope: &Scope, id: PromptId) -> Result<Prompt> {
    scope.query(BY_ID).bind(id).optional().await?.ok_or(Error::NotFound)
}

/// The same, as it is within a change.
///
/// # Errors
/// As [`find`].
pub async fn find_within(change: &mut OrgChange, id: PromptId) -> Result<Prompt> {
    change.query(BY_ID).bind(id).optional().await?.ok_or(Error::NotFound)
}

/// The prompts whose path comes after another, by path.
///
/// # Errors
/// When the database fails.
pub async fn after(scope: &Scope, path: &str, size: i64) -> Result<Vec<Prompt>> {
    let prompts = scope.query(prompt!("path > $2 ORDER BY path LIMIT CAST($3 AS BIGINT)"));
    Ok(prompts.bind(path.to_owned()).bind(size).all().await?)
}

/// The prompt of a path, or the one that had it last when none has it now. Names are composed, and a path may be
/// written otherwise.
///
/// # Errors
/// [`Error::NotFound`] when there is neither.
pub async fn at_path(scope: &Scope, path: &str) -> Result<Prompt> {
    let found: Option<Prompt> = scope.query(AT_PATH).bind(path.to_owned()).optional().await?;
    let found = match composed(path) {
        Cow::Owned(path) if found.is_none() => scope.query(AT_PATH).bind(path).optional().await?,
        _ => found,
    };
    found.ok_or(Error::NotFound)
}

/// Makes a prompt with an empty draft.
///
/// # Errors
/// [`Error::Invalid`] at `name` when it is taken or the path gets too long; [`Error::NotFound`] when there
/// is no such folder.
pub async fn create(
    grant: &Grant<EditContent>,
    folder: Option<FolderId>,
    name: &PathName,
    kind: Kind,
) -> Result<PromptId> {
    let mut change = grant.change().await?;
    let path = path_in(&mut change, folder, name).await?;
    let new = NewPrompt { folder, name, path, description: "", tags: &Tags::default() };
    let id = insert(&mut change, new, &Content::empty(kind)).await?;
    change.commit().await?;
    Ok(id)
}

/// What a prompt to be made is called, and where it stands.
#[derive(Debug)]
pub struct NewPrompt<'a> {
    /// Its folder.
    pub folder: Option<FolderId>,
    /// Its name.
    pub name: &'a PathName,
    /// Its path, which is free: from [`path_in`].
    pub path: String,
    /// What it is for.
    pub description: &'a str,
    /// Its tags.
    pub tags: &'a Tags,
}

/// Makes a prompt with a draft, last in its folder.
///
/// # Errors
/// When the database fails.
pub async fn insert(change: &mut OrgChange, new: NewPrompt<'_>, content: &Content) -> Result<PromptId> {
    let last = change
        .query("SELECT max(position) FROM prompts WHERE org_id = $1 AND folder_id IS NOT DISTINCT FROM $2");
    let (last,): (Option<i64>,) = last.bind(new.folder).one().await?;
    let id = write(change, &new, content, last.unwrap_or(0) + STEP, None).await?;
    take_path(change, &new.path, id).await?;
    index::write(change, id).await?;
    let details = json!({ "of": new.path, "after": { "kind": content.kind() } });
    change.audit(Entry::new(Action::PromptCreated, id.0).details(details)).await?;
    change.announce(Topic::Prompts, id.0).await?;
    Ok(id)
}

/// Makes a prompt with a draft in the trash, as part of what is there: search and the log know nothing of it.
///
/// # Errors
/// When the database fails.
pub async fn insert_trashed(
    change: &mut OrgChange,
    new: &NewPrompt<'_>,
    content: &Content,
    position: i64,
    trash: TrashId,
) -> Result<()> {
    write(change, new, content, position, Some(trash)).await.map(drop)
}

async fn write(
    change: &mut OrgChange,
    new: &NewPrompt<'_>,
    content: &Content,
    position: i64,
    trash: Option<TrashId>,
) -> Result<PromptId> {
    let (id, now, by) = (PromptId(change.new_id()), change.now(), change.person());
    change
        .query(
            "INSERT INTO prompts (org_id, id, folder_id, name, path, position, kind, description, tags, latest,
               created_at, created_by, updated_at, trash_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11, $10, $12)",
        )
        .bind(id)
        .bind(new.folder)
        .bind(new.name.clone())
        .bind(new.path.clone())
        .bind(position)
        .bind(content.kind())
        .bind(new.description.to_owned())
        .bind(new.tags.clone())
        .bind(now)
        .bind(by)
        .bind(trash)
        .execute()
        .await?;
    drafts::insert(change, id, content).await?;
    Ok(id)
}

/// The path that a name gives in a folder, when no prompt has it and none is live at it in a protected environment.
///
/// # Errors
/// [`Error::Invalid`] at `name`; [`Error::NotFound`] when there is no such folder.
pub async fn path_in(change: &mut OrgChange, folder: Option<FolderId>, name: &PathName) -> Result<String> {
    path_for(change, None, folder, name).await
}

/// The same for a prompt that is there already: it may go back to where it is live.
///
/// # Errors
/// As [`path_in`].
pub async fn path_for(
    change: &mut OrgChange,
    prompt: Option<PromptId>,
    folder: Option<FolderId>,
    name: &PathName,
) -> Result<String> {
    let path = match folder {
        None => name.to_string(),
        Some(folder) => {
            let of_folder =
                change.query("SELECT path FROM folders WHERE org_id = $1 AND id = $2 AND trash_id IS NULL");
            let of_folder: Option<(String,)> = of_folder.bind(folder).optional().await?;
            format!("{}/{name}", of_folder.ok_or(Error::NotFound)?.0)
        }
    };
    if path.chars().count() > MAX_PATH {
        return Err(Error::invalid(
            "name",
            "Choose a shorter name: the full path can be at most 255 characters.",
        ));
    }
    if is_taken(change, &path).await? {
        return Err(Error::invalid("name", "A prompt with this name already exists in this folder."));
    }
    refuse_protected(change, &path, prompt).await?;
    Ok(path)
}
