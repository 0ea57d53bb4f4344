//! Folders in the database: a tree of stable ids, at most ten deep.

use crate::{
    error::{Error, Result},
    fields::{PathName, composed},
    id::FolderId,
    prompts::{
        paths::inside,
        store::{MAX_PATH, STEP},
    },
    role::EditContent,
    tenancy::{
        Grant, OrgChange, Scope, Topic,
        audit::{Action, Entry},
    },
};
use serde_json::json;
use std::borrow::Cow;

/// The most levels of folders.
pub const MAX_DEPTH: i64 = 10;
/// The most prompts and folders in a folder that goes somewhere else at once, with all of them: nobody else writes
/// meanwhile.
pub const MOST: i64 = 5000;

/// A folder that is not in the trash.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Folder {
    /// Its id.
    pub id: FolderId,
    /// The folder it is in; none at the top.
    pub parent_id: Option<FolderId>,
    /// How deep it is, from 1.
    pub depth: i64,
    /// What it is called.
    pub name: PathName,
    /// The names from the top down to it, divided by slashes.
    pub path: String,
}

const BY_ID: &str =
    "SELECT id, parent_id, depth, name, path FROM folders WHERE org_id = $1 AND id = $2 AND trash_id IS NULL";

/// A folder.
///
/// # Errors
/// [`Error::NotFound`] when there is none, or it is in the trash.
pub async fn find(scope: &Scope, id: FolderId) -> Result<Folder> {
    scope.query(BY_ID).bind(id).optional().await?.ok_or(Error::NotFound)
}

/// The folder of a path, however it is composed; none when there is none.
///
/// # Errors
/// When the database fails.
pub async fn at_path(scope: &Scope, path: &str) -> Result<Option<Folder>> {
    let at = |path: String| {
        scope
            .query("SELECT id, parent_id, depth, name, path FROM folders WHERE org_id = $1 AND path = $2 AND trash_id IS NULL")
            .bind(path)
    };
    let found = at(path.to_owned()).optional().await?;
    match composed(path) {
        Cow::Owned(path) if found.is_none() => Ok(at(path).optional().await?),
        _ => Ok(found),
    }
}

/// The same, as it is within a change.
///
/// # Errors
/// As [`find`].
pub async fn find_within(change: &mut OrgChange, id: FolderId) -> Result<Folder> {
    change.query(BY_ID).bind(id).optional().await?.ok_or(Error::NotFound)
}

/// A statement over `above`: the folder `$2` and those around it.
macro_rules! above {
    ($($part:tt)+) => {
        concat!(
            "WITH RECURSIVE above (id, parent_id, depth, name, path) AS (
               SELECT id, parent_id, depth, name, path FROM folders WHERE org_id = $1 AND id = $2 AND trash_id IS NULL
               UNION ALL
               SELECT f.id, f.parent_id, f.depth, f.name, f.path
               FROM folders f JOIN above a ON f.org_id = $1 AND f.id = a.parent_id) ",
            $($part)+
        )
    };
}
pub(super) use above;

/// The folders from the top down to one, itself the last.
///
/// # Errors
/// When the database fails.
pub async fn trail(scope: &Scope, folder: Option<FolderId>) -> Result<Vec<Folder>> {
    let trail = scope.query(above!("SELECT id, parent_id, depth, name, path FROM above ORDER BY depth"));
    Ok(trail.bind(folder).all().await?)
}

/// The folders whose path comes after another, by path, as the database orders them.
///
/// # Errors
/// When the database fails.
pub async fn after(scope: &Scope, path: &str, size: i64) -> Result<Vec<Folder>> {
    let folders = scope.query(
        "SELECT id, parent_id, depth, name, path FROM folders WHERE org_id = $1 AND trash_id IS NULL AND path > $2
         ORDER BY path LIMIT CAST($3 AS BIGINT)",
    );
    Ok(folders.bind(path.to_owned()).bind(size).all().await?)
}

/// All folders, in the order of their paths.
///
/// # Errors
/// When the database fails.
pub async fn all(scope: &Scope) -> Result<Vec<Folder>> {
    let all = scope.query(
        "SELECT id, parent_id, depth, name, path FROM folders WHERE org_id = $1 AND trash_id IS NULL ORDER BY path",
    );
    Ok(all.all().await?)
}

/// Makes a folder, last in its parent.
///
/// # Errors
/// [`Error::Invalid`] at `name` when it is taken, too deep or too long; [`Error::NotFound`] when there is no
/// such parent.
pub async fn create(
    grant: &Grant<EditContent>,
    parent: Option<FolderId>,
    name: &PathName,
) -> Result<FolderId> {
    let mut change = grant.change().await?;
    let id = insert(&mut change, parent, name).await?;
    change.commit().await?;
    Ok(id)
}

/// The same, within a change.
///
/// # Errors
/// As [`create`].
pub async fn insert(change: &mut OrgChange, parent: Option<FolderId>, name: &PathName) -> Result<FolderId> {
    let (parent, path) = place(change, parent, name).await?;
    let depth = parent.as_ref().map_or(1, |parent| parent.depth + 1);
    if depth > MAX_DEPTH {
        return Err(Error::invalid("name", "Folders can be at most ten levels deep."));
    }
    let (id, now, by) = (FolderId(change.new_id()), change.now(), change.person());
    let position = last(change, parent.as_ref().map(|parent| parent.id)).await? + STEP;
    change
        .query(
            "INSERT INTO folders (org_id, id, parent_id, depth, parent_depth, name, path, position, created_at, created_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(id)
        .bind(parent.as_ref().map(|parent| parent.id))
        .bind(depth)
        .bind(parent.map(|parent| parent.depth))
        .bind(name.clone())
        .bind(path.clone())
        .bind(position)
        .bind(now)
        .bind(by)
        .execute()
        .await?;
    change.audit(Entry::new(Action::FolderCreated, id.0).details(json!({ "of": path }))).await?;
    change.announce(Topic::Prompts, id.0).await?;
    Ok(id)
}

pub(crate) const SIZE: &str = inside!(
    "SELECT (SELECT count(*) FROM (SELECT 1 FROM inside LIMIT CAST($3 AS BIGINT)) f) - 1
       + (SELECT count(*) FROM (
           SELECT 1 FROM prompts WHERE org_id = $1 AND trash_id IS NULL AND folder_id IN (SELECT id FROM inside)
           LIMIT CAST($3 AS BIGINT)) p)"
);

/// Whether there are more than [`MOST`] prompts and folders in a folder, whatever their depth.
pub(super) async fn is_large(change: &mut OrgChange, id: FolderId) -> Result<bool> {
    let (size,): (i64,) = change.query(SIZE).bind(id).bind(MOST + 2).one().await?;
    Ok(size > MOST)
}

/// The position of the last folder in a folder; 0 when there is none.
pub(super) async fn last(change: &mut OrgChange, parent: Option<FolderId>) -> Result<i64> {
    let last = change
        .query("SELECT max(position) FROM folders WHERE org_id = $1 AND parent_id IS NOT DISTINCT FROM $2");
    let (last,): (Option<i64>,) = last.bind(parent).one().await?;
    Ok(last.unwrap_or(0))
}

/// A parent, and the path that a name gives in it when no folder has it.
pub(super) async fn place(
    change: &mut OrgChange,
    parent: Option<FolderId>,
    name: &PathName,
) -> Result<(Option<Folder>, String)> {
    let parent = match parent {
        Some(parent) => Some(find_within(change, parent).await?),
        None => None,
    };
    let path = parent.as_ref().map_or_else(|| name.to_string(), |parent| format!("{}/{name}", parent.path));
    if path.chars().count() > MAX_PATH {
        return Err(Error::invalid(
            "name",
            "Choose a shorter name: the full path can be at most 255 characters.",
        ));
    }
    let there = change.query("SELECT 1 FROM folders WHERE org_id = $1 AND path = $2 AND trash_id IS NULL");
    let there: Option<(i32,)> = there.bind(path.clone()).optional().await?;
    if there.is_some() {
        return Err(Error::invalid("name", "A folder with this name already exists here."));
    }
    Ok((parent, path))
}
