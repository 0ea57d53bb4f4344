//! The trash: what is put there is hidden at once, can be taken out for thirty days, and is purged then.

mod purge;
mod restore;
pub(super) mod staged;
pub(crate) mod used;

pub use purge::{purge, purge_due};
pub use restore::restore;

use super::folders::{self, Folder};
use crate::{
    deployments::looked::{TRIES, never_still},
    error::{Error, Result},
    fields::Name,
    id::{FolderId, PromptId, TrashId},
    prompts::{index, paths::inside, store},
    role::TrashContent,
    tenancy::{
        Grant, OrgChange, Reads, Scope, Topic,
        audit::{Action, Entry},
    },
    time::{Span, Timestamp},
};
use serde_json::json;
use used::Looked;
use uuid::Uuid;

/// How long what is in the trash can be taken out.
pub const RESTORABLE: Span = Span::days(30);

/// Something in the trash: a prompt, or a folder with what was in it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Trashed {
    /// Its id in the trash.
    pub id: TrashId,
    /// `folder` or `prompt`.
    pub kind: String,
    /// The id of the folder or prompt.
    pub entity_id: Uuid,
    /// Where it was.
    pub path: String,
    /// When it was put there.
    pub created_at: Timestamp,
    /// Who put it there, if that is known.
    pub by: Option<Name>,
    /// How many prompts are in it.
    pub prompts: i64,
}

/// What is in the trash, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(scope: &Scope) -> Result<Vec<Trashed>> {
    let list = scope.query(
        "SELECT t.id, t.kind, t.entity_id, t.path, t.created_at, u.name AS by,
           (SELECT count(*) FROM prompts p WHERE p.org_id = t.org_id AND p.trash_id = t.id) AS prompts
         FROM trash t LEFT JOIN users u ON u.id = t.created_by
         WHERE t.org_id = $1 AND t.purged_at IS NULL AND t.staged_at IS NULL
         ORDER BY t.created_at DESC, t.id DESC LIMIT 500",
    );
    Ok(list.all().await?)
}

/// Puts a prompt in the trash.
///
/// # Errors
/// [`Error::Conflict`] when it is deployed, or waits to be, or other prompts use it, naming them;
/// [`Error::NotFound`].
pub async fn put_prompt(grant: &Grant<TrashContent>, id: PromptId) -> Result<TrashId> {
    for _ in 0..TRIES {
        let looked = Looked::at(grant, &[id]).await?;
        let mut change = grant.change().await?;
        let prompt = store::find_within(&mut change, id).await?;
        if !looked.allows(&mut change, &[id]).await? {
            continue;
        }
        let trash = insert(&mut change, "prompt", id.0, &prompt.path, prompt.folder_id).await?;
        let mark =
            change.query("UPDATE prompts SET trash_id = $3, folder_id = NULL WHERE org_id = $1 AND id = $2");
        mark.bind(id).bind(trash).execute().await?;
        let words = change.query("DELETE FROM prompt_search WHERE org_id = $1 AND prompt_id = $2");
        words.bind(id).execute().await?;
        finish(change, Action::Trashed, id.0, &prompt.path).await?;
        return Ok(trash);
    }
    Err(never_still())
}

/// Puts a folder in the trash, with everything in it.
///
/// # Errors
/// [`Error::Conflict`] when prompts elsewhere use some in it, naming them; [`Error::NotFound`].
pub async fn put_folder(grant: &Grant<TrashContent>, id: FolderId) -> Result<TrashId> {
    for _ in 0..TRIES {
        folders::find(grant, id).await?;
        let looked = Looked::at(grant, &within(&**grant, id).await?).await?;
        let mut change = grant.change().await?;
        let folder = folders::find_within(&mut change, id).await?;
        if folders::is_large(&mut change, id).await? {
            return Err(Error::conflict(
                "This folder contains more than 5,000 prompts and folders. Move its subfolders to the trash instead.",
            ));
        }
        let prompts = within(&mut change, id).await?;
        if !looked.allows(&mut change, &prompts).await? {
            continue;
        }
        let trash = insert(&mut change, "folder", id.0, &folder.path, folder.parent_id).await?;
        mark(&mut change, &folder, trash).await?;
        finish(change, Action::Trashed, id.0, &folder.path).await?;
        index::catch_up_soon(grant).await;
        return Ok(trash);
    }
    Err(never_still())
}

pub(crate) const WITHIN: &str = inside!(
    "SELECT id FROM prompts WHERE org_id = $1 AND trash_id IS NULL AND folder_id IN (SELECT id FROM inside)
     LIMIT CAST($3 AS BIGINT)"
);

/// The prompts in a folder, as far as it may have so many.
async fn within(mut reads: impl Reads, folder: FolderId) -> Result<Vec<PromptId>> {
    let within = reads.query(WITHIN).bind(folder).bind(folders::MOST);
    let within: Vec<(PromptId,)> = within.all().await?;
    Ok(within.into_iter().map(|(id,)| id).collect())
}

pub(crate) const MARK_PROMPTS: &str = inside!(
    "UPDATE prompts SET trash_id = $3, unindexed = 1
     WHERE org_id = $1 AND trash_id IS NULL AND folder_id IN (SELECT id FROM inside)"
);
/// In the trash it is a tree of its own, which what happens to its parent is nothing to.
pub(crate) const MARK_FOLDERS: &str = inside!(
    "UPDATE folders SET trash_id = $3, depth = depth - $4,
       parent_id = CASE WHEN id = $2 THEN NULL ELSE parent_id END,
       parent_depth = CASE WHEN id = $2 THEN NULL ELSE parent_depth - $4 END
     WHERE org_id = $1 AND trash_id IS NULL AND id IN (SELECT id FROM inside)"
);

/// Notes of a folder and all that is in it that it is in the trash.
async fn mark(change: &mut OrgChange, folder: &Folder, trash: TrashId) -> Result<()> {
    change.query(MARK_PROMPTS).bind(folder.id).bind(trash).execute().await?;
    let folders = change.query(MARK_FOLDERS).bind(folder.id).bind(trash).bind(folder.depth - 1);
    folders.execute().await?;
    Ok(())
}

async fn insert(
    change: &mut OrgChange,
    kind: &'static str,
    entity: Uuid,
    path: &str,
    parent: Option<FolderId>,
) -> Result<TrashId> {
    let (id, now, by) = (TrashId(change.new_id()), change.now(), change.person());
    change
        .query(
            "INSERT INTO trash (org_id, id, kind, entity_id, path, parent_id, created_at, created_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(id)
        .bind(kind)
        .bind(entity)
        .bind(path.to_owned())
        .bind(parent)
        .bind(now)
        .bind(by)
        .execute()
        .await?;
    Ok(id)
}

async fn finish(mut change: OrgChange, action: Action, entity: Uuid, path: &str) -> Result<()> {
    change.audit(Entry::new(action, entity).details(json!({ "of": path }))).await?;
    change.announce(Topic::Prompts, entity).await?;
    change.commit().await
}

#[derive(sqlx::FromRow)]
struct Row {
    kind: String,
    entity_id: Uuid,
    path: String,
}

async fn find(change: &mut OrgChange, id: TrashId) -> Result<Row> {
    let row = change.query(
        "SELECT kind, entity_id, path FROM trash
         WHERE org_id = $1 AND id = $2 AND purged_at IS NULL AND staged_at IS NULL",
    );
    row.bind(id).optional().await?.ok_or(Error::NotFound)
}
