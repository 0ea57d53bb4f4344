//! Prompts and their versions, as they are managed.

use super::{
    input::{InPath, Params},
    json, json_of,
    paging::{List, Page, Paged, READ, after, is_within, no_cursor, page_size, sift},
    preconditions::{entity_tags, etag},
    problem::ApiError,
    prompt_content::Said,
    service::Service,
};
use crate::{
    deployments::store as deployments,
    error::Result as Read,
    id::PromptId,
    prompts::{
        content::Kind,
        index::fold,
        store::{self, Prompt},
        versions::{self, Version},
    },
    role::ViewContent,
    text::hex,
    ui::{parse_rfc3339, rfc3339},
};
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A prompt, without its content.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Prompt)]
pub(super) struct Summary {
    #[schema(format = Uuid)]
    id: String,
    path: String,
    name: String,
    kind: Kind,
    description: String,
    tags: Vec<String>,
    /// The number of the latest version; 0 if there is none yet.
    latest: i64,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

impl From<Prompt> for Summary {
    fn from(prompt: Prompt) -> Self {
        Self {
            id: prompt.id.to_string(),
            path: prompt.path,
            name: prompt.name.to_string(),
            kind: prompt.kind,
            description: prompt.description,
            tags: prompt.tags.iter().map(ToString::to_string).collect(),
            latest: prompt.latest,
            created_at: rfc3339(prompt.created_at),
            updated_at: rfc3339(prompt.updated_at),
        }
    }
}

/// Filters for the prompts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only prompts in the folder with this path, at any depth.
    folder: Option<String>,
    /// Only prompts with this tag.
    tag: Option<String>,
    /// Only prompts whose path contains this text.
    q: Option<String>,
    /// The name of an environment for prompts deployed to it, or `latest` for prompts that have a version.
    label: Option<String>,
    /// Only prompts changed after this time.
    #[param(format = DateTime)]
    updated_after: Option<String>,
    /// The maximum number of items.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<usize>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// List prompts
///
/// Sorted by path. A page can have fewer items than `limit`, or none; there are more as long as `next_cursor` is not
/// null.
#[utoipa::path(
    get, path = "/prompts", tag = "Prompts", params(Which),
    responses((status = 200, description = "A page of prompts, without their content.", body = Page<Summary>)),
    extensions(("x-scope" = json!("read:prompts"))),
)]
pub(super) async fn list(service: Service, Params(which): Params<Which>) -> Result<Response, ApiError> {
    service.grant::<ViewContent>()?;
    let Which { folder, tag, q, label, updated_after, .. } = &which;
    let filters = [folder, tag, q, label, updated_after].map(Option::as_deref);
    let list = List::new(&service, "/prompts", &filters);
    let (size, from) = (page_size(which.limit)?, list.after(which.cursor.as_deref())?);
    let moment = which.updated_after.as_deref().map(|at| {
        parse_rfc3339(at).ok_or_else(|| {
            ApiError::malformed(
                "updated_after",
                "Send a time in RFC 3339 format, such as 2026-03-01T12:00:00Z.",
            )
        })
    });
    let (moment, reached) = (moment.transpose()?, service.prefixes().await?);
    let folder = which.folder.as_deref().map(|folder| vec![format!("{}/", folder.trim_end_matches('/'))]);
    let live = match which.label.as_deref() {
        Some("latest") | None => None,
        Some(label) => {
            let environment = service.environment(label).await?.id;
            Some(deployments::live_in(service.scope(), environment).await?)
        }
    };
    let least = i64::from(which.label.as_deref() == Some("latest"));
    let q = which.q.as_deref().map(fold);
    let is_asked_for = |(matches, prompt): &(bool, Prompt)| {
        is_within(reached.as_ref(), &prompt.path)
            && is_within(folder.as_ref(), &prompt.path)
            && which.tag.as_ref().is_none_or(|tag| prompt.tags.iter().any(|one| one == tag))
            && *matches
            && live.as_ref().is_none_or(|live| live.contains(&prompt.id))
            && prompt.latest >= least
            && moment.is_none_or(|moment| prompt.updated_at > moment)
    };
    let read = async |from: Option<String>| -> Read<Vec<(bool, Prompt)>> {
        let (scope, q) = (service.scope(), q.clone());
        let some = store::after(scope, from.as_deref().unwrap_or_default(), READ).await?;
        let bytes = q.as_ref().map_or(0, |_| some.iter().map(|prompt| prompt.path.len()).sum::<usize>());
        let matches = move |path: &str| q.as_ref().is_none_or(|q| fold(path).contains(q.as_str()));
        let look = move || some.into_iter().map(|prompt| (matches(&prompt.path), prompt)).collect();
        scope.server().long_work.run_on(scope.behalf(), bytes, look).await
    };
    let at = |(_, prompt): &(bool, Prompt)| prompt.path.clone();
    let show = |(_, prompt): (bool, Prompt)| Summary::from(prompt);
    Ok(json(&sift(&list, (size, from), read, at, is_asked_for, show).await?))
}

/// A version, without its content.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Version)]
struct VersionSummary {
    version: i64,
    hash: String,
    message: String,
    author: String,
    #[schema(required)]
    restores: Option<i64>,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<Version> for VersionSummary {
    fn from(version: Version) -> Self {
        let author = version.by();
        Self {
            version: version.number,
            hash: hex(&version.hash),
            message: version.message,
            author,
            restores: version.restores,
            created_at: rfc3339(version.created_at),
        }
    }
}

/// A version in a list.
#[derive(Debug, Serialize, ToSchema)]
struct ListedVersion {
    #[serde(flatten)]
    summary: VersionSummary,
    /// The environments it is live in, as far as the key has access to them, and `latest` for the latest version.
    labels: Vec<String>,
}

/// List versions
///
/// Newest first.
#[utoipa::path(
    get, path = "/prompts/{prompt}/versions", tag = "Versions", params(Named, Paged),
    responses((status = 200, description = "A page of versions, without their content.", body = Page<ListedVersion>)),
    extensions(("x-scope" = json!("read:prompts"))),
)]
pub(super) async fn versions(
    service: Service,
    InPath(named): InPath<Named>,
    Params(paged): Params<Paged>,
) -> Result<Response, ApiError> {
    service.grant::<ViewContent>()?;
    let prompt = service.prompt(&named.prompt).await?;
    let (size, before) = (page_size(paged.limit)?, after(paged.cursor.as_deref())?);
    let before = before.map_or(Ok(i64::MAX), |before| before.parse().map_err(|_| no_cursor()))?;
    let most = i64::try_from(size + 1).unwrap_or(i64::MAX);
    let found = versions::list(service.scope(), prompt.id, before, most).await?;
    let live = deployments::live_of(service.scope(), prompt.id).await?;
    let reached = |id| service.key().environments.reaches(id);
    let labels = |number: i64| {
        let live = live.iter().filter(|(id, _, live)| *live == Some(number) && reached(id));
        let latest = (number == prompt.latest).then(|| "latest".to_owned());
        live.map(|(_, name, _)| name.clone()).chain(latest).collect()
    };
    let show = |version: Version| ListedVersion { labels: labels(version.number), summary: version.into() };
    Ok(json(&Page::new(found, size, |version| version.number.to_string(), show)))
}

/// The prompt in the URL, by ID or path.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct Named {
    /// The ID of the prompt, or its percent-encoded path.
    #[param(example = "Support%2FTriage")]
    pub(super) prompt: String,
}

/// The version in the URL.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct NamedVersion {
    /// The ID of the prompt, or its percent-encoded path.
    #[param(example = "Support%2FTriage")]
    prompt: String,
    /// The version number, starting at 1.
    #[param(value_type = i64, minimum = 1)]
    number: String,
}

/// A version with its content.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WholeVersion)]
pub(super) struct Whole {
    #[serde(flatten)]
    summary: VersionSummary,
    #[serde(flatten)]
    said: Said,
}

/// Read a version
///
/// A version never changes.
#[utoipa::path(
    get, path = "/prompts/{prompt}/versions/{number}", tag = "Versions", params(NamedVersion, ("If-None-Match" = Option<String>, Header, description = "The `ETag` of the previous response. If nothing has changed, the response is 304.")),
    responses(
        (status = 200, description = "The version.", body = Whole, headers(
            ("ETag" = String, description = "Its hash. Send it as `If-Match` when you save the next version."),
            ("Cache-Control" = String, description = "Immutable for a prompt by ID; a path can lead to another prompt later."),
        )),
        (status = 304, description = "Nothing has changed.", headers(
            ("ETag" = String, description = "Unchanged."),
            ("Cache-Control" = String, description = "Unchanged."),
        )),
    ),
    extensions(("x-scope" = json!("read:prompts"))),
)]
pub(super) async fn version(
    service: Service,
    InPath(named): InPath<NamedVersion>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    service.grant::<ViewContent>()?;
    let prompt = service.prompt(&named.prompt).await?;
    let number: i64 =
        named.number.parse().map_err(|_| ApiError::malformed("number", "The version must be a number."))?;
    let found = versions::list(service.scope(), prompt.id, number.saturating_add(1), 1).await?;
    let found = found.into_iter().find(|version| version.number == number);
    let found =
        found.ok_or_else(|| ApiError::missing(format!("{} has no version {number}.", prompt.path)))?;
    let tag = hex(&found.hash);
    let mut response = if entity_tags(&headers, &header::IF_NONE_MATCH)?
        .is_some_and(|known| known.has_weakly(&tag))
    {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        whole(&service, found, versions::content(service.scope(), prompt.id, number).await?.into()).await?
    };
    let is_same = named.prompt.parse::<PromptId>().is_ok();
    let lasting = if is_same { "private, max-age=31536000, immutable" } else { "private, no-cache" };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(lasting));
    response.headers_mut().extend(etag(&tag));
    Ok(response)
}

/// A version with what it says, as an answer.
pub(super) async fn whole(service: &Service, version: Version, said: Said) -> Result<Response, ApiError> {
    json_of(service, said.bytes(), move || Whole { summary: version.into(), said }).await
}
