//! Taking things out of the trash.

use super::{find, finish};
use crate::{
    error::{Error, Result},
    fields::PathName,
    id::{FolderId, PromptId, TrashId},
    library::folders::MAX_DEPTH,
    prompts::{index, paths, store},
    role::TrashContent,
    tenancy::{Grant, OrgChange, audit::Action},
};

/// Takes something out of the trash, and tells its path: where it was, or at the top when its folder is
/// gone; under another name when its own is taken.
///
/// # Errors
/// [`Error::NotFound`] when there is no such thing in the trash; [`Error::Conflict`] when it cannot be put
/// anywhere.
pub async fn restore(grant: &Grant<TrashContent>, id: TrashId) -> Result<String> {
    let mut change = grant.change().await?;
    let row = find(&mut change, id).await?;
    let path = match row.kind.as_str() {
        "folder" => restore_folder(&mut change, FolderId(row.entity_id), id, &row.path).await?,
        _ => restore_prompt(&mut change, PromptId(row.entity_id), &row.path).await?,
    };
    let gone = change.query("DELETE FROM trash WHERE org_id = $1 AND id = $2");
    gone.bind(id).execute().await?;
    finish(change, Action::Untrashed, row.entity_id, &path).await?;
    index::catch_up_soon(grant).await;
    Ok(path)
}

async fn restore_prompt(change: &mut OrgChange, id: PromptId, old: &str) -> Result<String> {
    let home = change.query(
        "SELECT p.name, f.id, f.path FROM prompts p JOIN trash t ON t.org_id = p.org_id AND t.id = p.trash_id
         LEFT JOIN folders f ON f.org_id = t.org_id AND f.id = t.parent_id AND f.trash_id IS NULL
         WHERE p.org_id = $1 AND p.id = $2",
    );
    let (name, folder, above): (PathName, Option<FolderId>, Option<String>) = home.bind(id).one().await?;
    let taken = "SELECT 1 FROM prompts WHERE org_id = $1 AND path = $2 AND trash_id IS NULL";
    let (name, path) = free(change, (taken, Some(id)), above.as_deref(), &name, old).await?;
    let back = change.query(
        "UPDATE prompts SET trash_id = NULL, folder_id = $3, name = $4, path = $5 WHERE org_id = $1 AND id = $2",
    );
    back.bind(id).bind(folder).bind(name).bind(path.clone()).execute().await?;
    store::take_path(change, &path, id).await?;
    index::write(change, id).await?;
    Ok(path)
}

/// A folder's name, and its parent with depth and path, where that is still there.
type Home = (PathName, Option<FolderId>, Option<i64>, Option<String>);

async fn restore_folder(change: &mut OrgChange, id: FolderId, trash: TrashId, old: &str) -> Result<String> {
    let home = change.query(
        "SELECT f.name, above.id, above.depth, above.path
         FROM folders f JOIN trash t ON t.org_id = f.org_id AND t.id = f.trash_id
         LEFT JOIN folders above ON above.org_id = t.org_id AND above.id = t.parent_id AND above.trash_id IS NULL
         WHERE f.org_id = $1 AND f.id = $2",
    );
    let (name, mut parent, mut parent_depth, mut above): Home = home.bind(id).one().await?;
    if !fits(change, trash, parent_depth, above.as_deref(), old).await? {
        (parent, parent_depth, above) = (None, None, None);
    }
    let taken = "SELECT 1 FROM folders WHERE org_id = $1 AND path = $2 AND trash_id IS NULL";
    let (name, path) = free(change, (taken, None), above.as_deref(), &name, old).await?;
    let to = Destination { parent: parent.zip(parent_depth), name, path: &path };
    bring_back(change, (trash, id), old, to).await.map_err(in_the_way)?;
    Ok(path)
}

/// Where a folder comes to stand.
pub(super) struct Destination<'a> {
    /// Its parent, with its depth.
    pub(super) parent: Option<(FolderId, i64)>,
    /// What it is called there, where nothing else is.
    pub(super) name: PathName,
    /// Its path then.
    pub(super) path: &'a str,
}

/// Puts a folder that was at `old` into its place, with all that is in it.
///
/// # Errors
/// [`Error::Invalid`] at `name` when another prompt is live in a protected environment where one comes to be.
pub(super) async fn bring_back(
    change: &mut OrgChange,
    (trash, id): (TrashId, FolderId),
    old: &str,
    to: Destination<'_>,
) -> Result<()> {
    let (path, (parent, parent_depth)) = (to.path.to_owned(), to.parent.unzip());
    change
        .query(
            "UPDATE folders SET trash_id = NULL, path = $4 || substr(path, length($3) + 1), depth = depth + $5,
               parent_id = CASE WHEN id = $6 THEN $7 ELSE parent_id END,
               parent_depth = CASE WHEN id = $6 THEN $8 ELSE parent_depth + $5 END,
               name = CASE WHEN id = $6 THEN $9 ELSE name END
             WHERE org_id = $1 AND trash_id = $2",
        )
        .bind(trash)
        .bind(old.to_owned())
        .bind(path.clone())
        .bind(parent_depth.unwrap_or(0))
        .bind(id)
        .bind(parent)
        .bind(parent_depth)
        .bind(to.name)
        .execute()
        .await?;
    let prompts = change.query(
        "UPDATE prompts SET trash_id = NULL, path = $4 || substr(path, length($3) + 1), unindexed = 1
         WHERE org_id = $1 AND trash_id = $2",
    );
    prompts.bind(trash).bind(old.to_owned()).bind(path).execute().await?;
    store::take_paths(change, id).await
}

/// That something in a folder cannot come back to its path: it is not the folder's name that is in the way.
fn in_the_way(error: Error) -> Error {
    match error {
        Error::Invalid { flaws } => {
            let why = flaws.into_iter().next().map(|flaw| flaw.message).unwrap_or_default();
            Error::Conflict { message: why }
        }
        error => error,
    }
}

/// Whether a folder, with all that went with it, can stand in its parent as that is now: ten levels deep, and
/// paths of 255 characters, at most.
async fn fits(
    change: &mut OrgChange,
    trash: TrashId,
    parent_depth: Option<i64>,
    above: Option<&str>,
    old: &str,
) -> Result<bool> {
    let most = change.query(
        "SELECT max(depth), CAST(max(length(path)) AS BIGINT) FROM (
           SELECT depth, path FROM folders WHERE org_id = $1 AND trash_id = $2
           UNION ALL SELECT 0, path FROM prompts WHERE org_id = $1 AND trash_id = $2) gone",
    );
    let (deepest, longest): (i64, i64) = most.bind(trash).one().await?;
    let length = |path: &str| i64::try_from(path.chars().count()).unwrap_or(i64::MAX);
    // Room for a number at its name is left, too.
    let (above, before) =
        (above.map_or(0, length), length(old.rsplit_once('/').map_or("", |(above, _)| above)));
    let limit = i64::try_from(store::MAX_PATH).unwrap_or(0);
    Ok(deepest + parent_depth.unwrap_or(0) <= MAX_DEPTH && longest + above - before + 6 <= limit)
}

/// The name and the path of what comes back into a folder: its own, or the first with a number that is
/// free. `taken` is the statement that asks whether a path is; another prompt may be live at that of a `prompt`.
async fn free(
    change: &mut OrgChange,
    (taken, prompt): (&'static str, Option<PromptId>),
    above: Option<&str>,
    name: &PathName,
    old: &str,
) -> Result<(PathName, String)> {
    for n in 1..1000 {
        let name = numbered(name, n);
        let path = above.map_or_else(|| name.to_string(), |above| format!("{above}/{name}"));
        let there: Option<(i32,)> = change.query(taken).bind(path.clone()).optional().await?;
        let is_protected = match prompt {
            Some(prompt) => paths::is_protected(change, &path, prompt).await?,
            None => false,
        };
        if there.is_none() && !is_protected && path.chars().count() <= store::MAX_PATH {
            return Ok((name, path));
        }
    }
    Err(Error::conflict(format!("The path {old} is taken. Rename what is there first.")))
}

/// A name, from the second on with a number: "Tone (2)".
fn numbered(name: &PathName, n: u32) -> PathName {
    if n == 1 { name.clone() } else { name.with_suffix(&format!(" ({n})")) }
}
