//! The tree beside every page of the library. Open are the branches that lead to where one is, and some that the
//! person opened, so what is sent does not grow with the library.

use super::{
    folders::{Folder, above},
    sample::SAMPLE,
};
use crate::{
    error::Result,
    fields::{PathName, Slug},
    id::{FolderId, PromptId},
    kernel::fragment_cache::Cacheable,
    paths,
    prompts::{Tags, content::Kind},
    role::EditContent,
    tenancy::Scope,
    ui::{Bake, Html, Icon, glyph, script_cookie},
};
use leptos::prelude::*;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// The most prompts of a folder that the tree shows.
const MOST: usize = 200;
/// The most folders that somebody keeps open.
const MOST_OPEN: usize = 20;

/// Where in the library one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Here {
    /// At the top.
    Top,
    /// On a page of no folder, such as the trash.
    Elsewhere,
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
    /// Whether all prompts in it are of the sample.
    is_sample: bool,
}

#[derive(Debug, sqlx::FromRow)]
struct PromptRow {
    id: PromptId,
    folder_id: Option<FolderId>,
    name: PathName,
    path: String,
    kind: Kind,
    tags: Tags,
}

/// A piece of a page as it was written, kept for the next person who asks.
#[derive(Debug)]
pub(super) struct Written(pub(super) String);

impl Cacheable for Written {
    fn bytes(&self) -> usize {
        self.0.len()
    }
}

/// The tree, open as far as where one is and where the person opened it.
///
/// # Errors
/// When the database fails.
pub async fn tree(scope: &Scope, here: Here) -> Result<Html> {
    let open = opened();
    let label = format!("tree {here:?} {open:?}");
    let read = async { Ok(Written(write(scope, here, open).await?)) };
    let tree: Arc<Written> = scope.kept(label, read).await?;
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

/// The folders that the person opened in the tree, as `ui::browser::fold` keeps them.
fn opened() -> BTreeSet<FolderId> {
    let ids = script_cookie("open").unwrap_or_default();
    ids.split('.').take(MOST_OPEN).filter_map(|id| id.parse().ok()).collect()
}

/// A statement over `open`: the ids of the folder `$2`, of those around it, and of those in the list `$3`.
macro_rules! open {
    ($($part:tt)+) => {
        (
            above!(", open (id) AS (SELECT id FROM above UNION SELECT unhex(value) FROM json_each($3)) ", $($part)+),
            above!(
                ", open (id) AS (SELECT id FROM above UNION
                   SELECT CAST(value AS UUID) FROM json_array_elements_text(CAST($3 AS JSON))) ",
                $($part)+
            ),
        )
    };
}

/// Whether folder `f` holds sample prompts and no others. Only folders that hold some of the `samples` are searched.
macro_rules! is_sample {
    () => {
        "CASE WHEN EXISTS (SELECT 1 FROM samples s WHERE substr(s.path, 1, length(f.path) + 1) = f.path || '/')
         THEN NOT EXISTS (
           WITH RECURSIVE below (id) AS (
             SELECT f.id UNION ALL
             SELECT c.id FROM below b JOIN folders c ON c.org_id = $1 AND c.parent_id = b.id WHERE c.trash_id IS NULL)
           SELECT 1 FROM below b JOIN prompts p ON p.org_id = $1 AND p.folder_id = b.id
           WHERE p.trash_id IS NULL AND p.tags <> 'sample')
         ELSE FALSE END"
    };
}

/// The folders that are shown.
pub(crate) const FOLDERS: (&str, &str) = open!(
    ", samples (path) AS MATERIALIZED (
       SELECT path FROM prompts WHERE org_id = $1 AND trash_id IS NULL AND tags = 'sample' ORDER BY path LIMIT 50)
     SELECT f.id, f.parent_id, f.name, ",
    is_sample!(),
    " AS is_sample FROM folders f
     WHERE f.org_id = $1 AND f.trash_id IS NULL AND (f.parent_id IS NULL OR f.parent_id IN (SELECT id FROM open))
     ORDER BY f.position, f.id"
);

/// With the first `$4` prompts of each open folder: the first `$4` at the top, and the prompt `$5`.
macro_rules! shown {
    ($of_open:literal) => {
        concat!(
            $of_open,
            " UNION SELECT * FROM (
               SELECT id, folder_id, name, path, kind, tags, position FROM prompts
               WHERE org_id = $1 AND trash_id IS NULL AND folder_id IS NULL
               ORDER BY position, id LIMIT CAST($4 AS BIGINT)) top
             UNION SELECT id, folder_id, name, path, kind, tags, position FROM prompts
             WHERE org_id = $1 AND trash_id IS NULL AND id = $5
             ORDER BY position, id"
        )
    };
}

/// The prompts that are shown: however many there are, no more of each folder are read. Each database has its own way
/// to say it.
pub(crate) const PROMPTS: (&str, &str) = (
    open!(shown!(
        "SELECT s.id, s.folder_id, s.name, s.path, s.kind, s.tags, s.position
         FROM open o CROSS JOIN prompts s WHERE s.org_id = $1 AND s.id IN (
           SELECT p.id FROM prompts p WHERE p.org_id = $1 AND p.trash_id IS NULL AND p.folder_id = o.id
           ORDER BY p.position, p.id LIMIT CAST($4 AS BIGINT))"
    ))
    .0,
    open!(shown!(
        "SELECT s.* FROM open o CROSS JOIN LATERAL (
           SELECT p.id, p.folder_id, p.name, p.path, p.kind, p.tags, p.position FROM prompts p
           WHERE p.org_id = $1 AND p.trash_id IS NULL AND p.folder_id = o.id
           ORDER BY p.position, p.id LIMIT CAST($4 AS BIGINT)) s"
    ))
    .1,
);

async fn write(scope: &Scope, here: Here, opened: BTreeSet<FolderId>) -> Result<String> {
    let folder = match here {
        Here::Top | Here::Elsewhere => None,
        Here::Folder(folder) => Some(folder),
        Here::Prompt(_, folder) => folder,
    };
    let ids: Vec<String> = opened.iter().map(|id| id.0.simple().to_string()).collect();
    let ids = serde_json::json!(ids).to_string();
    let rows = scope.query(scope.either(FOLDERS.0, FOLDERS.1)).bind(folder).bind(ids.clone());
    let rows: Vec<FolderRow> = rows.all().await?;
    let prompts = scope.query(scope.either(PROMPTS.0, PROMPTS.1));
    let current = match here {
        Here::Prompt(prompt, _) => Some(prompt),
        _ => None,
    };
    // One more tells that there are more.
    let most = i64::try_from(MOST).unwrap_or(i64::MAX - 1) + 1;
    let prompts: Vec<PromptRow> = prompts.bind(folder).bind(ids).bind(most).bind(current).all().await?;
    // The way up from where one is stands among the folders that are shown.
    let above = |id: FolderId| rows.iter().find(|row| row.id == id).and_then(|row| row.parent_id);
    let mut open: Vec<FolderId> = std::iter::successors(folder, |id| above(*id)).collect();
    open.extend(opened);
    let mut branches: HashMap<Option<FolderId>, Branch> = HashMap::new();
    for row in rows {
        branches.entry(row.parent_id).or_default().folders.push(row);
    }
    for row in prompts {
        branches.entry(row.folder_id).or_default().prompts.push(row);
    }
    let writer = Writer { org: scope.slug(), here, open, branches };
    Ok(writer.branch(None, false).unwrap_or_default())
}

#[derive(Default)]
struct Branch {
    folders: Vec<FolderRow>,
    prompts: Vec<PromptRow>,
}

struct Writer<'a> {
    org: &'a Slug,
    here: Here,
    open: Vec<FolderId>,
    branches: HashMap<Option<FolderId>, Branch>,
}

impl Writer<'_> {
    /// What is in a folder. Within one that is marked as a sample, nothing else is.
    fn branch(&self, of: Option<FolderId>, in_sample: bool) -> Option<String> {
        let branch = self.branches.get(&of)?;
        let folders: Vec<_> = branch.folders.iter().map(|folder| self.folder(folder, in_sample)).collect();
        let shown = branch.prompts.iter().enumerate();
        let shown = shown.filter(|(place, prompt)| *place < MOST || self.is_here(prompt.id));
        let prompts: Vec<_> = shown.map(|(_, prompt)| self.prompt(prompt, in_sample)).collect();
        let more = (branch.prompts.len() > MOST).then(|| {
            view! { <li><a class="tree-item" href=paths::folder(self.org, of)>"More…"</a></li> }
        });
        Some(view! { <ul role="list">{folders}{prompts}{more}</ul> }.into_view().to_html())
    }

    fn folder(&self, folder: &FolderRow, in_sample: bool) -> impl IntoView + use<> {
        let is_open = self.open.contains(&folder.id);
        let current = (self.here == Here::Folder(folder.id)).then_some("page");
        let (name, id) = (folder.name.to_string(), folder.id.to_string());
        let below = is_open
            .then(|| self.branch(Some(folder.id), in_sample || folder.is_sample))
            .flatten()
            .map(Html::new);
        let url = paths::folder(self.org, Some(folder.id));
        let (item, label) = (format!("in-{id}"), format!("Contents of {name}"));
        view! {
            <li id=item>
                <div class="tree-row">
                    <a class="tree-fold" href=url.clone() aria-expanded=is_open.to_string() aria-label=label><Icon is=glyph::Closed/></a>
                    <a class="tree-item" href=url aria-current=current data-thing="folder" data-id=id title=name>
                        <Icon is=glyph::Folder/><span>{name.clone()}</span>{mark(folder.is_sample && !in_sample)}
                    </a>
                </div>
                {below}
            </li>
        }
    }

    fn prompt(&self, prompt: &PromptRow, in_sample: bool) -> impl IntoView + use<> {
        let current = self.is_here(prompt.id).then_some("page");
        // What it is as a reference, which chats cannot be.
        let path = (prompt.kind == Kind::Text).then(|| prompt.path.clone());
        let name = prompt.name.to_string();
        view! {
            <li>
                <a class="tree-item" href=paths::prompt(self.org, prompt.id) aria-current=current data-thing="prompt"
                    data-id=prompt.id.to_string() data-path=path title=name>
                    <Icon is=icon_of(prompt.kind)/><span>{name.clone()}</span>{mark(prompt.tags.has(SAMPLE) && !in_sample)}
                </a>
            </li>
        }
    }

    fn is_here(&self, prompt: PromptId) -> bool {
        matches!(self.here, Here::Prompt(here, _) if here == prompt)
    }
}

/// Marks what came with the organization.
fn mark(is_sample: bool) -> Option<impl IntoView> {
    is_sample.then(|| view! { <small>"Sample"</small> })
}

/// The folders around something, each with its page, as a trail of crumbs.
#[must_use]
pub fn crumbs(org: &Slug, trail: &[Folder]) -> Vec<(String, String)> {
    trail.iter().map(|folder| (folder.name.to_string(), paths::folder(org, Some(folder.id)))).collect()
}

/// The icon of a kind of prompt.
#[must_use]
pub fn icon_of(kind: Kind) -> glyph::Glyph {
    match kind {
        Kind::Text => glyph::File,
        Kind::Chat => glyph::Chat,
    }
}
