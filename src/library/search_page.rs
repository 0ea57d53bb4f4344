//! The page that finds prompts and folders.

use super::{
    excerpt::{Marked, excerpt},
    folders::Folder,
    pages::beside,
    search::{Hit, said, search, search_folders, words},
    tree::{Here, icon_of, tree},
};
use crate::{
    error::Result,
    fields::{capitalized, counted},
    id::PromptId,
    library::search_form::search_form,
    orgs::{AppLayout, Place},
    paths,
    prompts::content::Content,
    tenancy::Scope,
    ui::{Bake, Empty, Icon, When, glyph},
    web::RequestContext,
};
use leptos::prelude::*;

/// How many prompts are shown, and how many folders.
const SIZE: i64 = 50;
const FOLDERS: usize = 10;
/// The most bytes that are looked through for the lines that are shown.
const LOOKED_THROUGH: usize = 2_000_000;

/// `/{org}/prompts/search?q=…`.
///
/// # Errors
/// Those of [`AppLayout::enter`].
pub async fn search_page(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
    let typed: String = caller.query("q").unwrap_or_default().chars().take(200).collect();
    let tree = tree(&scope, Here::Elsewhere).await?;
    let hits = search(&scope, &typed, SIZE).await?;
    let folders = search_folders(&scope, &typed, FOLDERS).await?;
    let count = found(folders.len(), hits.len());
    let list = match (hits.is_empty() && folders.is_empty(), typed.trim().is_empty()) {
        (_, true) => view! { <Empty icon=glyph::Search title="Search prompts"><p>"Search names, paths, tags, descriptions and text."</p></Empty> }.bake(),
        (true, false) => view! { <Empty icon=glyph::Search title="No results"><p>"No prompt contains all of these words. Try fewer words, or just the start of a word."</p></Empty> }.bake(),
        (false, false) => {
            let lines = lines(&scope, &hits, &typed).await?;
            let folders: Vec<_> = folders.iter().map(|folder| folder_row(&scope, folder)).collect();
            let rows: Vec<_> = hits.iter().zip(lines).map(|(hit, line)| row(&scope, hit, line)).collect();
            view! { <ol class="lines hits" role="list">{folders}{rows}</ol> }.bake()
        }
    };
    let body = view! {
        <header class="page-head"><div><h1>"Search"</h1><p role="status" id="hits-count" data-live="prompts search">{count}</p></div></header>
        {search_form(&scope, &typed)}
        <div id="hits" data-live="prompts search">{list}</div>
    };
    let trail = vec![("Search".to_owned(), paths::search(scope.slug()))];
    Ok(frame.show_thing(Place::Prompts, trail, beside(tree, body)))
}

/// How many were found; nothing where none were, which the page says below.
fn found(folders: usize, prompts: usize) -> String {
    let is_cut = i64::try_from(prompts).is_ok_and(|prompts| prompts >= SIZE);
    let prompts = match prompts {
        0 => None,
        _ if is_cut => Some(format!("the first {}", counted(SIZE, "prompt"))),
        count => Some(counted(count, "prompt")),
    };
    let folders = (folders > 0).then(|| counted(folders, "folder"));
    let all: Vec<_> = folders.into_iter().chain(prompts).collect();
    capitalized(&all.join(", "))
}

/// Of each prompt the line in which the words were found, if they were in its text.
async fn lines(scope: &Scope, hits: &[Hit], typed: &str) -> Result<Vec<Option<Marked>>> {
    let (words, mut said) = (words(typed), said(scope, hits).await?);
    let bytes = said.values().map(String::len).sum();
    let ids: Vec<_> = hits.iter().map(|hit| hit.id).collect();
    let look = move || {
        let mut room = LOOKED_THROUGH;
        let line = |id: &PromptId| {
            let json = said.remove(id).filter(|json| json.len() <= room)?;
            room -= json.len();
            let content: Content = serde_json::from_str(&json).ok()?;
            excerpt(content.texts(), &words)
        };
        ids.iter().map(line).collect()
    };
    scope.server().long_work.run_on(scope.behalf(), bytes, look).await
}

fn folder_row(scope: &Scope, folder: &Folder) -> impl IntoView + use<> {
    let url = paths::folder(scope.slug(), Some(folder.id));
    view! {
        <li class="hit">
            <div><a class="thing" href=url><Icon is=glyph::Folder/>{folder.name.to_string()}</a></div>
            <small>{folder.path.clone()}</small>
        </li>
    }
}

/// A prompt in three lines: its name and what it is for, where it is, and where the words were found.
fn row(scope: &Scope, hit: &Hit, line: Option<Marked>) -> impl IntoView + use<> {
    let now = scope.server().clock.now();
    let piece = |(is_found, text): (bool, String)| {
        if is_found { view! { <mark>{text}</mark> }.bake() } else { view! { {text} }.bake() }
    };
    let line = line.map(|line| {
        let pieces: Vec<_> = line.into_iter().map(piece).collect();
        view! { <p class="hit-line">{pieces}</p> }
    });
    let about = (!hit.description.is_empty()).then(|| view! { <span>{hit.description.clone()}</span> });
    view! {
        <li class="hit">
            <div>
                <a class="thing" href=paths::prompt(scope.slug(), hit.id)><Icon is=icon_of(hit.kind)/>{hit.name.to_string()}</a>
                {about}
            </div>
            <small>{hit.path.clone()}" · "<When at=hit.updated_at now/></small>
            {line}
        </li>
    }
}
