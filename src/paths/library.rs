//! Of the library and the editor.

use crate::{
    fields::Slug,
    id::{FolderId, ImportId, PromptId},
};

/// The library of an organization.
#[must_use]
pub fn prompts(org: &Slug) -> String {
    format!("/{org}/prompts")
}

/// A folder of the library, or its top.
#[must_use]
pub fn folder(org: &Slug, folder: Option<FolderId>) -> String {
    folder.map_or_else(|| prompts(org), |folder| format!("/{org}/prompts/folders/{folder}"))
}

/// The form that makes a folder in another.
#[must_use]
pub fn new_folder(org: &Slug, parent: Option<FolderId>) -> String {
    within(&format!("/{org}/prompts/folders/new"), parent)
}

/// The form that makes a prompt in a folder.
#[must_use]
pub fn new_prompt(org: &Slug, folder: Option<FolderId>) -> String {
    within(&format!("/{org}/prompts/new"), folder)
}

fn within(page: &str, folder: Option<FolderId>) -> String {
    folder.map_or_else(|| page.to_owned(), |folder| format!("{page}?folder={folder}"))
}

/// The variables of the organization.
#[must_use]
pub fn variables(org: &Slug) -> String {
    format!("/{org}/prompts/variables")
}

/// Where files are imported, or what one of them would do.
#[must_use]
pub fn import(org: &Slug, import: Option<ImportId>) -> String {
    let page = format!("/{org}/prompts/import");
    import.map_or(page.clone(), |import| format!("{page}/{import}"))
}

/// The library, a folder or a prompt (`?folder=…`, `?prompt=…`) as a file: `json` or `md`.
#[must_use]
pub fn export(org: &Slug, ending: &str, of: &str) -> String {
    format!("/{org}/prompts/export.{ending}{of}")
}

/// The paths that a reference may have, a line each; `?q=…` narrows them.
#[must_use]
pub fn prompt_paths(org: &Slug) -> String {
    format!("/{org}/prompts/paths")
}

/// Anything by a few letters.
#[must_use]
pub fn find(org: &Slug) -> String {
    format!("/{org}/find")
}

/// The keys there are.
#[must_use]
pub fn shortcuts(org: &Slug) -> String {
    format!("/{org}/shortcuts")
}

/// Prompts by words.
#[must_use]
pub fn search(org: &Slug) -> String {
    format!("/{org}/prompts/search")
}

/// What is in the trash.
#[must_use]
pub fn trash(org: &Slug) -> String {
    format!("/{org}/prompts/trash")
}

/// A prompt: the editor of its draft.
#[must_use]
pub fn prompt(org: &Slug, prompt: PromptId) -> String {
    format!("/{org}/prompts/{prompt}")
}

/// What would be saved as a version of it.
#[must_use]
pub fn save_version(org: &Slug, prompt: PromptId) -> String {
    format!("/{org}/prompts/{prompt}/save")
}

/// Its versions.
#[must_use]
pub fn versions(org: &Slug, prompt: PromptId) -> String {
    format!("/{org}/prompts/{prompt}/versions")
}

/// One of its versions.
#[must_use]
pub fn version(org: &Slug, prompt: PromptId, number: i64) -> String {
    format!("/{org}/prompts/{prompt}/versions/{number}")
}

/// What differs between two of its versions; `draft` is the draft.
#[must_use]
pub fn compare(org: &Slug, prompt: PromptId, from: &str, to: &str) -> String {
    format!("/{org}/prompts/{prompt}/compare?from={from}&to={to}")
}

/// What it is called, where it stands, who uses it, what happened to it.
#[must_use]
pub fn prompt_details(org: &Slug, prompt: PromptId) -> String {
    format!("/{org}/prompts/{prompt}/details")
}

/// Its draft as it was earlier.
#[must_use]
pub fn earlier_drafts(org: &Slug, prompt: PromptId) -> String {
    format!("/{org}/prompts/{prompt}/drafts")
}

/// One of its earlier drafts.
#[must_use]
pub fn earlier_draft(org: &Slug, prompt: PromptId, revision: i64) -> String {
    format!("/{org}/prompts/{prompt}/drafts/{revision}")
}
