//! The trash: what is put there is hidden at once, can be taken out for thirty days, and is purged then.

mod purge;
mod restore;
pub(super) mod staged;

pub use purge::{purge, purge_due};
pub use restore::restore;

use super::folders;
use crate::{
    deployments::{asked, store as deployments, users},
    error::{Error, Result},
    fields::Name,
    id::{FolderId, PromptId, TrashId},
    prompts::{
        index,
        reached::{named, reaches_environment},
        references, store,
    },
    role::TrashContent,
    server::{
        Grant, OrgChange, Scope, Topic,
        audit::{Action, Entry},
    },
    time::{Span, Timestamp},
};
use serde_json::json;
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
    let mut change = grant.change().await?;
    let prompt = store::find_within(&mut change, id).await?;
    refuse_used(&mut change, &[id]).await?;
    let trash = insert(&mut change, "prompt", id.0, &prompt.path, prompt.folder_id).await?;
    let mark =
        change.query("UPDATE prompts SET trash_id = $3, folder_id = NULL WHERE org_id = $1 AND id = $2");
    mark.bind(id).bind(trash).execute().await?;
    let words = change.query("DELETE FROM prompt_search WHERE org_id = $1 AND prompt_id = $2");
    words.bind(id).execute().await?;
    finish(change, Action::Trashed, id.0, &prompt.path).await?;
    Ok(trash)
}

/// Puts a folder in the trash, with everything in it.
///
/// # Errors
/// [`Error::Conflict`] when prompts elsewhere use some in it, naming them; [`Error::NotFound`].
pub async fn put_folder(grant: &Grant<TrashContent>, id: FolderId) -> Result<TrashId> {
    let mut change = grant.change().await?;
    let folder = folders::find_within(&mut change, id).await?;
    if folders::size(&mut change, &folder.path).await? > folders::MOST {
        return Err(Error::conflict(
            "This folder contains more than 5,000 prompts and folders. Move its subfolders to the trash instead.",
        ));
    }
    let below = format!("{}/", folder.path);
    let within = change.query(
        "SELECT id FROM prompts WHERE org_id = $1 AND trash_id IS NULL AND substr(path, 1, length($2)) = $2",
    );
    let within: Vec<(PromptId,)> = within.bind(below.clone()).all().await?;
    let within: Vec<PromptId> = within.into_iter().map(|(id,)| id).collect();
    refuse_used(&mut change, &within).await?;
    let trash = insert(&mut change, "folder", id.0, &folder.path, folder.parent_id).await?;
    let prompts = change.query(
        "UPDATE prompts SET trash_id = $3, unindexed = 1
         WHERE org_id = $1 AND trash_id IS NULL AND substr(path, 1, length($2)) = $2",
    );
    prompts.bind(below.clone()).bind(trash).execute().await?;
    // In the trash it is a tree of its own, which what happens to its parent is nothing to.
    let folders = change.query(
        "UPDATE folders SET trash_id = $3, depth = depth - $4,
           parent_id = CASE WHEN id = $5 THEN NULL ELSE parent_id END,
           parent_depth = CASE WHEN id = $5 THEN NULL ELSE parent_depth - $4 END
         WHERE org_id = $1 AND trash_id IS NULL AND substr(path || '/', 1, length($2)) = $2",
    );
    folders.bind(below).bind(trash).bind(folder.depth - 1).bind(id).execute().await?;
    finish(change, Action::Trashed, id.0, &folder.path).await?;
    index::catch_up_soon(grant).await;
    Ok(trash)
}

/// Refuses to take away what others use: other prompts, and services.
async fn refuse_used(change: &mut OrgChange, prompts: &[PromptId]) -> Result<()> {
    if let Some((path, environment)) = deployments::live_among(change, prompts).await? {
        let is_reached = reaches_environment(change, environment.id);
        let at =
            if is_reached { environment.name.as_str() } else { "an environment this key has no access to" };
        return Err(Error::conflict(format!("{path} is deployed to {at}. Undeploy it first.")));
    }
    if let Some(request) = asked::waiting_among(change, prompts).await? {
        let (by, path) = (request.by, request.path);
        return Err(Error::conflict(format!(
            "{by} requested to deploy {path}. Approve or decline the request first."
        )));
    }
    if let Some(user) = users::put_into(change, prompts).await? {
        let is_reached = user.is_reached(change).await?;
        let live = if is_reached {
            format!("{} is deployed to {}", user.path, user.environment)
        } else {
            "A prompt this key has no access to is deployed".to_owned()
        };
        return Err(Error::conflict(format!("{live} and includes this. First deploy a version without it.")));
    }
    let users = references::outside_users(change, prompts).await?;
    if users.is_empty() {
        return Ok(());
    }
    let users = named(change, users).await?;
    Err(Error::conflict(format!("Other prompts include this: {users}. Change them first.")))
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
