//! Folders and their variables.

use super::{
    field_errors::{at, of_variables},
    input::{Home, InPath, Json, Params},
    json, json_of,
    paging::{List, Page, Paged, READ, is_within, page_size, sift},
    problem::ApiError,
    service::Service,
};
use crate::{
    error::Error,
    fields::PathName,
    id::FolderId,
    library::{
        folders::{self, Folder},
        moves::{self, Place},
        trash, variables,
    },
    prompts::index,
    role::{EditContent, TrashContent, ViewContent},
};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// A folder.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Folder)]
struct Shown {
    #[schema(format = Uuid)]
    id: String,
    path: String,
    name: String,
    /// The ID of the parent folder; null at the top level.
    #[schema(required, format = Uuid)]
    parent: Option<String>,
    /// Its depth, starting at 1.
    depth: i64,
}

impl From<Folder> for Shown {
    fn from(folder: Folder) -> Self {
        Self {
            id: folder.id.to_string(),
            path: folder.path,
            name: folder.name.to_string(),
            parent: folder.parent_id.map(|id| id.to_string()),
            depth: folder.depth,
        }
    }
}

/// A folder with its own variables.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WholeFolder)]
struct Whole {
    #[serde(flatten)]
    folder: Shown,
    variables: BTreeMap<String, Value>,
}

/// List folders
///
/// Sorted by path.
#[utoipa::path(
    get, path = "/folders", tag = "Library", params(Paged),
    responses((status = 200, description = "A page of folders.", body = Page<Shown>)),
    extensions(("x-scope" = json!("read:prompts"))),
)]
pub(super) async fn list(service: Service, Params(paged): Params<Paged>) -> Result<Response, ApiError> {
    service.grant::<ViewContent>()?;
    let list = List::new(&service, "/folders", &[]);
    let (size, from) = (page_size(paged.limit)?, list.after(paged.cursor.as_deref())?);
    let reached = service.prefixes().await?;
    let read = async |from: Option<String>| {
        folders::after(service.scope(), from.as_deref().unwrap_or_default(), READ).await
    };
    let is_reached = |folder: &Folder| is_within(reached.as_ref(), &format!("{}/", folder.path));
    let page = sift(&list, (size, from), read, |folder| folder.path.clone(), is_reached, Shown::from);
    Ok(json(&page.await?))
}

/// The folder in the URL, by ID or path.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct Named {
    /// The ID of the folder, or its percent-encoded path.
    #[param(example = "Support")]
    folder: String,
}

/// Read a folder
///
/// Includes the folder's own variables.
#[utoipa::path(
    get, path = "/folders/{folder}", tag = "Library", params(Named),
    responses((status = 200, description = "The folder.", body = Whole)),
    extensions(("x-scope" = json!("read:prompts"))),
)]
pub(super) async fn read(service: Service, InPath(named): InPath<Named>) -> Result<Response, ApiError> {
    service.grant::<ViewContent>()?;
    let id = found(&service, &named).await?;
    shown(&service, id, StatusCode::OK).await
}

/// The folder to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewFolder)]
pub(super) struct New {
    #[schema(min_length = 1, max_length = 80)]
    name: String,
    /// The parent folder, by ID or path; omitted, null or empty for the top level.
    parent: Option<String>,
    /// Its own variables, by name.
    #[serde(default)]
    variables: BTreeMap<String, Value>,
}

/// Create a folder
///
/// Folders can be at most ten levels deep.
#[utoipa::path(
    post, path = "/folders", tag = "Library", request_body = New,
    responses((status = 201, description = "The folder.", body = Whole)),
    extensions(("x-scope" = json!("write:prompts"))),
)]
pub(super) async fn create(service: Service, Json(new): Json<New>) -> Result<Response, ApiError> {
    let grant = service.grant::<EditContent>()?;
    let parent = service.folder(new.parent.as_deref()).await?;
    let name = PathName::parse(&new.name).map_err(|why| Error::invalid("name", why))?;
    let variables: Vec<_> = new.variables.into_iter().collect();
    variables::check(&variables).map_err(|error| at(error, |field| of_variables(field, &variables)))?;
    let mut change = grant.change().await?;
    let id = folders::insert(&mut change, parent, &name).await?;
    variables::set_within(&mut change, Some(id), &variables).await?;
    change.commit().await?;
    shown(&service, id, StatusCode::CREATED).await
}

/// The changes to a folder. Omitted fields stay unchanged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChangedFolder)]
pub(super) struct Changed {
    #[schema(min_length = 1, max_length = 80)]
    name: Option<String>,
    /// All variables of the folder. They replace the existing ones.
    variables: Option<BTreeMap<String, Value>>,
    /// The new parent folder, by ID or path; null or empty for the top level.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    parent: Home,
    /// `first`, `last`, or the ID of the folder to place it after.
    place: Option<String>,
}

/// Change a folder
///
/// Renames or moves the folder, or sets its variables. Omitted fields stay unchanged. Either all changes are made or
/// none. A key limited to a folder can rename and move what is in it, but not the folder itself.
#[utoipa::path(
    patch, path = "/folders/{folder}", tag = "Library", params(Named), request_body = Changed,
    responses((status = 200, description = "The folder.", body = Whole)),
    extensions(("x-scope" = json!("write:prompts"))),
)]
pub(super) async fn change(
    service: Service,
    InPath(named): InPath<Named>,
    Json(asked): Json<Changed>,
) -> Result<Response, ApiError> {
    let grant = service.grant::<EditContent>()?;
    let id = found(&service, &named).await?;
    let before = folders::find(service.scope(), id).await?;
    let parent = service.home(&asked.parent, before.parent_id).await?;
    let place: Option<Place<FolderId>> = Place::parse(asked.place.as_deref().unwrap_or_default());
    let place = place.ok_or_else(|| Error::invalid("place", "Send first, last, or the ID of a folder."))?;
    let name = asked.name.filter(|name| name != before.name.as_str());
    let name = name.map(|name| PathName::parse(&name)).transpose();
    let name = name.map_err(|why| Error::invalid("name", why))?;
    let variables: Option<Vec<_>> = asked.variables.map(|all| all.into_iter().collect());
    if name.is_some() || parent != before.parent_id || asked.place.is_some() {
        service.refuse_outermost(before.parent_id).await?;
    }
    if let Some(variables) = &variables {
        variables::check(variables).map_err(|error| at(error, |field| of_variables(field, variables)))?;
    }
    let mut change = grant.change().await?;
    if let Some(name) = name {
        moves::rename_folder_within(&mut change, id, &name).await?;
    }
    if parent != before.parent_id || asked.place.is_some() {
        moves::move_folder_within(&mut change, id, parent, place).await?;
    }
    if let Some(variables) = variables {
        variables::set_within(&mut change, Some(id), &variables).await?;
    }
    change.commit().await?;
    index::catch_up_soon(service.scope()).await;
    shown(&service, id, StatusCode::OK).await
}

/// Delete a folder
///
/// Moves the folder and everything in it to the trash for 30 days.
#[utoipa::path(
    delete, path = "/folders/{folder}", tag = "Library", params(Named),
    responses((status = 204, description = "Moved to the trash.")),
    extensions(("x-scope" = json!("delete:prompts"))),
)]
pub(super) async fn delete(service: Service, InPath(named): InPath<Named>) -> Result<Response, ApiError> {
    let grant = service.grant::<TrashContent>()?;
    let id = found(&service, &named).await?;
    trash::put_folder(&grant, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn found(service: &Service, named: &Named) -> Result<FolderId, ApiError> {
    let id = service.folder(Some(&named.folder)).await?;
    Ok(id.ok_or(Error::NotFound)?)
}

async fn shown(service: &Service, id: FolderId, status: StatusCode) -> Result<Response, ApiError> {
    let folder: Shown = folders::find(service.scope(), id).await?.into();
    let (variables, bytes) = variables::read_sized(service.scope(), Some(id)).await?;
    let mut response = json_of(service, bytes, move || Whole { folder, variables }).await?;
    *response.status_mut() = status;
    Ok(response)
}
