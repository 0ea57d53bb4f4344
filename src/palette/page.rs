//! The page that finds: a list of links under a field. With script it opens over any page
//! (`ui::browser::palette`), which takes the list `#found` from here.

use super::{
    acts,
    model::{Does, Found},
    places,
};
use crate::{
    error::Result,
    fields::PathName,
    id::PromptId,
    library::{
        search::{search, search_folders},
        tree::icon_of,
    },
    orgs::{AppLayout, Place},
    paths,
    prompts::{content::Kind, index::fold},
    tenancy::Scope,
    ui::{Bake, Html, Icon, PageField, glyph},
    web::RequestContext,
};
use leptos::prelude::*;

/// How many prompts are shown, and how many organizations.
const SIZE: usize = 8;
/// How many folders are shown.
const FOLDERS: usize = 4;
/// How many prompts that changed last are shown before anything is typed.
const RECENT: i64 = 6;

/// `/{org}/find?q=…`.
///
/// # Errors
/// Those of [`AppLayout::enter`].
pub async fn find(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
    let typed: String = caller.query("q").unwrap_or_default().chars().take(200).collect();
    let mut found = prompts(&scope, &typed).await?;
    let folded = fold(typed.trim());
    // Each word at the beginning of one: "new pro" is "New prompt".
    let fits = |name: &str| {
        let name = fold(name);
        folded.split_whitespace().all(|word| name.split_whitespace().any(|one| one.starts_with(word)))
    };
    let others = acts::new(&scope).into_iter().chain(places::pages(&scope)).chain(acts::own());
    found.extend(others.filter(|one| fits(&one.name)));
    let organizations =
        frame.memberships().iter().filter(|one| one.organization.id != scope.organization().id);
    let organizations = organizations.map(|one| Found {
        icon: glyph::Updown,
        name: one.organization.name.to_string(),
        says: "Organization".to_owned(),
        does: Does::Open(paths::organization(&one.organization.slug)),
    });
    found.extend(organizations.filter(|one| fits(&one.name)).take(SIZE));
    let list = list(found);
    let value = typed.clone();
    let body = view! {
        <header class="page-head"><div><h1>"Search"</h1></div></header>
        <form class="filters" role="search" method="get" action=paths::find(scope.slug())>
            <input type="search" name="q" value=value placeholder="Search prompts, pages, organizations…" aria-label="Search" maxlength="200"/>
            <button class="button" type="submit">"Search"</button>
        </form>
        {list}
    };
    Ok(frame.show(Place::Find, body))
}

/// The prompts of these words, the pages of one ("triage versions"), and folders; those that changed last where
/// nothing is typed.
async fn prompts(scope: &Scope, typed: &str) -> Result<Vec<Found>> {
    if typed.trim().is_empty() {
        return recent(scope).await;
    }
    let hits = search(scope, typed, i64::try_from(SIZE).unwrap_or(8)).await?;
    let mut found: Vec<Found> =
        hits.into_iter().map(|hit| prompt(scope, hit.id, &hit.name, &hit.path, hit.kind)).collect();
    if let Some((words, last)) = typed.trim().rsplit_once(' ')
        && last.chars().count() > 1
    {
        let tab = places::TABS.iter().find(|(name, _)| name.starts_with(&fold(last)));
        if let Some((name, url)) = tab {
            let hits = search(scope, words, 3).await?;
            found.extend(hits.into_iter().map(|hit| Found {
                name: format!("{} {name}", hit.name),
                does: Does::Open(url(scope.slug(), hit.id)),
                ..prompt(scope, hit.id, &hit.name, &hit.path, hit.kind)
            }));
        }
    }
    let folders = search_folders(scope, typed, FOLDERS).await?;
    found.extend(folders.into_iter().map(|folder| Found {
        icon: glyph::Folder,
        says: above(&folder.path).unwrap_or_else(|| "Folder".to_owned()),
        name: folder.name.to_string(),
        does: Does::Open(paths::folder(scope.slug(), Some(folder.id))),
    }));
    Ok(found)
}

async fn recent(scope: &Scope) -> Result<Vec<Found>> {
    let rows = scope.query(
        "SELECT id, name, path, kind FROM prompts WHERE org_id = $1 AND trash_id IS NULL
         ORDER BY updated_at DESC, id DESC LIMIT CAST($2 AS BIGINT)",
    );
    let rows: Vec<(PromptId, PathName, String, Kind)> = rows.bind(RECENT).all().await?;
    Ok(rows.into_iter().map(|(id, name, path, kind)| prompt(scope, id, &name, &path, kind)).collect())
}

fn prompt(scope: &Scope, id: PromptId, name: &PathName, path: &str, kind: Kind) -> Found {
    Found {
        icon: icon_of(kind),
        says: above(path).unwrap_or_else(|| "Prompt".to_owned()),
        name: name.to_string(),
        does: Does::Open(paths::prompt(scope.slug(), id)),
    }
}

/// The path of the folder that something is in.
fn above(path: &str) -> Option<String> {
    path.rsplit_once('/').map(|(above, _)| above.to_owned())
}

fn list(found: Vec<Found>) -> Html {
    if found.is_empty() {
        return view! { <div id="found"><p class="note">"No results."</p></div> }.bake();
    }
    let rows: Vec<_> = found.into_iter().map(row).collect();
    view! { <div id="found"><ul class="found" role="list">{rows}</ul></div> }.bake()
}

fn row(one: Found) -> Html {
    let Found { icon, name, says, does } = one;
    let shown = view! { <Icon is=icon/><span class="menu-label">{name}</span><small>{says}</small> }.bake();
    match does {
        Does::Open(url) => view! { <li><a class="menu-item" href=url>{shown}</a></li> }.bake(),
        Does::Send(action, field) => {
            let field = field.map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
            view! {
                <li><form method="post" action=action><PageField/>{field}<button class="menu-item">{shown}</button></form></li>
            }
            .bake()
        }
    }
}
