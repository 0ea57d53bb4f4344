//! What services ask for all day: a prompt as it is deployed.

use super::{
    input::Params,
    problem::Refusal,
    prompts::{Named, hex},
    said::Form,
    service::Service,
    which::{Found, Which, find, resolved},
};
use crate::{
    id::PromptId,
    library::folders,
    prompts::{content::Kind, render::Edge, store::Prompt},
    role::ViewContent,
    server::{
        Server,
        caller::{Client, internal},
        hot::{Answer, Change},
        serve::add_secure_headers,
    },
};
use axum::{
    Extension,
    extract::{OriginalUri, Path},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::Response,
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use utoipa::ToSchema;

/// A prompt that a service fetched.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FetchedPrompt)]
struct Fetched {
    id: String,
    kind: Kind,
    version: i64,
    /// SHA-256 of what the version says and of what its references lead to, in hex.
    hash: String,
    #[serde(flatten)]
    form: Form,
    /// Which reference of which prompt leads where; left out with `resolve=false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    references: Option<Vec<Edge>>,
    #[serde(flatten)]
    now: Now,
}

/// What changes while the version does not: only where it was asked for as it is deployed.
#[derive(Debug, Default, Serialize, ToSchema)]
struct Now {
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Vec<String>>,
    /// The environment it is deployed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<String>,
}

/// Fetch a prompt
///
/// What is deployed to an environment, or a version. What it refers to is put in, so that only variables are left; `variables` tells of each what it falls back on. The answer comes from memory; send the `ETag` of the one
/// before as `If-None-Match` and it has no body as long as nothing has changed.
#[utoipa::path(
    get, path = "/prompts/{prompt}", tag = "Prompts", params(Named, Which, ("If-None-Match" = Option<String>, Header, description = "The `ETag` of the answer before: if it still holds, the answer is 304.")),
    responses(
        (status = 200, description = "The prompt.", body = Fetched, headers(
            ("ETag" = String, description = "Tells this answer from any other."),
            ("Cache-Control" = String, description = "A version by id with `resolve=false` is immutable; anything else is asked for anew each time, and may be used for a day where the studio cannot be reached."),
            ("Vary" = String, description = "`Authorization, Accept-Encoding`."),
            ("X-Prompt-Version" = i64, description = "The version."),
        )),
        (status = 304, description = "The answer before still holds.", headers(
            ("ETag" = String, description = "As it was."),
            ("X-Prompt-Version" = i64, description = "The version."),
        )),
    ),
    extensions(("x-scope" = json!("read:prompts"))),
)]
pub(super) async fn fetch(
    service: Service,
    Path(named): Path<Named>,
    Params(which): Params<Which>,
    OriginalUri(uri): OriginalUri,
    Extension(client): Extension<Arc<Client>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    service.grant::<ViewContent>()?;
    let (server, org) = (service.scope().server(), service.scope().organization().id);
    // What is kept is read after what happened was counted.
    let heard = server.hot.heard.count(org, Change::Content);
    let prompt = service.prompt(&named.prompt).await?;
    let found = find(&service, &prompt, &which).await?;
    let resolved = resolved(&service, &prompt, &found).await?;
    let hash = hash(&service, &prompt, found.number()).await?;
    let is_whole = which.resolve.unwrap_or(true);
    let is_version = matches!(found, Found::Version(_));
    let references = is_whole.then(|| resolved.graph());
    let form = if is_whole { Form::whole(resolved) } else { Form::alone(resolved, !is_version) };
    let form = form.ok_or_else(|| Refusal::missing("There is no such version."))?;
    let now = match &found {
        Found::Deployed(environment, _) => Now {
            path: Some(prompt.path.clone()),
            name: Some(prompt.name.to_string()),
            description: Some(prompt.description.clone()),
            tags: Some(prompt.tags.iter().map(ToString::to_string).collect()),
            environment: Some(environment.name.to_string()),
        },
        Found::Version(_) => Now::default(),
    };
    let fetched = Fetched {
        id: prompt.id.to_string(),
        kind: prompt.kind,
        version: found.number(),
        hash: hex(&hash),
        form,
        references,
        now,
    };
    // A version never changes, but a path may lead to another prompt one day, and what a version refers to
    // may follow an environment.
    let is_immutable = is_version && !is_whole && named.prompt.parse::<PromptId>().is_ok();
    let environment = match &found {
        Found::Deployed(environment, _) => Some(environment.id),
        Found::Version(_) => None,
    };
    let around = folders::trail(service.scope(), prompt.folder_id).await?;
    let around = around.into_iter().map(|folder| folder.id).collect();
    let answer = Arc::new(answer(server, &fetched, (prompt.id, is_immutable))?.about(environment, around));
    if let Some(asked) = uri.path_and_query() {
        server.hot.keep(org, asked.as_str(), answer.clone(), heard, server.clock.now());
    }
    server.hot.count(service.key(), prompt.id);
    let name = HeaderValue::try_from(&client.request_id).map_err(|error| internal(&error))?;
    Ok(answer.to(&headers, name))
}

async fn hash(service: &Service, prompt: &Prompt, number: i64) -> Result<Vec<u8>, Refusal> {
    let versions =
        crate::prompts::versions::list(service.scope(), prompt.id, number.saturating_add(1), 1).await?;
    Ok(versions.into_iter().next().map(|version| version.hash).unwrap_or_default())
}

/// An answer that caches keep: for good, or until they are told that it has changed.
fn answer(
    server: &Server,
    fetched: &Fetched,
    (prompt, is_immutable): (PromptId, bool),
) -> Result<Answer, Refusal> {
    let body = serde_json::to_vec(fetched).map_err(|error| internal(&error))?;
    let cached = if is_immutable {
        "private, max-age=31536000, immutable"
    } else {
        "private, max-age=0, stale-while-revalidate=60, stale-if-error=86400"
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cached));
    headers.insert(header::VARY, HeaderValue::from_static("Authorization, Accept-Encoding"));
    headers.insert(VERSION, HeaderValue::from(fetched.version));
    add_secure_headers(server, &mut headers);
    let tag = hex(&Sha256::digest(&body)[..16]);
    Ok(Answer::new(body, &headers, &tag, prompt).map_err(|error| internal(&error))?)
}

/// The version that an answer tells of.
pub(super) const VERSION: HeaderName = HeaderName::from_static("x-prompt-version");
