//! The page that finds prompts.

use super::{
    contents::icon_of,
    pages::beside,
    search::{Hit, search},
    tree::{Here, tree},
};
use crate::{
    error::Result,
    orgs::{Frame, Place},
    paths,
    server::{Caller, Scope},
    ui::{Bake, Empty, Html, Icon, When, glyph},
};
use leptos::prelude::*;

/// How many are shown.
const SIZE: i64 = 50;

/// `/{org}/prompts/search?q=…`.
///
/// # Errors
/// Those of [`Frame::enter`].
pub async fn search_page(caller: Caller) -> Result<impl IntoView> {
    let (scope, frame) = Frame::enter(&caller).await?;
    let typed: String = caller.query("q").unwrap_or_default().chars().take(200).collect();
    let tree = tree(&scope, Here::Top).await?;
    let hits = search(&scope, &typed, SIZE).await?;
    let list = match (hits.is_empty(), typed.trim().is_empty()) {
        (_, true) => view! { <Empty icon=glyph::Search title="Search prompts"><p>"Search names, paths, tags, descriptions and text."</p></Empty> }.bake(),
        (true, false) => view! { <Empty icon=glyph::Search title="No results"><p>"No prompt contains all of these words. Try fewer or shorter words."</p></Empty> }.bake(),
        (false, false) => {
            let rows: Vec<_> = hits.iter().map(|hit| row(&scope, hit)).collect();
            view! { <ol class="lines hits" role="list">{rows}</ol> }.bake()
        }
    };
    let count = match hits.len() {
        1 => "1 prompt".to_owned(),
        count if count < 50 => format!("{count} prompts"),
        _ => "The first 50 prompts".to_owned(),
    };
    let body = view! {
        <header class="page-head"><div><h1>"Search"</h1><p role="status">{count}</p></div></header>
        {search_form(&scope, &typed)}
        <div id="hits" data-live="prompts">{list}</div>
    };
    let trail = vec![("Search".to_owned(), paths::search(scope.slug()))];
    Ok(frame.show_thing(Place::Prompts, trail, beside(tree, body)))
}

/// The form that asks for words.
pub(super) fn search_form(scope: &Scope, typed: &str) -> Html {
    let value = typed.to_owned();
    view! {
        <form class="filters" role="search" method="get" action=paths::search(scope.slug())>
            <input type="search" name="q" value=value placeholder="Search prompts…" aria-label="Search prompts" maxlength="200"/>
            <button class="button filters-go" type="submit">"Search"</button>
        </form>
    }
    .bake()
}

fn row(scope: &Scope, hit: &Hit) -> impl IntoView + use<> {
    let now = scope.server().clock.now();
    let above = hit.path.rsplit_once('/').map(|(above, _)| above.to_owned());
    let description = (!hit.description.is_empty()).then(|| view! { <p>{hit.description.clone()}</p> });
    view! {
        <li>
            <a class="thing" href=paths::prompt(scope.slug(), hit.id)><Icon is=icon_of(hit.kind)/>{hit.name.to_string()}</a>" "
            <small>{above}" "<When at=hit.updated_at now/></small>
            {description}
        </li>
    }
}
