//! The library as a file to save.

use super::{
    archive,
    export::{Extent, export},
    format::LibraryFile,
    markdown,
};
use crate::{
    error::{Error, Result},
    fields::Slug,
    role::{ExportContent, ExportOrganization, Permission},
    server::{
        Caller, Grant, Scope,
        audit::{Action, Entry},
        caller::internal,
        exports::attachment,
        serve,
    },
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
    Extension(caller): Extension<Caller>,
    Path(org): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    let file = read(&caller, &org, &asked).await;
    match file.and_then(|file| Ok((called(&org, &asked, &file), to_json(&file)?))) {
        Ok((name, json)) => attachment(&format!("{name}.json"), "application/json", json),
        Err(error) => serve::plain_error(&error),
    }
}

/// What the file is called: after the folder or prompt in it, as far as that has letters for it.
fn called(org: &str, asked: &Asked, file: &LibraryFile) -> String {
    let path = match (&asked.folder, &asked.prompt) {
        (Some(_), _) => file.folders.first().map(|folder| &folder.path),
        (_, Some(_)) => file.prompts.first().map(|prompt| &prompt.path),
        _ => None,
    };
    let name = path.and_then(|path| path.rsplit('/').next()).map(Slug::suggest);
    let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| "prompts".to_owned());
    format!("{org}-{name}")
}

fn to_json(file: &LibraryFile) -> Result<String> {
    serde_json::to_string_pretty(file).map_err(|error| internal(&error))
}

/// Markdown: of a prompt the file itself, of more an archive of them.
async fn markdown(
    Extension(caller): Extension<Caller>,
    Path(org): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    let file = match read(&caller, &org, &asked).await {
        Ok(file) => file,
        Err(error) => return serve::plain_error(&error),
    };
    let name = called(&org, &asked, &file);
    if let (Some(_), [prompt]) = (&asked.prompt, &file.prompts[..]) {
        return match markdown::write(prompt) {
            Ok(text) => attachment(&format!("{name}.md"), "text/markdown; charset=utf-8", text),
            Err(error) => serve::plain_error(&error),
        };
    }
    match archive::write(&file) {
        Ok(bytes) => attachment(&format!("{name}.zip"), "application/zip", bytes),
        Err(error) => serve::plain_error(&error),
    }
}

/// Reads what is asked for, and writes into the log that it left.
async fn read(caller: &Caller, org: &str, asked: &Asked) -> Result<LibraryFile> {
    let scope = Scope::enter(caller, org).await?;
    match asked.extent()? {
        Extent::Whole => file(&scope.require::<ExportOrganization>()?, Extent::Whole, None).await,
        part @ Extent::Folder(id) => file(&scope.require::<ExportContent>()?, part, Some(id.0)).await,
        part @ Extent::Prompt(id) => file(&scope.require::<ExportContent>()?, part, Some(id.0)).await,
    }
}

/// Reads a part of the library, and writes into the log that it left.
///
/// # Errors
/// As [`export`].
pub async fn file<P: Permission>(
    grant: &Grant<P>,
    extent: Extent,
    target: Option<Uuid>,
) -> Result<LibraryFile> {
    let file = export(grant, extent).await?;
    grant.note(Entry::new(Action::LibraryExported, target)).await?;
    Ok(file)
}
