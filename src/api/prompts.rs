//! Prompts and their versions, as they are managed.

use super::{
    fetch::Said,
    input::{Params, after, cursor, page_size},
    json,
    problem::Refusal,
    service::Service,
};
use crate::{
    prompts::{
        store::{self, Prompt},
        versions::{self, Version},
    },
    role::ViewContent,
    ui::{parse_rfc3339, rfc3339},
};
use axum::{extract::Path, response::Response};
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// A page of things.
#[derive(Debug, Serialize)]
pub(super) struct Page<T> {
    data: Vec<T>,
    /// Where the next page begins; null for the last one.
    next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// The first `size` of what was found, which is one more than that where there is another page.
    pub(super) fn new<R>(
        mut rows: Vec<R>,
        size: usize,
        at: impl Fn(&R) -> String,
        show: impl Fn(R) -> T,
    ) -> Self {
        let has_more = rows.len() > size;
        rows.truncate(size);
        let next_cursor = rows.last().filter(|_| has_more).map(|last| cursor(&at(last)));
        Self { data: rows.into_iter().map(show).collect(), next_cursor }
    }
}

/// A prompt, without what it says.
#[derive(Debug, Serialize)]
struct Summary {
    id: String,
    path: String,
    name: String,
    kind: &'static str,
    description: String,
    tags: Vec<String>,
    /// The number of the newest version; 0 before the first.
    latest: i64,
    created_at: String,
    updated_at: String,
}

impl From<Prompt> for Summary {
    fn from(prompt: Prompt) -> Self {
        Self {
            id: prompt.id.to_string(),
            path: prompt.path,
            name: prompt.name.to_string(),
            kind: prompt.kind.as_str(),
            description: prompt.description,
            tags: prompt.tags.iter().map(ToString::to_string).collect(),
            latest: prompt.latest,
            created_at: rfc3339(prompt.created_at),
            updated_at: rfc3339(prompt.updated_at),
        }
    }
}

/// Which prompts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// The path of a folder: those in it, at any depth.
    folder: Option<String>,
    /// Those with this tag.
    tag: Option<String>,
    /// Those with this in their path.
    q: Option<String>,
    /// Those changed after this moment, RFC 3339.
    updated_after: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// `GET /prompts`: by path.
pub(super) async fn list(service: Service, Params(which): Params<Which>) -> Result<Response, Refusal> {
    service.grant::<ViewContent>()?;
    let (size, mut from) = (page_size(which.limit)?, after(which.cursor.as_deref())?.unwrap_or_default());
    let moment = which.updated_after.as_deref().map(|at| {
        parse_rfc3339(at)
            .ok_or_else(|| Refusal::malformed("updated_after", "Send a moment as RFC 3339 writes it."))
    });
    let (moment, reached) = (moment.transpose()?, service.prefixes().await?);
    let folder = which.folder.as_deref().map(|folder| format!("{}/", folder.trim_end_matches('/')));
    let q = which.q.as_deref().map(crate::prompts::index::fold);
    let is_asked_for = |prompt: &Prompt| {
        let within = |prefix: &String| prompt.path.starts_with(prefix.as_str());
        reached.as_ref().is_none_or(|reached| reached.iter().any(within))
            && folder.as_ref().is_none_or(within)
            && which.tag.as_ref().is_none_or(|tag| prompt.tags.iter().any(|one| one == tag))
            && q.as_ref().is_none_or(|q| crate::prompts::index::fold(&prompt.path).contains(q.as_str()))
            && moment.is_none_or(|moment| prompt.updated_at > moment)
    };
    let mut found = Vec::new();
    while found.len() <= size {
        let read = store::after(service.scope(), &from, READ).await?;
        let is_last = i64::try_from(read.len()).is_ok_and(|read| read < READ);
        if let Some(last) = read.last() {
            from.clone_from(&last.path);
        }
        found.extend(read.into_iter().filter(&is_asked_for));
        if is_last {
            break;
        }
    }
    Ok(json(&Page::new(found, size, |prompt| prompt.path.clone(), Summary::from)))
}

/// How many prompts are read at once, to look for those that are asked for.
const READ: i64 = 500;

/// A version, without what it says.
#[derive(Debug, Serialize)]
struct VersionSummary {
    version: i64,
    hash: String,
    message: String,
    author: String,
    restores: Option<i64>,
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

/// Bytes as people and programs compare them.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Which page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Paged {
    limit: Option<usize>,
    cursor: Option<String>,
}

/// `GET /prompts/{prompt}/versions`: the newest first.
pub(super) async fn versions(
    service: Service,
    Path(named): Path<Named>,
    Params(paged): Params<Paged>,
) -> Result<Response, Refusal> {
    service.grant::<ViewContent>()?;
    let prompt = service.prompt(&named.prompt).await?;
    let (size, before) = (page_size(paged.limit)?, after(paged.cursor.as_deref())?);
    let wrong = |_| Refusal::malformed("cursor", "Send what next_cursor said, or nothing.");
    let before = before.map_or(Ok(i64::MAX), |before| before.parse().map_err(wrong))?;
    let most = i64::try_from(size + 1).unwrap_or(i64::MAX);
    let found = versions::list(service.scope(), prompt.id, before, most).await?;
    Ok(json(&Page::new(found, size, |version| version.number.to_string(), VersionSummary::from)))
}

/// The prompt that a URL names, by its id or its path.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub(super) prompt: String,
}

/// The version that a URL names.
#[derive(Debug, Deserialize)]
pub(super) struct NamedVersion {
    prompt: String,
    number: String,
}

/// A version with what it says.
#[derive(Debug, Serialize)]
struct Whole {
    #[serde(flatten)]
    summary: VersionSummary,
    #[serde(flatten)]
    said: Said,
}

/// `GET /prompts/{prompt}/versions/{number}`.
pub(super) async fn version(service: Service, Path(named): Path<NamedVersion>) -> Result<Response, Refusal> {
    service.grant::<ViewContent>()?;
    let prompt = service.prompt(&named.prompt).await?;
    let number: i64 =
        named.number.parse().map_err(|_| Refusal::malformed("number", "A version is a number."))?;
    let found = versions::list(service.scope(), prompt.id, number.saturating_add(1), 1).await?;
    let found = found.into_iter().find(|version| version.number == number);
    let found = found.ok_or_else(|| Refusal::missing(format!("{} has no version {number}.", prompt.path)))?;
    let content = versions::content(service.scope(), prompt.id, number).await?;
    Ok(json(&Whole { summary: found.into(), said: content.into() }))
}
