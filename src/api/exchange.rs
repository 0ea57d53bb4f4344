//! The library as a file.

use super::{
    input::{Json, Params},
    json_of,
    problem::ApiError,
    service::Service,
};
use crate::{
    error::Error,
    library::exchange::{
        check,
        export::{Extent, Reach},
        format::LibraryFile,
        import,
        line::{self, Act, count},
        routes, writing,
    },
    role::{EditContent, ExportContent, ExportOrganization, ImportContent},
};
use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The bytes of a line of the result besides what it says.
const LINE: usize = 48;

/// The part of the library to export.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// A folder and everything in it, by ID or path.
    folder: Option<String>,
    /// A single prompt, by ID or path.
    prompt: Option<String>,
}

/// Export prompts
///
/// The library, a folder or a prompt as one JSON object, with all versions. Drafts are included for keys that can
/// change prompts. A key limited to folders must name one of them. Up to 2 exports can run at once per person, counting
/// all API keys they created.
#[utoipa::path(
    get, path = "/export", tag = "Library", params(Which),
    responses((status = 200, description = "The file.", body = LibraryFile)),
    extensions(("x-scope" = json!("read:prompts"))),
)]
pub(super) async fn export(service: Service, Params(which): Params<Which>) -> Result<Response, ApiError> {
    let plan = match (which.folder.as_deref(), which.prompt.as_deref()) {
        (Some(_), Some(_)) => {
            return Err(ApiError::malformed("folder", "Send a folder or a prompt, not both."));
        }
        (None, Some(named)) => {
            let grant = service.grant::<ExportContent>()?;
            let id = service.prompt(named).await?.id;
            routes::file(&grant, Extent::Prompt(id), Some(id.0)).await?
        }
        (Some(named), None) => {
            let grant = service.grant::<ExportContent>()?;
            let id = service.folder(Some(named)).await?.ok_or(Error::NotFound)?;
            routes::file(&grant, Extent::Folder(id), Some(id.0)).await?
        }
        (None, None) => {
            let grant = service.grant::<ExportOrganization>()?;
            service.folder(None).await?;
            routes::file(&grant, Extent::Whole, None).await?
        }
    };
    let hides_drafts = !service.scope().can::<EditContent>();
    let reach = Reach { hides_drafts, within: service.prefixes().await? };
    let file = writing::json(service.scope().clone(), reach, plan);
    Ok(([(header::CONTENT_TYPE, "application/json")], file).into_response())
}

/// Import options.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct How {
    /// Only preview the changes.
    #[serde(default)]
    dry_run: bool,
}

/// The result of an import.
#[derive(Debug, Serialize, ToSchema)]
struct Imported {
    created: usize,
    changed: usize,
    skipped: usize,
    /// The result for each item in the file.
    lines: Vec<Line>,
}

/// The result for an item.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportedLine)]
struct Line {
    act: Done,
    /// The path of the folder or prompt; empty for the organization's variables.
    path: String,
    /// The details, or why it was skipped.
    says: String,
}

/// What happened to an item in the file.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ImportedAct)]
enum Done {
    Created,
    Changed,
    Skipped,
}

impl From<line::Line> for Line {
    fn from(line: line::Line) -> Self {
        let act = match line.act {
            Act::Create => Done::Created,
            Act::Change => Done::Changed,
            Act::Skip => Done::Skipped,
        };
        Self { act, path: line.path, says: line.says }
    }
}

/// Import prompts
///
/// Imports an exported file of at most 8 MiB. Existing prompts get the versions they don't have yet; nothing is
/// deleted. A large file is imported in parts: if the import is interrupted, the finished parts stay, and sending the
/// file again imports the rest. A key limited to folders can't import.
#[utoipa::path(
    post, path = "/import", tag = "Library", params(How), request_body = LibraryFile,
    responses((status = 200, description = "The changes that were made, or would be made.", body = Imported)),
    extensions(("x-scope" = json!("write:prompts"))),
)]
pub(super) async fn import(
    service: Service,
    Params(how): Params<How>,
    Json(file): Json<LibraryFile>,
) -> Result<Response, ApiError> {
    let grant = service.grant::<ImportContent>()?;
    service.folder(None).await?;
    check::whole(&file).map_err(|why| Error::invalid("", why))?;
    // A path may be as long as the file.
    let file = service.scope().server().long_work.run(grant.behalf(), move || file.composed()).await?;
    let lines = if how.dry_run {
        import::preview_file(&grant, file).await?
    } else {
        import::import_file(&grant, file).await?
    };
    let bytes = lines.iter().map(|line| LINE + line.path.len() + line.says.len()).sum();
    json_of(&service, bytes, move || {
        let [created, changed, skipped] = [Act::Create, Act::Change, Act::Skip].map(|act| count(&lines, act));
        Imported { created, changed, skipped, lines: lines.into_iter().map(Line::from).collect() }
    })
    .await
}
