//! What keys reach, by name.

use crate::{
    environments::store as environments,
    error::Result,
    id::{EnvironmentId, FolderId},
    library::folders,
    tenancy::{Scope, api_key::Limit},
};
use serde::de::DeserializeOwned;

/// The names of the environments and the paths of the folders that a key reaches; none for all there are.
///
/// # Errors
/// When the database fails.
pub(super) async fn of(
    scope: &Scope,
    environments: &Limit<EnvironmentId>,
    folders: &Limit<FolderId>,
) -> Result<(Option<String>, Option<String>)> {
    let all = environments::list(scope).await?;
    let names =
        names(environments, |id| all.iter().find(|one| one.id == *id).map(|one| one.name.to_string()));
    let all = folders::all(scope).await?;
    let paths = self::names(folders, |id| {
        all.iter().find(|folder| folder.id == *id).map(|folder| folder.path.clone())
    });
    Ok((names, paths))
}

fn names<Id: PartialEq + DeserializeOwned>(
    limit: &Limit<Id>,
    name: impl Fn(&Id) -> Option<String>,
) -> Option<String> {
    let Limit::Only(ids) = limit else { return None };
    let names = ids.iter().map(|id| name(id).unwrap_or_else(|| "a deleted one".to_owned()));
    Some(names.collect::<Vec<_>>().join(", "))
}
