//! The library as a file to save.

use super::{
    export::{Extent, Plan, Reach, newest, plan},
    markdown, writing,
};
use crate::{
    error::{Error, Result},
    id::PromptId,
    prompts::content::Content,
    role::{ExportContent, ExportOrganization, Permission},
    slug,
    tenancy::{
        Grant, Scope,
        audit::{Action, Entry},
    },
    web::{RequestContext, downloads::attachment, error_page},
};
use axum::{
    Extension, Router,
    extract::{Path, Query},
    response::Response,
    routing::get,
};
use serde::Deserialize;
use uuid::Uuid;

/// The routes of the exports.
pub fn routes() -> Router {
    Router::new()
        .route("/{org}/prompts/export.json", get(json))
        .route("/{org}/prompts/export.md", get(markdown))
}

/// What is asked for: a folder, a prompt, or everything.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    folder: Option<String>,
    #[serde(default)]
    prompt: Option<String>,
}

impl Asked {
    fn extent(&self) -> Result<Extent> {
        match (&self.folder, &self.prompt) {
            (None, None) => Ok(Extent::Whole),
            (Some(folder), None) => folder.parse().map(Extent::Folder).map_err(|_| Error::NotFound),
            (None, Some(prompt)) => prompt.parse().map(Extent::Prompt).map_err(|_| Error::NotFound),
            (Some(_), Some(_)) => Err(Error::NotFound),
        }
    }
}

async fn json(
    Extension(caller): Extension<RequestContext>,
    Path(org): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    match begin(&caller, &org, &asked).await {
        Ok((scope, plan)) => {
            let name = called(&org, &plan);
            let file = writing::json(scope, Reach::default(), plan);
            attachment(&format!("{name}.json"), "application/json", file)
        }
        Err(error) => error_page::plain_error(&error),
    }
}

/// What the file is called: after the folder or prompt in it, as far as that has letters for it.
fn called(org: &str, plan: &Plan) -> String {
    let name = plan.called.as_deref().and_then(|path| path.rsplit('/').next()).map(slug::suggest);
    let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| "prompts".to_owned());
    format!("{org}-{name}")
}

/// Markdown: of a prompt the file itself, of more an archive of them.
async fn markdown(
    Extension(caller): Extension<RequestContext>,
    Path(org): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    let (scope, plan) = match begin(&caller, &org, &asked).await {
        Ok(begun) => begun,
        Err(error) => return error_page::plain_error(&error),
    };
    let name = called(&org, &plan);
    if let (Extent::Prompt(_), [(id, path)]) = (plan.extent, plan.prompts.as_slice()) {
        return match one(&scope, (*id, path)).await {
            Ok(text) => attachment(&format!("{name}.md"), "text/markdown; charset=utf-8", text),
            Err(error) => error_page::plain_error(&error),
        };
    }
    attachment(&format!("{name}.zip"), "application/zip", writing::archive(scope, plan))
}

async fn one(scope: &Scope, prompt: (PromptId, &str)) -> Result<String> {
    let entry = newest(scope, prompt).await?.ok_or(Error::NotFound)?;
    let bytes = entry.content().map_or(0, Content::bytes);
    scope.server().long_work.run_on(scope.behalf(), bytes, move || markdown::write(&entry)).await?
}

/// Finds what is asked for, and writes into the log that it leaves.
async fn begin(caller: &RequestContext, org: &str, asked: &Asked) -> Result<(Scope, Plan)> {
    let scope = caller.enter(org).await?;
    let plan = match asked.extent()? {
        Extent::Whole => file(&scope.clone().require::<ExportOrganization>()?, Extent::Whole, None).await,
        part @ Extent::Folder(id) => file(&scope.clone().require::<ExportContent>()?, part, Some(id.0)).await,
        part @ Extent::Prompt(id) => file(&scope.clone().require::<ExportContent>()?, part, Some(id.0)).await,
    };
    Ok((scope, plan?))
}

/// Finds what goes into the file of a part of the library, and writes into the log that it leaves.
///
/// # Errors
/// As [`plan`]; [`Error::TooMany`] when they take as many files as they may.
pub async fn file<P: Permission>(grant: &Grant<P>, extent: Extent, target: Option<Uuid>) -> Result<Plan> {
    let seat = Some(grant.server().streams.take_for_file(grant.behalf())?);
    let plan = Plan { seat, ..plan(grant, extent).await? };
    grant.note(Entry::new(Action::LibraryExported, target)).await?;
    Ok(plan)
}
