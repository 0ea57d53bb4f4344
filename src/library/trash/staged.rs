//! What is made in parts is made in the trash, where nobody finds it, and comes out when it is whole: others see all of
//! it or nothing. What was not finished is purged.

use super::{
    insert,
    restore::{Destination, bring_back},
};
use crate::{
    error::{Error, Result},
    fields::PathName,
    id::{FolderId, TrashId},
    library::folders::{self, Folder},
    prompts::store::STEP,
    tenancy::OrgChange,
    time::Span,
};

/// How long it may take to make something.
pub(super) const TAKES: Span = Span::hours(1);

/// Begins to make a folder in the trash, at the path of another: it will be beside that.
///
/// # Errors
/// When the database fails.
pub(in crate::library) async fn begin(change: &mut OrgChange, id: FolderId, of: &Folder) -> Result<TrashId> {
    let (trash, now) = (insert(change, "folder", id.0, &of.path, None).await?, change.now());
    let stage = change.query("UPDATE trash SET staged_at = $3 WHERE org_id = $1 AND id = $2");
    stage.bind(trash).bind(now).execute().await?;
    Ok(trash)
}

/// Goes on in another part.
///
/// # Errors
/// [`Error::NotFound`] when it took too long.
pub(in crate::library) async fn go_on(change: &mut OrgChange, trash: TrashId) -> Result<()> {
    let there = change.query(
        "SELECT 1 FROM trash WHERE org_id = $1 AND id = $2 AND staged_at IS NOT NULL AND purged_at IS NULL",
    );
    let there: Option<(i32,)> = there.bind(trash).optional().await?;
    there.map(drop).ok_or(Error::NotFound)
}

/// Takes a folder that is whole out of the trash, and puts it beside the other under a name.
///
/// # Errors
/// As [`folders::place`]; [`Error::Invalid`] at `name` when another prompt is live where one comes to be.
pub(in crate::library) async fn finish(
    change: &mut OrgChange,
    (trash, id): (TrashId, FolderId),
    of: &Folder,
    name: &PathName,
) -> Result<()> {
    let (parent, path) = folders::place(change, of.parent_id, name).await?;
    let last = folders::last(change, of.parent_id).await?;
    let to = Destination { parent: parent.map(|one| (one.id, one.depth)), name: name.clone(), path: &path };
    bring_back(change, (trash, id), &of.path, to).await?;
    let set = change.query("UPDATE folders SET position = $3 WHERE org_id = $1 AND id = $2");
    set.bind(id).bind(last + STEP).execute().await?;
    let gone = change.query("DELETE FROM trash WHERE org_id = $1 AND id = $2");
    gone.bind(trash).execute().await?;
    Ok(())
}

/// Gives up what was begun: it is purged.
///
/// # Errors
/// When the database fails; it is purged an hour after it was begun then.
pub(in crate::library) async fn give_up(change: &mut OrgChange, trash: TrashId) -> Result<()> {
    let now = change.now();
    let gone = change.query("UPDATE trash SET purged_at = $3 WHERE org_id = $1 AND id = $2");
    gone.bind(trash).bind(now).execute().await?;
    Ok(())
}
