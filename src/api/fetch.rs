//! What services ask for all day: a prompt as it is deployed.

use super::{
    input::Params,
    problem::Refusal,
    prompts::{Named, hex},
    service::Service,
};
use crate::{
    environments::store::Environment,
    prompts::{
        content::{Body, Content, Message, ModelSettings, Variable},
        render::{Edge, Resolved},
        resolve,
        store::Prompt,
    },
    role::ViewContent,
    templates::Engine,
};
use axum::{
    body::Body as Bytes,
    extract::Path,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What a version says.
#[derive(Debug, Serialize)]
pub(super) struct Said {
    engine: Engine,
    /// Of a text prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Of a chat prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<Message>>,
    variables: Vec<Variable>,
    model: ModelSettings,
}

impl From<Content> for Said {
    fn from(content: Content) -> Self {
        let (text, messages) = match content.body {
            Body::Text(text) => (Some(text), None),
            Body::Chat(messages) => (None, Some(messages)),
        };
        Self { engine: content.engine, text, messages, variables: content.variables, model: content.model }
    }
}

/// Which version of a prompt: what is deployed to an environment (production, unless another is named), a
/// version by its number, or the newest (`label=latest`).
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    pub(super) environment: Option<String>,
    pub(super) version: Option<i64>,
    pub(super) label: Option<String>,
    /// Whether the prompts that it is put together from come with it.
    pub(super) resolve: Option<bool>,
}

/// What was asked for.
pub(super) enum Found {
    /// What is deployed to an environment.
    Deployed(Environment, i64),
    /// A version, whatever is deployed.
    Version(i64),
}

impl Found {
    pub(super) const fn number(&self) -> i64 {
        match self {
            Self::Deployed(_, number) | Self::Version(number) => *number,
        }
    }
}

/// A prompt that a service fetched.
#[derive(Debug, Serialize)]
struct Fetched {
    id: String,
    /// What changes while the version does not; left out where a version was asked for by its number.
    #[serde(flatten)]
    place: Option<PlaceNow>,
    kind: &'static str,
    version: i64,
    hash: String,
    #[serde(flatten)]
    said: Said,
    /// The prompts that it refers to, directly or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<Vec<Part>>,
    /// Which reference of which prompt leads where.
    #[serde(skip_serializing_if = "Option::is_none")]
    references: Option<Vec<Edge>>,
}

/// Where a prompt stands now.
#[derive(Debug, Serialize)]
struct PlaceNow {
    path: String,
    name: String,
    description: String,
    tags: Vec<String>,
    environment: String,
    /// What the folders around it and the organization give to its variables.
    inherited: BTreeMap<String, Value>,
}

/// A prompt that another is put together from.
#[derive(Debug, Serialize)]
struct Part {
    id: String,
    path: String,
    version: Option<i64>,
    #[serde(flatten)]
    said: Said,
    inherited: BTreeMap<String, Value>,
}

/// `GET /prompts/{prompt}`.
pub(super) async fn fetch(
    service: Service,
    Path(named): Path<Named>,
    Params(which): Params<Which>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    service.grant::<ViewContent>()?;
    let prompt = service.prompt(&named.prompt).await?;
    let found = find(&service, &prompt, &which).await?;
    let resolved = resolved(&service, &prompt, &found).await?;
    let hash = hash(&service, &prompt, found.number()).await?;
    let is_whole = which.resolve.unwrap_or(true);
    let references = is_whole.then(|| resolved.graph());
    let mut parts = resolved.parts.into_iter();
    let own = parts.next().ok_or_else(|| Refusal::missing("There is no such version."))?;
    let parts = is_whole.then(|| parts.map(part).collect());
    let is_version = matches!(found, Found::Version(_));
    let place = match &found {
        Found::Deployed(environment, _) => Some(PlaceNow {
            path: prompt.path.clone(),
            name: prompt.name.to_string(),
            description: prompt.description.clone(),
            tags: prompt.tags.iter().map(ToString::to_string).collect(),
            environment: environment.name.to_string(),
            inherited: own.inherited,
        }),
        Found::Version(_) => None,
    };
    let fetched = Fetched {
        id: prompt.id.to_string(),
        place,
        kind: prompt.kind.as_str(),
        version: found.number(),
        hash: hex(&hash),
        said: own.content.into(),
        parts,
        references,
    };
    // A version never changes, but a path may lead to another prompt one day, and what a version refers to
    // may follow an environment.
    let is_immutable = is_version && !is_whole && named.prompt.parse::<crate::id::PromptId>().is_ok();
    Ok(answer(&fetched, is_immutable, &headers))
}

fn part(part: crate::prompts::render::Part) -> Part {
    Part {
        id: part.prompt.to_string(),
        path: part.path,
        version: part.version,
        said: part.content.into(),
        inherited: part.inherited,
    }
}

pub(super) async fn find(service: &Service, prompt: &Prompt, which: &Which) -> Result<Found, Refusal> {
    let named = [which.environment.is_some(), which.version.is_some(), which.label.is_some()];
    if named.into_iter().filter(|named| *named).count() > 1 {
        return Err(Refusal::malformed(
            "",
            "Name an environment, a version or a label, not several of them.",
        ));
    }
    if let Some(number) = which.version {
        return Ok(Found::Version(number));
    }
    let label = which.label.as_deref();
    if label == Some("latest") {
        let missing = || Refusal::missing(format!("{} has no version yet.", prompt.path));
        return if prompt.latest > 0 { Ok(Found::Version(prompt.latest)) } else { Err(missing()) };
    }
    // Any other label is the name of an environment.
    let name = which.environment.as_deref().or(label).unwrap_or("production");
    let environment = service.environment(name).await?;
    let live = resolve::live(service.scope(), environment.id, prompt.id).await?;
    let missing = || Refusal::missing(format!("{} is not deployed to {}.", prompt.path, environment.name));
    let live = live.ok_or_else(missing)?;
    Ok(Found::Deployed(environment, live))
}

pub(super) async fn resolved(service: &Service, prompt: &Prompt, found: &Found) -> Result<Resolved, Refusal> {
    let scope = service.scope();
    Ok(match found {
        Found::Deployed(environment, number) => {
            resolve::deployed(scope, environment.id, (prompt.id, *number), None).await?
        }
        Found::Version(number) => resolve::version(scope, prompt.id, *number).await?,
    })
}

async fn hash(service: &Service, prompt: &Prompt, number: i64) -> Result<Vec<u8>, Refusal> {
    let versions =
        crate::prompts::versions::list(service.scope(), prompt.id, number.saturating_add(1), 1).await?;
    Ok(versions.into_iter().next().map(|version| version.hash).unwrap_or_default())
}

/// An answer that caches keep: for good, or until they are told that it has changed.
fn answer(fetched: &Fetched, is_immutable: bool, headers: &HeaderMap) -> Response {
    let body = serde_json::to_vec(fetched).unwrap_or_default();
    let etag = format!("\"{}\"", hex(&Sha256::digest(&body)[..16]));
    let is_known =
        headers.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok()).is_some_and(|known| {
            known.split(',').any(|one| one.trim().trim_start_matches("W/") == etag || one.trim() == "*")
        });
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, "application/json")], Bytes::from(body)).into_response()
    };
    let cached = if is_immutable {
        "private, max-age=31536000, immutable"
    } else {
        "private, max-age=0, stale-while-revalidate=60, stale-if-error=86400"
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cached));
    headers.insert(header::VARY, HeaderValue::from_static("Authorization, Accept-Encoding"));
    headers.insert(VERSION, HeaderValue::from(fetched.version));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

/// The version that an answer tells of.
pub(super) const VERSION: HeaderName = HeaderName::from_static("x-prompt-version");
