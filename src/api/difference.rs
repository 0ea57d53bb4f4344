//! What differs between two versions.

use super::{
    input::{InPath, Params},
    json,
    problem::Refusal,
    prompts::Named,
    service::Service,
    which::there,
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

/// Which versions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// The version before.
    #[param(minimum = 1)]
    from: i64,
    /// The version after.
    #[param(minimum = 1)]
    to: i64,
}

/// What differs.
#[derive(Debug, Serialize, ToSchema)]
struct Difference {
    from: i64,
    to: i64,
    /// In words, the most important first.
    summary: Vec<String>,
    /// Message by message, the text, the variables, the model.
    parts: Vec<Part>,
}

/// A part that differs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DifferentPart)]
struct Part {
    title: String,
    kind: Act,
    /// Its lines, unchanged ones only around those that changed.
    lines: Vec<Line>,
}

/// What became of a part.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = DifferentAct)]
enum Act {
    Added,
    Removed,
    Changed,
}

/// ` ` in both versions, `-` only before, `+` only after, `…` where lines are left out.
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
    /// Its number before.
    #[schema(required)]
    old: Option<usize>,
    /// Its number after.
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
/// What differs between two versions of a prompt, line by line.
#[utoipa::path(
    get, path = "/prompts/{prompt}/diff", tag = "Versions", params(Named, Which),
    responses((status = 200, description = "What differs.", body = Difference)),
    extensions(("x-scope" = json!("read:prompts"))),
)]
pub(super) async fn compare(
    service: Service,
    InPath(named): InPath<Named>,
    Params(which): Params<Which>,
) -> Result<Response, Refusal> {
    service.grant::<ViewContent>()?;
    let prompt = service.prompt(&named.prompt).await?;
    let (from, to) = (there(&prompt, which.from)?, there(&prompt, which.to)?);
    let before = versions::content(service.scope(), prompt.id, from).await?;
    let after = versions::content(service.scope(), prompt.id, to).await?;
    let found = between_for(service.scope(), &before, &after).await?;
    let parts = found.parts.into_iter().map(Part::from).collect();
    Ok(json(&Difference { from: which.from, to: which.to, summary: found.summary, parts }))
}
