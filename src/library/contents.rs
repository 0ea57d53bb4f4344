//! What is in a folder, as a table.

use super::tree::Written;
use crate::{
    error::Result,
    fields::{PathName, capitalized, counted},
    id::{FolderId, PromptId},
    library::tree::icon_of,
    paths,
    prompts::{Tags, content::Kind},
    role::EditContent,
    tenancy::Scope,
    time::Timestamp,
    ui::{Bake, Empty, Html, Icon, Pager, When, glyph},
    web::RequestContext,
};
use leptos::prelude::*;
use std::sync::Arc;
use uuid::Uuid;

/// How many prompts a page shows.
const SIZE: i64 = 100;

#[derive(Debug, sqlx::FromRow)]
struct FolderRow {
    id: FolderId,
    name: PathName,
    prompts: i64,
    /// How many of them are of the sample.
    samples: i64,
}

#[derive(Debug, sqlx::FromRow)]
struct PromptRow {
    id: PromptId,
    name: PathName,
    kind: Kind,
    tags: Tags,
    latest: i64,
    is_dirty: bool,
    updated_at: Timestamp,
    position: i64,
}

/// The place of a prompt among the others in a folder: its position, and its id where two have the same.
type Place = (i64, PromptId);

/// The place that a URL names.
fn place(text: &str) -> Option<Place> {
    let (position, id) = text.split_once('.')?;
    Some((position.parse().ok()?, id.parse().ok()?))
}

/// The folders and prompts in a folder, or at the top: prompts a page at a time.
///
/// # Errors
/// When the database fails.
pub async fn contents(caller: &RequestContext, scope: &Scope, folder: Option<FolderId>) -> Result<Html> {
    let after = caller.query("from").and_then(|from| place(&from));
    let write = async { Ok(Written(write(scope, folder, after).await?.to_html())) };
    let written: Arc<Written> = scope.kept(format!("contents {folder:?} {after:?}"), write).await?;
    Ok(Html::new(written.0.clone()))
}

/// What comes after a place; all folders come before the first prompt.
async fn write(scope: &Scope, folder: Option<FolderId>, after: Option<Place>) -> Result<Html> {
    let folders = scope.query(
        "WITH RECURSIVE below (root, id) AS (
           SELECT id, id FROM folders
           WHERE org_id = $1 AND parent_id IS NOT DISTINCT FROM $2 AND trash_id IS NULL
           UNION ALL
           SELECT b.root, f.id FROM folders f JOIN below b ON f.org_id = $1 AND f.parent_id = b.id
           WHERE f.trash_id IS NULL)
         SELECT f.id, f.name, coalesce(inside.prompts, 0) AS prompts, coalesce(inside.samples, 0) AS samples
         FROM folders f LEFT JOIN (
           SELECT b.root, count(*) AS prompts, count(*) FILTER (WHERE p.tags = 'sample') AS samples
           FROM below b JOIN prompts p ON p.org_id = $1 AND p.folder_id = b.id
           WHERE p.trash_id IS NULL GROUP BY b.root) inside ON inside.root = f.id
         WHERE f.org_id = $1 AND f.parent_id IS NOT DISTINCT FROM $2 AND f.trash_id IS NULL ORDER BY f.position, f.id",
    );
    let folders: Vec<FolderRow> =
        if after.is_none() { folders.bind(folder).all().await? } else { Vec::new() };
    // What they say is compared only of those that are shown.
    let prompts = scope.query(
        "SELECT p.id, p.name, p.kind, p.tags, p.latest, p.updated_at, p.position,
           coalesce(d.content <> v.content, TRUE) AS is_dirty
         FROM (SELECT * FROM prompts
           WHERE org_id = $1 AND folder_id IS NOT DISTINCT FROM $2 AND trash_id IS NULL
             AND (position > $3 OR (position = $3 AND id > $4))
           ORDER BY position, id LIMIT CAST($5 AS BIGINT)) p
         JOIN drafts d ON d.org_id = p.org_id AND d.prompt_id = p.id
         LEFT JOIN versions v ON v.org_id = p.org_id AND v.prompt_id = p.id AND v.number = p.latest
         ORDER BY p.position, p.id",
    );
    let (position, id) = after.unwrap_or((i64::MIN, PromptId(Uuid::nil())));
    let prompts = prompts.bind(folder).bind(position).bind(id).bind(SIZE + 1);
    let mut prompts: Vec<PromptRow> = prompts.all().await?;
    let has_more = prompts.len() > usize::try_from(SIZE).unwrap_or(0);
    prompts.truncate(usize::try_from(SIZE).unwrap_or(0));
    if folders.is_empty() && prompts.is_empty() {
        return Ok(nothing(scope, folder));
    }
    let base = paths::folder(scope.slug(), folder);
    let last = prompts.last().filter(|_| has_more);
    let next = last.map(|last| format!("{base}?from={}.{}", last.position, last.id));
    let first = after.map(|_| base.clone());
    let folders: Vec<_> = folders.iter().map(|one| folder_row(scope, one)).collect();
    let prompts: Vec<_> = prompts.iter().map(|one| prompt_row(scope, one)).collect();
    Ok(view! {
        <div id="contents" data-live="prompts drafts">
            <table class="table contents">
                <thead><tr>
                    <th scope="col">"Name"</th><th scope="col">"Version"</th><th scope="col">"Tags"</th><th scope="col">"Changed"</th>
                </tr></thead>
                <tbody>{folders}{prompts}</tbody>
            </table>
            <Pager first next/>
        </div>
    }
    .bake())
}

fn nothing(scope: &Scope, folder: Option<FolderId>) -> Html {
    let (title, says) = match folder {
        None => ("No prompts yet", "Keep prompts in folders, with their full history."),
        Some(_) => ("Nothing in this folder", "Prompts created here inherit this folder's variables."),
    };
    let url = paths::new_prompt(scope.slug(), folder);
    let may = scope.can::<EditContent>();
    view! {
        <div id="contents" data-live="prompts">
            <Empty icon=glyph::File title>
                <p>{says}</p>
                {may.then(|| view! { <a class="button" data-kind="primary" href=url>"New prompt"</a> })}
            </Empty>
        </div>
    }
    .bake()
}

fn folder_row(scope: &Scope, row: &FolderRow) -> impl IntoView + use<> {
    let url = paths::folder(scope.slug(), Some(row.id));
    let is_sample = row.samples > 0 && row.samples == row.prompts;
    let sample = is_sample.then(|| view! { <span class="badge">"Sample"</span> });
    let prompts = capitalized(&counted(row.prompts, "prompt"));
    view! {
        <tr>
            <td data-label="Name"><a class="thing" href=url><Icon is=glyph::Folder/><span>{row.name.to_string()}</span></a>" "<small>{prompts}</small></td>
            <td data-label="Version"></td>
            <td data-label="Tags">{sample}</td>
            <td data-label="Changed"></td>
        </tr>
    }
}

fn prompt_row(scope: &Scope, row: &PromptRow) -> impl IntoView + use<> {
    let url = paths::prompt(scope.slug(), row.id);
    let now = scope.server().clock.now();
    let tags: Vec<_> =
        row.tags.iter().map(|tag| view! { <span class="badge">{tag.to_owned()}</span>" " }).collect();
    let tags = (!tags.is_empty()).then(|| view! { <span>{tags}</span> });
    view! {
        <tr>
            <td data-label="Name"><a class="thing" href=url><Icon is=icon_of(row.kind)/><span>{row.name.to_string()}</span></a></td>
            <td data-label="Version">{version_of(row.latest, row.is_dirty)}</td>
            <td data-label="Tags">{tags}</td>
            <td data-label="Changed"><When at=row.updated_at now/></td>
        </tr>
    }
}

/// What of a prompt is saved, in words.
#[must_use]
pub fn version_of(latest: i64, is_dirty: bool) -> String {
    match (latest, is_dirty) {
        (0, _) => "Draft".to_owned(),
        (latest, true) => format!("v{latest}, draft changed"),
        (latest, false) => format!("v{latest}"),
    }
}
