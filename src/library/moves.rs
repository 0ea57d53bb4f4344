//! Moving and renaming. Paths change, ids do not: an old path leads to the new one.

pub use super::order::{Place, order_prompts};
use super::{
    folders::{self, Folder, MAX_DEPTH},
    order::{put_folder, put_prompt},
};
use crate::{
    error::{Error, Result},
    fields::PathName,
    id::{FolderId, PromptId},
    prompts::{
        index,
        paths::inside,
        store::{self, MAX_PATH},
    },
    role::EditContent,
    tenancy::{
        Grant, OrgChange, Topic,
        audit::{Action, Entry},
    },
};
use serde_json::json;

/// Gives a folder another name.
///
/// # Errors
/// [`Error::Invalid`] at `name` when it is taken or paths get too long; [`Error::NotFound`].
pub async fn rename_folder(grant: &Grant<EditContent>, id: FolderId, name: &PathName) -> Result<()> {
    let mut change = grant.change().await?;
    rename_folder_within(&mut change, id, name).await?;
    change.commit().await?;
    index::catch_up_soon(grant).await;
    Ok(())
}

/// The same, within a change; after it [`index::catch_up_soon`].
///
/// # Errors
/// As [`rename_folder`].
pub async fn rename_folder_within(change: &mut OrgChange, id: FolderId, name: &PathName) -> Result<()> {
    let folder = folders::find_within(change, id).await?;
    if folder.name == *name {
        return Ok(());
    }
    let (parent, path) = folders::place(change, folder.parent_id, name).await?;
    refuse_large(change, id).await?;
    let rename = change.query("UPDATE folders SET name = $3 WHERE org_id = $1 AND id = $2");
    rename.bind(id).bind(name.clone()).execute().await?;
    repath(change, &folder, &path, parent).await?;
    let details = json!({ "of": path, "before": { "name": folder.name }, "after": { "name": name } });
    change.audit(Entry::new(Action::FolderRenamed, id.0).details(details)).await?;
    change.announce(Topic::Prompts, id.0).await
}

/// Puts a folder, with all that is in it, into another or to the top, at a place among the folders there.
///
/// # Errors
/// [`Error::Invalid`] at `parent` when it would be within itself, too deep, or its name is taken there;
/// [`Error::NotFound`].
pub async fn move_folder(
    grant: &Grant<EditContent>,
    id: FolderId,
    parent: Option<FolderId>,
    place: Place<FolderId>,
) -> Result<()> {
    let mut change = grant.change().await?;
    move_folder_within(&mut change, id, parent, place).await?;
    change.commit().await?;
    index::catch_up_soon(grant).await;
    Ok(())
}

/// The same, within a change; after it [`index::catch_up_soon`].
///
/// # Errors
/// As [`move_folder`].
pub async fn move_folder_within(
    change: &mut OrgChange,
    id: FolderId,
    parent: Option<FolderId>,
    place: Place<FolderId>,
) -> Result<()> {
    let folder = folders::find_within(change, id).await?;
    if folder.parent_id != parent {
        enter(change, &folder, parent).await?;
    }
    put_folder(change, id, parent, place).await?;
    let path = folders::find_within(change, id).await?.path;
    let details = json!({ "of": path, "before": { "path": folder.path }, "after": { "path": path } });
    change.audit(Entry::new(Action::FolderMoved, id.0).details(details)).await?;
    change.announce(Topic::Prompts, id.0).await
}

async fn enter(change: &mut OrgChange, folder: &Folder, parent: Option<FolderId>) -> Result<()> {
    let at_parent = |error| match error {
        Error::Invalid { flaws } => {
            let message = flaws.into_iter().next().map(|flaw| flaw.message).unwrap_or_default();
            Error::invalid("parent", message)
        }
        error => error,
    };
    let (parent, path) = folders::place(change, parent, &folder.name).await.map_err(at_parent)?;
    let is_within =
        |parent: &Folder| parent.id == folder.id || parent.path.starts_with(&format!("{}/", folder.path));
    if parent.as_ref().is_some_and(is_within) {
        return Err(Error::invalid("parent", "A folder can't be moved into itself."));
    }
    refuse_large(change, folder.id).await.map_err(at_parent)?;
    let (deepest,): (Option<i64>,) = change.query(DEEPEST).bind(folder.id).one().await?;
    let depth = parent.as_ref().map_or(1, |parent| parent.depth + 1);
    let deeper = depth - folder.depth;
    if deepest.unwrap_or(folder.depth) + deeper > MAX_DEPTH {
        return Err(Error::invalid("parent", "Folders can be at most ten levels deep."));
    }
    repath(change, folder, &path, parent).await.map_err(at_parent)
}

/// Refuses to give so much a new path at once.
async fn refuse_large(change: &mut OrgChange, folder: FolderId) -> Result<()> {
    if folders::is_large(change, folder).await? {
        return Err(Error::invalid(
            "name",
            "This folder contains more than 5,000 prompts and folders. Move or rename its subfolders instead.",
        ));
    }
    Ok(())
}

pub(crate) const DEEPEST: &str =
    inside!("SELECT max(depth) FROM folders WHERE org_id = $1 AND id IN (SELECT id FROM inside)");
pub(crate) const LONGEST: &str = inside!(
    "SELECT CAST(max(length(path)) AS BIGINT) FROM (
       SELECT path FROM prompts WHERE org_id = $1 AND trash_id IS NULL AND folder_id IN (SELECT id FROM inside)
       UNION ALL
       SELECT path FROM folders WHERE org_id = $1 AND id IN (SELECT id FROM inside)) below"
);
/// References between folders are checked at the end of the change.
pub(crate) const MOVE_FOLDERS: &str = inside!(
    "UPDATE folders SET path = $4 || substr(path, length($3) + 1), depth = depth + $5,
       parent_id = CASE WHEN id = $2 THEN $6 ELSE parent_id END,
       parent_depth = CASE WHEN id = $2 THEN $7 ELSE parent_depth + $5 END
     WHERE org_id = $1 AND trash_id IS NULL AND id IN (SELECT id FROM inside)"
);
pub(crate) const MOVE_PROMPTS: &str = inside!(
    "UPDATE prompts SET path = $4 || substr(path, length($3) + 1), updated_at = $5, unindexed = 1
     WHERE org_id = $1 AND trash_id IS NULL AND folder_id IN (SELECT id FROM inside)"
);

/// Gives a folder its parent, and everything in it its new path and depth.
async fn repath(change: &mut OrgChange, folder: &Folder, path: &str, parent: Option<Folder>) -> Result<()> {
    let deeper = parent.as_ref().map_or(1, |parent| parent.depth + 1) - folder.depth;
    let (old, new) = (folder.path.clone(), path.to_owned());
    let (longest,): (Option<i64>,) = change.query(LONGEST).bind(folder.id).one().await?;
    let grown = i64::try_from(new.chars().count()).unwrap_or(i64::MAX)
        - i64::try_from(old.chars().count()).unwrap_or(0);
    if longest.unwrap_or(0) + grown > i64::try_from(MAX_PATH).unwrap_or(i64::MAX) {
        return Err(Error::invalid("name", "Paths in the folder would be longer than 255 characters."));
    }
    store::leave_paths(change, folder.id).await?;
    change
        .query(MOVE_FOLDERS)
        .bind(folder.id)
        .bind(old.clone())
        .bind(new.clone())
        .bind(deeper)
        .bind(parent.as_ref().map(|parent| parent.id))
        .bind(parent.map(|parent| parent.depth))
        .execute()
        .await?;
    let now = change.now();
    let moved = change.query(MOVE_PROMPTS);
    moved.bind(folder.id).bind(old).bind(new).bind(now).execute().await?;
    store::take_paths(change, folder.id).await
}

/// Puts a prompt into a folder or to the top, at a place among the prompts there.
///
/// # Errors
/// [`Error::Invalid`] at `name` when its name is taken there; [`Error::NotFound`].
pub async fn move_prompt(
    grant: &Grant<EditContent>,
    id: PromptId,
    folder: Option<FolderId>,
    place: Place<PromptId>,
) -> Result<()> {
    let mut change = grant.change().await?;
    let before = store::find_within(&mut change, id).await?;
    let mut path = before.path.clone();
    if before.folder_id != folder {
        path = store::path_for(&mut change, Some(id), folder, &before.name).await?;
        store::leave_path(&mut change, &before).await?;
        store::take_path(&mut change, &path, id).await?;
        let now = change.now();
        let enter = change.query(
            "UPDATE prompts SET folder_id = $3, path = $4, updated_at = $5 WHERE org_id = $1 AND id = $2",
        );
        enter.bind(id).bind(folder).bind(path.clone()).bind(now).execute().await?;
        index::write(&mut change, id).await?;
    }
    put_prompt(&mut change, id, folder, place).await?;
    let details = json!({ "of": path, "before": { "path": before.path }, "after": { "path": path } });
    change.audit(Entry::new(Action::PromptMoved, id.0).details(details)).await?;
    change.announce(Topic::Prompts, id.0).await?;
    change.commit().await
}
