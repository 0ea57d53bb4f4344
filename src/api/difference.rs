//! What differs between two versions.

use super::{
    input::{InPath, Params},
    json_of,
    problem::ApiError,
    prompts::Named,
    service::Service,
    version_selector::there,
};
use crate::{
    prompts::{
        compare::between_for,
        diff::{self, PartKind, Side},
        versions,
    },
    role::ViewContent,
};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The versions to compare.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// The old version.
    #[param(minimum = 1)]
    from: i64,
    /// The new version.
    #[param(minimum = 1)]
    to: i64,
}

/// The differences.
#[derive(Debug, Serialize, ToSchema)]
struct Difference {
    from: i64,
    to: i64,
    /// A summary in words, most important changes first.
    summary: Vec<String>,
    /// Each message, the text, the variables and the model settings.
    parts: Vec<Part>,
}

/// A part that has changed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DifferentPart)]
struct Part {
    title: String,
    kind: Act,
    /// The changed lines with some context.
    lines: Vec<Line>,
}

/// How a part has changed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = DifferentAct)]
enum Act {
    Added,
    Removed,
    Changed,
}

/// ` ` in both versions, `-` only in the old, `+` only in the new, `…` for skipped lines.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DifferentSide)]
enum Where {
    #[serde(rename = " ")]
    Both,
    #[serde(rename = "-")]
    Old,
    #[serde(rename = "+")]
    New,
    #[serde(rename = "…")]
    Gap,
}

/// A line of a part.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DifferentLine)]
struct Line {
    side: Where,
    /// Its line number in the old version.
    #[schema(required)]
    old: Option<usize>,
    /// Its line number in the new version.
    #[schema(required)]
    new: Option<usize>,
    text: String,
}

impl From<diff::Part> for Part {
    fn from(part: diff::Part) -> Self {
        let kind = match part.kind {
            PartKind::Added => Act::Added,
            PartKind::Removed => Act::Removed,
            PartKind::Changed => Act::Changed,
        };
        Self { title: part.title, kind, lines: part.lines.into_iter().map(Line::from).collect() }
    }
}

impl From<diff::Line> for Line {
    fn from(line: diff::Line) -> Self {
        let side = match line.side {
            Side::Both => Where::Both,
            Side::Old => Where::Old,
            Side::New => Where::New,
            Side::Gap => Where::Gap,
        };
        let text = line.pieces.into_iter().map(|(_, text)| text).collect();
        Self { side, old: line.old, new: line.new, text }
    }
}

/// Compare versions
///
/// The differences between two versions of a prompt, line by line.
#[utoipa::path(
    get, path = "/prompts/{prompt}/diff", tag = "Versions", params(Named, Which),
    responses((status = 200, description = "The differences.", body = Difference)),
    extensions(("x-scope" = json!("read:prompts"))),
)]
pub(super) async fn compare(
    service: Service,
    InPath(named): InPath<Named>,
    Params(which): Params<Which>,
) -> Result<Response, ApiError> {
    service.grant::<ViewContent>()?;
    let prompt = service.prompt(&named.prompt).await?;
    let (from, to) = (there(&prompt, which.from)?, there(&prompt, which.to)?);
    let before = versions::content(service.scope(), prompt.id, from).await?;
    let after = versions::content(service.scope(), prompt.id, to).await?;
    let found = between_for(service.scope(), &before, &after).await?;
    json_of(&service, before.bytes() + after.bytes(), move || {
        let parts = found.parts.into_iter().map(Part::from).collect();
        Difference { from: which.from, to: which.to, summary: found.summary, parts }
    })
    .await
}
