//! The tree beside every page of the library. Only the branches that lead to where one is are open, so
//! what is sent does not grow with the library.

use super::{
    contents::icon_of,
    folders::{Folder, above},
};
use crate::{
    error::Result,
    fields::{PathName, Slug},
    id::{FolderId, PromptId},
    paths,
    prompts::content::Kind,
    role::EditContent,
    server::{Scope, shelf::Keep},
    ui::{Bake, Html, Icon, glyph},
};
use leptos::prelude::*;
use std::{collections::HashMap, sync::Arc};

/// The most prompts of a folder that the tree shows.
const MOST: i64 = 200;

/// Where in the library one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Here {
    /// At the top, or on a page of no folder.
    Top,
    /// At a folder.
    Folder(FolderId),
    /// At a prompt, which is in a folder or at the top.
    Prompt(PromptId, Option<FolderId>),
}

#[derive(Debug, sqlx::FromRow)]
struct FolderRow {
    id: FolderId,
    parent_id: Option<FolderId>,
    name: PathName,
}

#[derive(Debug, sqlx::FromRow)]
struct PromptRow {
    id: PromptId,
    folder_id: Option<FolderId>,
    name: PathName,
    path: String,
    kind: Kind,
    place: i64,
}

/// A piece of a page as it was written, kept for whoever asks next.
#[derive(Debug)]
pub(super) struct Written(pub(super) String);

impl Keep for Written {
    fn bytes(&self) -> usize {
        self.0.len()
    }
}

/// The tree, open as far as where one is.
///
/// # Errors
/// When the database fails.
pub async fn tree(scope: &Scope, here: Here) -> Result<Html> {
    let read = async { Ok(Written(write(scope, here).await?)) };
    let tree: Arc<Written> = scope.kept(format!("tree {here:?}"), read).await?;
    let org = scope.slug();
    let at_top = (here == Here::Top).then_some("page");
    let inside = Html::new(tree.0.clone());
    let hint = scope.can::<EditContent>();
    let movable = hint.then(|| org.to_string());
    Ok(view! {
        <details class="tree" data-org=movable>
            <summary>"Library"</summary>
            <nav aria-label="Library" id="tree" data-live="prompts">
                <a class="tree-item" href=paths::prompts(org) aria-current=at_top><Icon is=glyph::House/>"All prompts"</a>
                {inside}
            </nav>
            {hint.then(|| view! { <p class="hint tree-hint">"Drag to move, or press Alt + arrow keys."</p> })}
        </details>
    }
    .bake())
}

async fn write(scope: &Scope, here: Here) -> Result<String> {
    let folder = match here {
        Here::Top => None,
        Here::Folder(folder) => Some(folder),
        Here::Prompt(_, folder) => folder,
    };
    let rows = scope.query(above!(
        "SELECT id, parent_id, name FROM folders
         WHERE org_id = $1 AND trash_id IS NULL AND (parent_id IS NULL OR parent_id IN (SELECT id FROM above))
         ORDER BY position, id"
    ));
    let rows: Vec<FolderRow> = rows.bind(folder).all().await?;
    let prompts = scope.query(above!(
        "SELECT * FROM (
           SELECT id, folder_id, name, path, kind, row_number() OVER (PARTITION BY folder_id ORDER BY position, id) AS place
           FROM prompts
           WHERE org_id = $1 AND trash_id IS NULL AND (folder_id IS NULL OR folder_id IN (SELECT id FROM above))) open
         WHERE place <= $3 + 1 OR id = $4
         ORDER BY place"
    ));
    let current = match here {
        Here::Prompt(prompt, _) => Some(prompt),
        _ => None,
    };
    let prompts: Vec<PromptRow> = prompts.bind(folder).bind(MOST).bind(current).all().await?;
    // The way up from where one is stands among the folders that are shown.
    let above = |id: FolderId| rows.iter().find(|row| row.id == id).and_then(|row| row.parent_id);
    let trail: Vec<FolderId> = std::iter::successors(folder, |id| above(*id)).collect();
    let mut branches: HashMap<Option<FolderId>, Branch> = HashMap::new();
    for row in rows {
        branches.entry(row.parent_id).or_default().folders.push(row);
    }
    for row in prompts {
        branches.entry(row.folder_id).or_default().prompts.push(row);
    }
    let writer = Writer { org: scope.slug(), here, trail, branches };
    Ok(writer.branch(None).unwrap_or_default())
}

#[derive(Default)]
struct Branch {
    folders: Vec<FolderRow>,
    prompts: Vec<PromptRow>,
}

struct Writer<'a> {
    org: &'a Slug,
    here: Here,
    trail: Vec<FolderId>,
    branches: HashMap<Option<FolderId>, Branch>,
}

impl Writer<'_> {
    fn branch(&self, of: Option<FolderId>) -> Option<String> {
        let branch = self.branches.get(&of)?;
        let folders: Vec<_> = branch.folders.iter().map(|folder| self.folder(folder)).collect();
        let shown = branch.prompts.iter().filter(|prompt| prompt.place <= MOST || self.is_here(prompt.id));
        let prompts: Vec<_> = shown.map(|prompt| self.prompt(prompt)).collect();
        let has_more = branch.prompts.iter().any(|prompt| prompt.place > MOST);
        let more = has_more.then(|| {
            view! { <li><a class="tree-item" href=paths::folder(self.org, of)>"More…"</a></li> }
        });
        Some(view! { <ul role="list">{folders}{prompts}{more}</ul> }.into_view().to_html())
    }

    fn folder(&self, folder: &FolderRow) -> impl IntoView + use<> {
        let is_open = self.trail.contains(&folder.id);
        let current = (self.here == Here::Folder(folder.id)).then_some("page");
        let icon = if is_open { glyph::FolderOpen } else { glyph::Folder };
        let below = is_open.then(|| self.branch(Some(folder.id))).flatten().map(Html::new);
        view! {
            <li>
                <a class="tree-item" href=paths::folder(self.org, Some(folder.id)) aria-current=current data-thing="folder" data-id=folder.id.to_string()>
                    <Icon is=icon/><span>{folder.name.to_string()}</span>
                </a>
                {below}
            </li>
        }
    }

    fn prompt(&self, prompt: &PromptRow) -> impl IntoView + use<> {
        let current = self.is_here(prompt.id).then_some("page");
        // What it is as a reference, which chats cannot be.
        let path = (prompt.kind == Kind::Text).then(|| prompt.path.clone());
        view! {
            <li>
                <a class="tree-item" href=paths::prompt(self.org, prompt.id) aria-current=current data-thing="prompt"
                    data-id=prompt.id.to_string() data-path=path>
                    <Icon is=icon_of(prompt.kind)/><span>{prompt.name.to_string()}</span>
                </a>
            </li>
        }
    }

    fn is_here(&self, prompt: PromptId) -> bool {
        matches!(self.here, Here::Prompt(here, _) if here == prompt)
    }
}

/// The folders around something, each with its page, as a trail of crumbs.
#[must_use]
pub fn crumbs(org: &Slug, trail: &[Folder]) -> Vec<(String, String)> {
    trail.iter().map(|folder| (folder.name.to_string(), paths::folder(org, Some(folder.id)))).collect()
}
