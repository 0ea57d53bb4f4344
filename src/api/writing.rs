//! Making and changing prompts and their versions.

use super::{
    field_errors::{at, of_version},
    input::{Home, InPath, Json},
    json,
    preconditions::{EntityTags, entity_tags, etag},
    problem::ApiError,
    prompt_content::Said,
    prompts::{Named, Summary, Whole},
    service::Service,
};
use crate::{
    error::Error,
    fields::PathName,
    id::{FolderId, PromptId},
    library::{
        moves::{self, Place},
        trash,
    },
    prompts::{
        Tags,
        content::{Body, Content, Kind, Message, ModelSettings, Variable},
        details, saving,
        store::{self, Prompt},
        versions,
    },
    role::{EditContent, TrashContent},
    templates::Engine,
    text::hex,
};
use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// The prompt to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPrompt {
    #[schema(min_length = 1, max_length = 80)]
    name: String,
    /// The folder, by ID or path; omitted, null or empty for the top level.
    folder: Option<String>,
    #[serde(default)]
    kind: Kind,
    #[serde(default)]
    #[schema(max_length = 1000)]
    description: String,
    #[serde(default)]
    #[schema(max_items = 20)]
    tags: Vec<String>,
}

/// Create a prompt
///
/// The prompt has no content until a version is saved.
#[utoipa::path(
    post, path = "/prompts", tag = "Prompts", request_body = NewPrompt,
    responses((status = 201, description = "The prompt.", body = Summary)),
    extensions(("x-scope" = json!("write:prompts"))),
)]
pub(super) async fn create(service: Service, Json(new): Json<NewPrompt>) -> Result<Response, ApiError> {
    let grant = service.grant::<EditContent>()?;
    let folder = service.folder(new.folder.as_deref()).await?;
    let name = PathName::parse(&new.name).map_err(|why| Error::invalid("name", why))?;
    let (description, tags) = (&described(&new.description)?, &tagged(&new.tags)?);
    let mut change = grant.change().await?;
    let path = store::path_in(&mut change, folder, &name).await?;
    let made = store::NewPrompt { folder, name: &name, path, description, tags };
    let id = store::insert(&mut change, made, &Content::empty(new.kind)).await?;
    change.commit().await?;
    shown(&service, id, StatusCode::CREATED).await
}

fn described(description: &str) -> Result<String, ApiError> {
    Ok(crate::fields::text(description, 1000).map_err(|why| Error::invalid("description", why))?)
}

fn tagged(tags: &[String]) -> Result<Tags, ApiError> {
    Ok(Tags::parse(&tags.join("\n")).map_err(|why| Error::invalid("tags", why))?)
}

/// The changes to a prompt. Omitted fields stay unchanged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChangedPrompt)]
pub(super) struct Described {
    #[schema(min_length = 1, max_length = 80)]
    name: Option<String>,
    #[schema(max_length = 1000)]
    description: Option<String>,
    #[schema(max_items = 20)]
    tags: Option<Vec<String>>,
}

/// Change a prompt
///
/// Omitted fields stay unchanged. The old path keeps working; in a protected environment the new one works once the prompt is deployed again.
#[utoipa::path(
    patch, path = "/prompts/{prompt}", tag = "Prompts", params(Named), request_body = Described,
    responses((status = 200, description = "The prompt.", body = Summary)),
    extensions(("x-scope" = json!("write:prompts"))),
)]
pub(super) async fn describe(
    service: Service,
    InPath(named): InPath<Named>,
    Json(asked): Json<Described>,
) -> Result<Response, ApiError> {
    let grant = service.grant::<EditContent>()?;
    let prompt = service.prompt(&named.prompt).await?;
    // One from before what is good now may stay.
    let name = asked.name.filter(|name| name != prompt.name.as_str());
    let name = name.map_or(Ok(prompt.name), |name| PathName::parse(&name));
    let name = name.map_err(|why| Error::invalid("name", why))?;
    let tags = asked.tags.map_or(Ok(prompt.tags), |tags| tagged(&tags))?;
    let description = asked.description.map_or(Ok(prompt.description), |text| described(&text))?;
    details::describe(&grant, prompt.id, &name, &description, &tags).await?;
    shown(&service, prompt.id, StatusCode::OK).await
}

/// Delete a prompt
///
/// Moves the prompt to the trash for 30 days. Refused if the prompt is deployed or used by other prompts.
#[utoipa::path(
    delete, path = "/prompts/{prompt}", tag = "Prompts", params(Named),
    responses((status = 204, description = "Moved to the trash.")),
    extensions(("x-scope" = json!("delete:prompts"))),
)]
pub(super) async fn delete(service: Service, InPath(named): InPath<Named>) -> Result<Response, ApiError> {
    let grant = service.grant::<TrashContent>()?;
    let prompt = service.prompt(&named.prompt).await?;
    trash::put_prompt(&grant, prompt.id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The new position of a prompt. Omitted fields stay unchanged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MovedPrompt)]
pub(super) struct Moved {
    /// The folder, by ID or path; null or empty for the top level.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    folder: Home,
    /// `first`, `last`, or the ID of the prompt to place it after.
    place: Option<String>,
}

/// Move a prompt
///
/// Moves the prompt to a folder or to the top level, and to a position there, by default the last. Omitted fields
/// stay unchanged.
#[utoipa::path(
    patch, path = "/prompts/{prompt}/move", tag = "Prompts", params(Named), request_body = Moved,
    responses((status = 200, description = "The prompt.", body = Summary)),
    extensions(("x-scope" = json!("write:prompts"))),
)]
pub(super) async fn put(
    service: Service,
    InPath(named): InPath<Named>,
    Json(asked): Json<Moved>,
) -> Result<Response, ApiError> {
    let grant = service.grant::<EditContent>()?;
    let prompt = service.prompt(&named.prompt).await?;
    let folder = service.home(&asked.folder, prompt.folder_id).await?;
    let place: Option<Place<PromptId>> = Place::parse(asked.place.as_deref().unwrap_or_default());
    let place = place.ok_or_else(|| Error::invalid("place", "Send first, last, or the ID of a prompt."))?;
    if folder != prompt.folder_id || asked.place.is_some() {
        moves::move_prompt(&grant, prompt.id, folder, place).await?;
    }
    shown(&service, prompt.id, StatusCode::OK).await
}

/// The prompts of a folder in their new order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OrderedPrompts)]
pub(super) struct Ordered {
    /// The folder, by ID or path; omitted, null or empty for the top level.
    folder: Option<String>,
    /// IDs or paths. Prompts that are not listed come after them.
    #[schema(max_items = 100)]
    prompts: Vec<String>,
}

/// Reorder prompts
///
/// At most 100 prompts of a folder. Prompts that are not listed come after them.
#[utoipa::path(
    post, path = "/prompts/batch-order", tag = "Prompts", request_body = Ordered,
    responses((status = 204, description = "Reordered.")),
    extensions(("x-scope" = json!("write:prompts"))),
)]
pub(super) async fn order(service: Service, Json(asked): Json<Ordered>) -> Result<Response, ApiError> {
    let grant = service.grant::<EditContent>()?;
    if asked.prompts.len() > super::paging::MOST {
        return Err(Error::invalid("prompts", "Send at most 100 prompts at once.").into());
    }
    let folder: Option<FolderId> = service.folder(asked.folder.as_deref()).await?;
    let mut order = Vec::new();
    for named in &asked.prompts {
        order.push(service.prompt(named).await?.id);
    }
    moves::order_prompts(&grant, folder, &order).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The version to save.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewVersion {
    #[serde(default)]
    engine: Engine,
    text: Option<String>,
    messages: Option<Vec<Message>>,
    #[serde(default)]
    variables: Vec<Variable>,
    #[serde(default)]
    model: ModelSettings,
    #[serde(default)]
    #[schema(max_length = 500)]
    message: String,
}

impl NewVersion {
    fn content(self) -> Result<(Content, String), ApiError> {
        let body = match (self.text, self.messages) {
            (Some(text), None) => Body::Text(text),
            (None, Some(messages)) => Body::Chat(messages),
            _ => return Err(ApiError::malformed("text", "Send either text or messages, not both.")),
        };
        let content = Content { engine: self.engine, body, variables: self.variables, model: self.model };
        Ok((content, self.message))
    }
}

/// Save a version
///
/// The first version decides whether a prompt is text or chat. The content must be valid, and its references must
/// exist.
#[utoipa::path(
    post, path = "/prompts/{prompt}/versions", tag = "Versions", request_body = NewVersion, params(Named, ("If-Match" = Option<String>, Header, description = "`\"<hash of the latest version you know>\"`, several hashes, or `*` for any version. If there is a newer version, the response is 412 and nothing is saved."), ("If-None-Match" = Option<String>, Header, description = "`*` to save only the first version. If a version exists, the response is 412 and nothing is saved.")),
    responses((status = 201, description = "The version.", body = Whole, headers(
        ("ETag" = String, description = "Its hash. Send it as `If-Match` when you save the next version."),
    ))),
    extensions(("x-scope" = json!("write:prompts"))),
)]
pub(super) async fn save(
    service: Service,
    InPath(named): InPath<Named>,
    headers: HeaderMap,
    Json(asked): Json<NewVersion>,
) -> Result<Response, ApiError> {
    let grant = service.grant::<EditContent>()?;
    let prompt = service.prompt(&named.prompt).await?;
    let (content, message) = asked.content()?;
    let message = crate::fields::text(&message, 500).map_err(|why| Error::invalid("message", why))?;
    let has_condition = expect(&service, &prompt, &headers).await?;
    let number = match saving::put(&grant, prompt.id, prompt.latest, &content, &message).await {
        // Somebody else saved one in between.
        Err(Error::Conflict { .. })
            if has_condition && store::find(service.scope(), prompt.id).await?.latest != prompt.latest =>
        {
            return Err(ApiError::drifted(prompt.latest + 1));
        }
        saved => saved.map_err(|error| at(error, of_version))?,
    };
    let made = versions::list(service.scope(), prompt.id, number.saturating_add(1), 1).await?;
    let made = made.into_iter().next().ok_or(Error::NotFound)?;
    let tag = etag(&hex(&made.hash));
    let mut response = super::prompts::whole(&service, made, Said::from(content)).await?;
    *response.status_mut() = StatusCode::CREATED;
    response.headers_mut().extend(tag);
    Ok(response)
}

/// Refuses what is for another state of the prompt, and tells whether anything was said of it.
async fn expect(service: &Service, prompt: &Prompt, headers: &HeaderMap) -> Result<bool, ApiError> {
    let is_asked = entity_tags(headers, &header::IF_MATCH)?;
    let is_refused = entity_tags(headers, &header::IF_NONE_MATCH)?;
    let newest = versions::list(service.scope(), prompt.id, i64::MAX, 1).await?;
    let hash = newest.first().map(|newest| hex(&newest.hash));
    let is_there = |tags: &EntityTags| hash.as_ref().is_some_and(|hash| tags.has(hash));
    if is_asked.as_ref().is_some_and(|tags| !is_there(tags)) || is_refused.as_ref().is_some_and(is_there) {
        return Err(ApiError::drifted(prompt.latest));
    }
    Ok(is_asked.is_some() || is_refused.is_some())
}

async fn shown(service: &Service, id: PromptId, status: StatusCode) -> Result<Response, ApiError> {
    let prompt = store::find(service.scope(), id).await?;
    let mut response = json(&Summary::from(prompt));
    *response.status_mut() = status;
    Ok(response)
}
