//! Renaming a folder on a page that may be out of date.

use super::{folders, moves::rename_folder_within};
use crate::{
    error::{Flaws, Result},
    fields::PathName,
    id::FolderId,
    prompts::index,
    role::EditContent,
    tenancy::Grant,
    web::filled_from::FilledFrom,
};

/// Gives a folder another name, for somebody who saw it called something.
///
/// # Errors
/// As [`rename_folder`](super::moves::rename_folder); [`Error::Invalid`](crate::error::Error::Invalid) also where somebody else renamed it meanwhile.
pub async fn rename_folder(
    grant: &Grant<EditContent>,
    id: FolderId,
    seen: &FilledFrom,
    name: PathName,
) -> Result<()> {
    let mut change = grant.change().await?;
    let (now, mut flaws) = (folders::find_within(&mut change, id).await?.name, Flaws::default());
    let name = seen.settle(&mut flaws, "name", name, &now);
    flaws.finish()?;
    rename_folder_within(&mut change, id, &name).await?;
    change.commit().await?;
    index::catch_up_soon(grant).await;
    Ok(())
}
