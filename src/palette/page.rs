//! The page that finds: a list of links under a field. With script it opens over any page
//! (`ui::browser::palette`), which takes the list `#found` from here.

use crate::{
    error::Result,
    library::{contents::icon_of, search::search},
    orgs::{Frame, Place},
    paths,
    prompts::index::fold,
    role::{EditContent, ImportContent, InviteMembers},
    server::{Caller, Scope},
    ui::{Bake, Html, Icon, glyph},
};
use leptos::prelude::*;

/// How many prompts are shown, and how many workspaces.
const SIZE: usize = 8;

/// Something to go to.
struct Found {
    icon: glyph::Glyph,
    name: String,
    /// What kind of thing it is, or where it is.
    says: String,
    url: String,
}

/// `/{org}/find?q=…`.
///
/// # Errors
/// Those of [`Frame::enter`].
pub async fn find(caller: Caller) -> Result<impl IntoView> {
    let (scope, frame) = Frame::enter(&caller).await?;
    let typed: String = caller.query("q").unwrap_or_default().chars().take(200).collect();
    let mut found = prompts(&scope, &typed).await?;
    let folded = fold(typed.trim());
    // Each word at the beginning of one: "new pro" is "New prompt".
    let fits = |name: &str| {
        let name = fold(name);
        folded.split_whitespace().all(|word| name.split_whitespace().any(|one| one.starts_with(word)))
    };
    found.extend(acts(&scope).into_iter().chain(pages(&scope)).filter(|one| fits(&one.name)));
    let workspaces = frame.memberships().iter().filter(|one| one.organization.id != scope.organization().id);
    let workspaces = workspaces.map(|one| Found {
        icon: glyph::Updown,
        name: one.organization.name.to_string(),
        says: "Organization".to_owned(),
        url: paths::organization(&one.organization.slug),
    });
    found.extend(workspaces.filter(|one| fits(&one.name)).take(SIZE));
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

async fn prompts(scope: &Scope, typed: &str) -> Result<Vec<Found>> {
    let hits = search(scope, typed, i64::try_from(SIZE).unwrap_or(8)).await?;
    let found = hits.into_iter().map(|hit| Found {
        icon: icon_of(hit.kind),
        says: hit.path.rsplit_once('/').map_or_else(|| "Prompt".to_owned(), |(above, _)| above.to_owned()),
        name: hit.name.to_string(),
        url: paths::prompt(scope.slug(), hit.id),
    });
    Ok(found.collect())
}

/// What one can do.
fn acts(scope: &Scope) -> Vec<Found> {
    let org = scope.slug();
    let all = [
        (scope.can::<EditContent>(), "New prompt", paths::new_prompt(org, None)),
        (scope.can::<EditContent>(), "New folder", paths::new_folder(org, None)),
        (scope.can::<ImportContent>(), "Import prompts", paths::import(org, None)),
        (scope.can::<InviteMembers>(), "Invite people", paths::new_invitation(org)),
        (true, "New organization", paths::NEW_ORGANIZATION.to_owned()),
    ];
    let may = all.into_iter().filter(|(may, ..)| *may);
    let found = |(_, name, url): (bool, &str, String)| Found {
        icon: glyph::Plus,
        name: name.to_owned(),
        says: "Action".to_owned(),
        url,
    };
    may.map(found).collect()
}

/// The pages of the workspace, and those of one's own.
fn pages(scope: &Scope) -> impl Iterator<Item = Found> + use<> {
    let org = scope.slug();
    let mut all = Place::pages(org, scope.role());
    all.push(("Variables", paths::variables(org)));
    all.push(("Trash", paths::trash(org)));
    all.push(("Account", paths::ACCOUNT.to_owned()));
    all.into_iter().map(|(name, url)| Found {
        icon: glyph::Settings,
        name: name.to_owned(),
        says: "Page".to_owned(),
        url,
    })
}

fn list(found: Vec<Found>) -> Html {
    if found.is_empty() {
        return view! { <div id="found"><p class="note">"No results."</p></div> }.bake();
    }
    let rows: Vec<_> = found
        .into_iter()
        .map(|one| {
            view! {
                <li><a class="menu-item" href=one.url><Icon is=one.icon/><span class="menu-label">{one.name}</span><small>{one.says}</small></a></li>
            }
        })
        .collect();
    view! { <div id="found"><ul class="found" role="list">{rows}</ul></div> }.bake()
}
