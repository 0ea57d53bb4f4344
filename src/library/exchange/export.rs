//! Writing the library, a folder or a prompt to a file.

use super::format::{FolderEntry, Lead, LibraryFile, PromptEntry, VersionEntry};
use crate::{
    error::Result,
    fields::Name,
    id::{FolderId, PromptId},
    library::{folders, variables},
    prompts::{content::Content, drafts, store},
    server::{Scope, caller::internal},
    time::Timestamp,
    ui::rfc3339_exact,
};
use std::collections::BTreeMap;

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Everything.
    Whole,
    /// A folder, with everything in it.
    Folder(FolderId),
    /// One prompt.
    Prompt(PromptId),
}

/// The file of a part of the library.
///
/// # Errors
/// [`Error::NotFound`](crate::error::Error::NotFound) when there is no such folder or prompt.
pub async fn export(scope: &Scope, extent: Extent) -> Result<LibraryFile> {
    let mut file = LibraryFile::empty();
    match extent {
        Extent::Prompt(id) => file.prompts.push(prompt(scope, id).await?),
        Extent::Folder(id) => {
            let folder = folders::find(scope, id).await?;
            Box::pin(take_folder(scope, &mut file, folder.id, folder.path)).await?;
        }
        Extent::Whole => {
            file.variables = variables::read(scope, None).await?;
            Box::pin(take_inside(scope, &mut file, None)).await?;
        }
    }
    Ok(file)
}

async fn take_folder(scope: &Scope, file: &mut LibraryFile, id: FolderId, path: String) -> Result<()> {
    let variables = variables::read(scope, Some(id)).await?;
    file.folders.push(FolderEntry { path, variables });
    Box::pin(take_inside(scope, file, Some(id))).await
}

async fn take_inside(scope: &Scope, file: &mut LibraryFile, folder: Option<FolderId>) -> Result<()> {
    let prompts = scope.query(
        "SELECT id FROM prompts WHERE org_id = $1 AND folder_id IS NOT DISTINCT FROM $2 AND trash_id IS NULL
         ORDER BY position, id",
    );
    let prompts: Vec<(PromptId,)> = prompts.bind(folder).all().await?;
    for (id,) in prompts {
        file.prompts.push(prompt(scope, id).await?);
    }
    let below = scope.query(
        "SELECT id, path FROM folders WHERE org_id = $1 AND parent_id IS NOT DISTINCT FROM $2 AND trash_id IS NULL
         ORDER BY position, id",
    );
    let below: Vec<(FolderId, String)> = below.bind(folder).all().await?;
    for (id, path) in below {
        Box::pin(take_folder(scope, file, id, path)).await?;
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    number: i64,
    message: String,
    origin: String,
    author: Option<Name>,
    created_at: Timestamp,
    restores: Option<i64>,
    content: String,
}

async fn prompt(scope: &Scope, id: PromptId) -> Result<PromptEntry> {
    let prompt = store::find(scope, id).await?;
    let old_paths =
        scope.query("SELECT path FROM old_paths WHERE org_id = $1 AND prompt_id = $2 ORDER BY path");
    let old_paths: Vec<(String,)> = old_paths.bind(id).all().await?;
    let rows = scope.query(
        "SELECT v.number, v.message, v.author AS origin, coalesce(u.name, k.name) AS author, v.created_at, v.restores, v.content
         FROM versions v LEFT JOIN users u ON u.id = v.created_by
         LEFT JOIN api_keys k ON k.org_id = v.org_id AND k.id = v.key_id
         WHERE v.org_id = $1 AND v.prompt_id = $2 ORDER BY v.number",
    );
    let rows: Vec<Row> = rows.bind(id).all().await?;
    let leads = scope.query(
        "SELECT r.number, r.target, p.path, coalesce(r.to_number, 0), coalesce(e.name, '') FROM prompt_references r
         JOIN prompts p ON p.org_id = r.org_id AND p.id = r.to_id
         LEFT JOIN environments e ON e.org_id = r.org_id AND e.id = r.environment_id AND e.purged_at IS NULL
         WHERE r.org_id = $1 AND r.prompt_id = $2 AND (r.to_number IS NOT NULL OR e.name IS NOT NULL)",
    );
    let leads: Vec<(i64, String, String, i64, String)> = leads.bind(id).all().await?;
    let mut references: BTreeMap<i64, BTreeMap<String, Lead>> = BTreeMap::new();
    for (number, target, path, version, environment) in leads {
        references.entry(number).or_default().insert(target, Lead { path, version, environment });
    }
    let mut versions = Vec::with_capacity(rows.len());
    for row in rows {
        let author = row.author.map_or_else(String::new, |name| name.to_string());
        let author = if row.origin.is_empty() { author } else { row.origin };
        versions.push(VersionEntry {
            number: row.number,
            message: row.message,
            author,
            created_at: rfc3339_exact(row.created_at),
            restores: row.restores,
            content: serde_json::from_str(&row.content).map_err(|error| internal(&error))?,
            references: references.remove(&row.number).unwrap_or_default(),
        });
    }
    let draft = drafts::read(scope, id).await?.content;
    let newest: Option<&Content> = versions.last().map(|version: &VersionEntry| &version.content);
    let draft = (newest != Some(&draft)).then_some(draft);
    let tags = prompt.tags.iter().map(ToOwned::to_owned).collect();
    let old_paths = old_paths.into_iter().map(|(path,)| path).collect();
    Ok(PromptEntry { path: prompt.path, description: prompt.description, tags, old_paths, versions, draft })
}
