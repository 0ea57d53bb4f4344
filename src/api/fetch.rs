//! What services ask for all day: a prompt as it is deployed.

use super::{
    input::{InPath, Params},
    problem::ApiError,
    prompt_content::Form,
    prompts::Named,
    render::graph,
    service::Service,
    version_selector::{Found, Served, Which, ensure_read, look_up, resolved},
};
use crate::{
    delivery::{About, Answer, CacheLifetime},
    id::{FolderId, PromptId},
    kernel::internal_error::internal,
    library::folders,
    prompts::{content::Kind, render::Edge, store::Prompt},
    role::ViewContent,
    tenancy::{client::Client, events::epochs::EpochKind},
    text::hex,
};
use axum::{
    Extension,
    extract::OriginalUri,
    http::{HeaderMap, HeaderValue},
    response::Response,
};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A fetched prompt.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FetchedPrompt)]
struct Fetched {
    #[schema(format = Uuid)]
    id: String,
    kind: Kind,
    version: i64,
    /// SHA-256 of the version and of everything it includes, in hex.
    hash: String,
    #[serde(flatten)]
    form: Form,
    /// Where each reference leads; omitted with `resolve=false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    references: Option<Vec<Edge>>,
    #[serde(flatten)]
    now: Now,
}

impl Fetched {
    /// About how many bytes it is.
    fn bytes(&self) -> usize {
        self.form.bytes() + 200 * self.references.as_ref().map_or(0, Vec::len)
    }
}

/// Details of a deployed prompt, as they were when it was deployed. Not present for a version by number.
#[derive(Debug, Default, Serialize, ToSchema)]
struct Now {
    /// The path it was deployed at.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Vec<String>>,
    /// The environment the prompt is deployed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<String>,
}

/// Fetch a prompt
///
/// Returns what is deployed to an environment, or a version by number. Included prompts are inserted, so that only
/// variables are left; `variables` lists each of them with its default. A deployed prompt keeps its path, name,
/// description and tags, and the values it inherited from folders, as they were when it was deployed. A path leads to what was deployed there until something else is. In a protected
/// environment it leads to nothing else: a renamed or moved prompt is found at its new path once it is deployed again,
/// and always by its ID. Responses come from memory: send the `ETag` of the previous one as `If-None-Match`, and the
/// response has no body as long as nothing has changed.
#[utoipa::path(
    get, path = "/prompts/{prompt}", tag = "Prompts", params(Named, Which, ("If-None-Match" = Option<String>, Header, description = "The `ETag` of the previous response. If nothing has changed, the response is 304.")),
    responses(
        (status = 200, description = "The prompt.", body = Fetched, headers(
            ("ETag" = String, description = "Identifies this response."),
            ("Cache-Control" = String, description = "A version by number of a prompt by ID, with `resolve=false`, is immutable. Everything else must be revalidated each time, and can be used for one day if the server is unreachable."),
            ("Vary" = String, description = "`Authorization, Accept-Encoding`."),
            ("Content-Encoding" = String, description = "`br` if `Accept-Encoding` allows it and it saves space."),
            ("X-Prompt-Version" = i64, description = "The version."),
            ("Link" = String, description = "For a prompt requested by a former path: its permanent URL, `rel=\"canonical\"`."),
        )),
        (status = 304, description = "Nothing has changed.", headers(
            ("ETag" = String, description = "Unchanged."),
            ("Cache-Control" = String, description = "Unchanged."),
            ("Vary" = String, description = "Unchanged."),
            ("X-Prompt-Version" = i64, description = "The version."),
            ("Link" = String, description = "Unchanged."),
        )),
    ),
    extensions(("x-scope" = json!("read:prompts"))),
)]
pub(super) async fn fetch(
    service: Service,
    InPath(named): InPath<Named>,
    Params(which): Params<Which>,
    OriginalUri(uri): OriginalUri,
    Extension(client): Extension<Arc<Client>>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    service.grant::<ViewContent>()?;
    let (server, org) = (service.scope().server(), service.scope().organization().id);
    // What is kept is read after what happened was counted.
    let heard = server.events.epochs.count(org, EpochKind::Content);
    let Served { prompt, found, folder } = look_up(&service, &named.prompt, &which).await?;
    let is_whole = which.resolve.unwrap_or(true);
    let fetched = read(&service, &prompt, &found, is_whole).await?;
    // A version never changes, but a label and a path may lead to another one day, and what a version refers to may
    // follow an environment.
    let is_same = which.version.is_some() && !is_whole && named.prompt.parse::<PromptId>().is_ok();
    let lasting = if is_same { CacheLifetime::ForGood } else { CacheLifetime::WhileTrue };
    let canonical = canonical(&prompt, &named.prompt);
    let about = About { canonical, ..about(&service, (&prompt, folder), &found, lasting).await? };
    let answer = written(&service, fetched, about).await?;
    if let Some(asked) = uri.path_and_query() {
        service.delivery().keep(service.key(), asked.as_str(), answer.clone(), heard, server.clock.now());
    }
    service.delivery().count(service.key(), prompt.id);
    let name = HeaderValue::try_from(&client.request_id).map_err(|error| internal(&error))?;
    Ok(answer.to(&headers, name))
}

/// The answer, ready to be sent.
async fn written(service: &Service, fetched: Fetched, about: About) -> Result<Arc<Answer>, ApiError> {
    let (server, behalf) = (service.scope().server(), service.scope().behalf());
    let long_work = &server.long_work;
    let (bytes, write) = (fetched.bytes(), move || serde_json::to_vec(&fetched));
    let body = long_work.run_on(behalf, bytes, write).await?.map_err(|error| internal(&error))?;
    // What is written may be longer than what it says: a sign of a text may take six.
    let delivery = service.delivery().clone();
    let (bytes, make) = (body.len(), move || Arc::new(Answer::new(&delivery.heads, body, about)));
    Ok(long_work.run_on(behalf, bytes, make).await?)
}

/// What was asked for, put together or as it is written.
async fn read(
    service: &Service,
    prompt: &Prompt,
    found: &Found,
    is_whole: bool,
) -> Result<Fetched, ApiError> {
    let (resolved, details) = resolved(service, prompt, found).await?;
    let inherits = matches!(found, Found::Deployed(..));
    if is_whole || inherits {
        ensure_read(&resolved)?;
    }
    let (resolved, references) = if is_whole {
        let (resolved, references) = graph(service, resolved).await?;
        (resolved, Some(references))
    } else {
        (resolved, None)
    };
    let place = (service.scope().server(), service.scope().behalf());
    let form = if is_whole { Form::whole(place, resolved).await? } else { Form::alone(resolved, inherits) };
    let now = match (found, details) {
        (Found::Deployed(environment, _), Some(details)) => Now {
            name: Some(details.name().to_owned()),
            path: Some(details.path),
            description: Some(details.description),
            tags: Some(details.tags.iter().map(ToString::to_string).collect()),
            environment: Some(environment.name.to_string()),
        },
        _ => Now::default(),
    };
    Ok(Fetched {
        id: prompt.id.to_string(),
        kind: prompt.kind,
        version: found.number(),
        hash: hex(&hash(service, prompt, found.number()).await?),
        form: form.ok_or_else(|| ApiError::missing("This version doesn't exist."))?,
        references,
        now,
    })
}

async fn about(
    service: &Service,
    (prompt, folder): (&Prompt, Option<FolderId>),
    found: &Found,
    lasting: CacheLifetime,
) -> Result<About, ApiError> {
    let environment = match found {
        Found::Deployed(environment, _) => Some(environment.id),
        Found::Version(_) => None,
    };
    let mut around = folders::trail(service.scope(), prompt.folder_id).await?;
    if folder.is_some() && folder != prompt.folder_id {
        around.extend(folders::trail(service.scope(), folder).await?);
    }
    let around = around.into_iter().map(|folder| folder.id).collect();
    Ok(About { prompt: prompt.id, version: found.number(), lasting, environment, around, canonical: None })
}

/// Where a prompt is whatever it is called, for those who ask by a path that it had once.
fn canonical(prompt: &Prompt, named: &str) -> Option<HeaderValue> {
    let is_led_on = named.parse::<PromptId>().is_err() && named != prompt.path;
    let link = || format!("</api/v1/prompts/{}>; rel=\"canonical\"", prompt.id);
    is_led_on.then(|| HeaderValue::try_from(link()).ok()).flatten()
}

async fn hash(service: &Service, prompt: &Prompt, number: i64) -> Result<Vec<u8>, ApiError> {
    let versions =
        crate::prompts::versions::list(service.scope(), prompt.id, number.saturating_add(1), 1).await?;
    Ok(versions.into_iter().next().map(|version| version.hash).unwrap_or_default())
}
