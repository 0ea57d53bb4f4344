//! The page of the board: prompts down, environments across.

use super::{
    acts::{Here, acts},
    requests::waiting,
};
use crate::{
    deployments::{
        WithdrawDeployment,
        overview::{Asked, Cell, Overview, Row, overview},
    },
    environments::store::{self as environments, Environment},
    error::Result,
    orgs::{Frame, Place},
    paths,
    server::{Caller, Scope},
    ui::{Bake, Empty, FormAlert, Html, Pager, When, glyph},
};
use leptos::{prelude::*, server_fn::ServerFn};

/// How many prompts a page shows.
const SIZE: i64 = 50;

/// `/{org}/deployments`.
///
/// # Errors
/// Those of [`Frame::enter`].
pub async fn board(caller: Caller) -> Result<impl IntoView> {
    let (scope, frame) = Frame::enter(&caller).await?;
    let typed: String = caller.query("q").unwrap_or_default().chars().take(255).collect();
    let from = caller.query("from").and_then(|from| from.parse::<u32>().ok()).map_or(0, i64::from);
    let asked = Asked { typed: typed.clone(), from, size: SIZE };
    let (all, found) = (environments::list(&scope).await?, overview(&scope, &asked).await?);
    let requests = waiting(&scope, &all).await?;
    let table = table(&scope, &all, &found, &asked);
    let org = scope.slug();
    let body = view! {
        <header class="page-head">
            <div><h1>"Deployments"</h1><p>"The version of each prompt that is live in each environment."</p></div>
            <div class="page-actions"><a class="button" href=paths::environments(org)>"Environments"</a></div>
        </header>
        <div class="stack">
            <FormAlert action=WithdrawDeployment::PATH/>
            {requests}
            <form class="filters" method="get" role="search" aria-label="Filter prompts">
                <input type="search" name="q" value=typed maxlength="255" placeholder="Filter by path" aria-label="Path"/>
                <button class="button">"Filter"</button>
            </form>
            <div id="board" data-live="deployments prompts">{table}</div>
        </div>
    };
    Ok(frame.show(Place::Deployments, body))
}

fn table(scope: &Scope, all: &[Environment], found: &Overview, asked: &Asked) -> Html {
    if found.rows.is_empty() {
        let (says, url, act) = if asked.typed.is_empty() {
            let says = "Save a version of a prompt to deploy it.";
            (says, paths::prompts(scope.slug()), "Open prompts")
        } else {
            ("No prompt with a version matches this path.", paths::deployments(scope.slug()), "Clear filter")
        };
        return view! {
            <Empty icon=glyph::File title="Nothing to deploy">
                <p>{says}</p>
                <a class="button" href=url>{act}</a>
            </Empty>
        }
        .bake();
    }
    let heads: Vec<_> = all
        .iter()
        .map(|one| {
            let lock = one.is_protected().then(|| view! { " "<span class="badge">"Protected"</span> });
            let url = paths::environment_history(scope.slug(), one.id);
            view! { <th scope="col"><a href=url>{one.name.to_string()}</a>{lock}</th> }
        })
        .collect();
    let rows: Vec<_> = found.rows.iter().map(|row| line(scope, all, found, row)).collect();
    let url = |from: i64| {
        let query = serde_urlencoded::to_string([("q", asked.typed.as_str()), ("from", &from.to_string())]);
        format!("{}?{}", paths::deployments(scope.slug()), query.unwrap_or_default())
    };
    let next = found.has_more.then(|| url(asked.from + asked.size));
    let first = (asked.from > 0).then(|| url(0));
    view! {
        <div class="table-scroll">
            <table class="table board">
                <thead><tr><th scope="col">"Prompt"</th>{heads}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <Pager first next/>
    }
    .bake()
}

fn line(scope: &Scope, all: &[Environment], found: &Overview, row: &Row) -> impl IntoView + use<> {
    let cells = all.iter().enumerate().map(|(n, one)| {
        let url = paths::deployment(scope.slug(), one.id, row.id);
        let shown = shown(scope, row, found.cells.get(&(row.id, one.id)));
        // Spoken before what the cell shows, which sighted people see in its row and column.
        let of = format!("{} in {}: ", row.path, one.name);
        let menu = menu(scope, (one, all.get(n + 1)), found, row);
        view! {
            <td data-label=one.name.to_string()>
                <div class="cell">
                    <a href=url><span class="visually-hidden">{of}</span>{shown}</a>
                    {menu}
                </div>
            </td>
        }
    });
    let cells: Vec<_> = cells.collect();
    let url = paths::prompt(scope.slug(), row.id);
    view! { <tr><th scope="row" data-label="Prompt"><a href=url>{row.path.clone()}</a></th>{cells}</tr> }
}

/// What can be done in a cell; nothing for those who may not.
fn menu(
    scope: &Scope,
    (here, next): (&Environment, Option<&Environment>),
    found: &Overview,
    row: &Row,
) -> Option<Html> {
    let cell = |at: &Environment| found.cells.get(&(row.id, at.id));
    let live = |at: &Environment| cell(at).and_then(|cell| cell.version);
    let is_here = Here {
        prompt: row.id,
        latest: row.latest,
        live: live(here),
        has_drifted: false,
        has_past: cell(here).is_some_and(|cell| cell.number > 1),
    };
    let acts = acts(scope, (here, is_here), next.map(|next| (next, live(next))));
    if acts.is_empty() {
        return None;
    }
    let links: Vec<_> =
        acts.into_iter().map(|(label, url)| view! { <a class="menu-item" href=url>{label}</a> }).collect();
    let id = format!("acts-{}-{}", row.id.0.simple(), here.id.0.simple());
    let label = format!("Actions for {} in {}", row.path, here.name);
    let menu = view! {
        <div class="row-menu">
            <button class="button icon-button" data-kind="quiet" type="button" popovertarget=id.clone() aria-label=label>"⋯"</button>
            <div class="menu" popover="auto" id=id>{links}</div>
        </div>
    };
    Some(menu.bake())
}

/// What a cell says: the version, how far it is behind, who, when.
fn shown(scope: &Scope, row: &Row, cell: Option<&Cell>) -> Html {
    let Some((cell, version)) = cell.and_then(|cell| Some((cell, cell.version?))) else {
        return view! { <span class="nothing" aria-hidden="true">"—"</span><span class="visually-hidden">"nothing"</span> }.bake();
    };
    let now = scope.server().clock.now();
    let behind = (row.latest > version).then(|| format!(", {} behind", row.latest - version));
    let by = cell.by.as_ref().map(|by| format!("{by}, "));
    view! { <span><strong>{format!("v{version}")}</strong>{behind}</span><small>{by}<When at=cell.created_at now/></small> }.bake()
}
