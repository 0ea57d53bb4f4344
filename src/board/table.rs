//! The table of the board: a row for each prompt, a cell for each environment.

use super::{
    acts::{Here, acts},
    protection::protected,
};
use crate::{
    deployments::overview::{Cell, Overview, Row},
    environments::store::Environment,
    paths,
    tenancy::Scope,
    ui::{Bake, Html, When},
};
use leptos::prelude::*;

/// What is shown, and to whom.
pub(super) struct Board<'a> {
    pub(super) scope: &'a Scope,
    pub(super) environments: &'a [Environment],
    pub(super) found: &'a Overview,
}

pub(super) fn table(board: &Board<'_>) -> Html {
    let scope = board.scope;
    let heads = board.environments.iter().map(|one| {
        let lock = protected(one);
        let url = paths::environment_history(scope.slug(), one.id);
        view! { <th scope="col"><a href=url>{one.name.to_string()}</a>" "{lock}</th> }
    });
    let heads: Vec<_> = heads.collect();
    let rows: Vec<_> = board.found.rows.iter().map(|row| line(board, row)).collect();
    view! {
        <div class="table-scroll">
            <table class="table board">
                <thead><tr><th scope="col">"Prompt"</th>{heads}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .bake()
}

fn line(board: &Board<'_>, row: &Row) -> impl IntoView + use<> {
    let all = board.environments;
    let cells = all.iter().enumerate().map(|(n, one)| {
        let url = paths::deployment(board.scope.slug(), one.id, row.id);
        let shown = shown(board, row, one);
        // Spoken before what the cell shows, which sighted people see in its row and column.
        let of = format!("{} in {}: ", row.path, one.name);
        let acts = cell_acts(board, (one, all.get(n + 1)), row);
        view! {
            // Where there is room for columns, their heads say what is protected.
            <td data-label=one.name.to_string()>
                {protected(one)}
                <div class="cell">
                    <a href=url><span class="visually-hidden">{of}</span>{shown}</a>
                    {acts}
                </div>
            </td>
        }
    });
    let cells: Vec<_> = cells.collect();
    let url = paths::prompt(board.scope.slug(), row.id);
    view! { <tr><th scope="row" data-label="Prompt"><a href=url>{row.path.clone()}</a></th>{cells}</tr> }
}

/// What can be done in a cell: where nothing is live a button that deploys, and a menu of the rest. Nothing for those
/// who may not.
fn cell_acts(
    board: &Board<'_>,
    (here, next): (&Environment, Option<&Environment>),
    row: &Row,
) -> Option<Html> {
    let cell = |at: &Environment| board.found.cells.get(&(row.id, at.id));
    let live = |at: &Environment| cell(at).and_then(|cell| cell.version);
    let is_here = Here {
        prompt: row.id,
        latest: row.latest,
        live: live(here),
        has_drifted: false,
        has_past: cell(here).is_some_and(|cell| cell.number > 1),
    };
    let mut acts = acts(board.scope, (here, is_here), next.map(|next| (next, live(next))));
    let waits = board.found.waiting.contains_key(&(row.id, here.id));
    let deploy = (live(here).is_none() && !waits && !acts.is_empty()).then(|| {
        let (_, url) = acts.remove(0);
        let of = format!(" of {} to {}", row.path, here.name);
        let label = format!("Deploy v{}", row.latest);
        view! { <a class="button" data-size="small" href=url>{label}<span class="visually-hidden">{of}</span></a> }
    });
    let menu = (!acts.is_empty()).then(|| menu(here, row, acts));
    (deploy.is_some() || menu.is_some()).then(|| view! { {deploy}{menu} }.bake())
}

fn menu(here: &Environment, row: &Row, acts: Vec<(String, String)>) -> Html {
    let links: Vec<_> =
        acts.into_iter().map(|(label, url)| view! { <a class="menu-item" href=url>{label}</a> }).collect();
    let id = format!("acts-{}-{}", row.id.0.simple(), here.id.0.simple());
    let label = format!("Actions for {} in {}", row.path, here.name);
    view! {
        <div class="row-menu">
            <button class="button icon-button" data-kind="quiet" type="button" popovertarget=id.clone() aria-label=label>"⋯"</button>
            <div class="menu" popover="auto" id=id>{links}</div>
        </div>
    }
    .bake()
}

/// What a cell says: the version, how far it is behind, who, when, and whether something waits.
fn shown(board: &Board<'_>, row: &Row, at: &Environment) -> Html {
    let cell: Option<&Cell> = board.found.cells.get(&(row.id, at.id));
    // What is live stands beside it: it says what it is that waits.
    let waits = board.found.waiting.get(&(row.id, at.id)).map(|version| {
        let what = version.map_or_else(|| "Undeploy".to_owned(), |version| format!("v{version}"));
        view! { <span class="badge" data-kind="amber">{format!("{what} waiting for approval")}</span> }
    });
    let Some((cell, version)) = cell.and_then(|cell| Some((cell, cell.version?))) else {
        let none = waits.is_none().then(|| view! { <span class="nothing" aria-hidden="true">"—"</span> });
        return view! { {none}{waits}<span class="visually-hidden">"nothing"</span> }.bake();
    };
    let now = board.scope.server().clock.now();
    let behind = (row.latest > version).then(|| format!(", {} behind", row.latest - version));
    let by = cell.by.as_ref().map(|by| format!("{by}, "));
    view! { <span><strong>{format!("v{version}")}</strong>{behind}" "{waits}</span><small>{by}<When at=cell.created_at now/></small> }.bake()
}
