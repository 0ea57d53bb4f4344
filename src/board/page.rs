//! The page of the board: prompts down, environments across.

use super::{
    requests::waiting,
    table::{Board, table},
};
use crate::{
    deployments::{
        WithdrawDeployment,
        overview::{Asked, Overview, Show, overview},
    },
    environments::store as environments,
    error::Result,
    fields::{Slug, counted},
    id::PromptId,
    orgs::{AppLayout, Place},
    paths,
    tenancy::Scope,
    ui::{self, Bake, Empty, FormAlert, Html, glyph},
    web::RequestContext,
};
use leptos::{prelude::*, server_fn::ServerFn};

/// How many prompts a page shows.
const SIZE: i64 = 50;
/// How many prompts without a version are named.
const NAMED: usize = 3;

/// `/{org}/deployments`.
///
/// # Errors
/// Those of [`AppLayout::enter`].
pub async fn board(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
    let typed: String = caller.query("q").unwrap_or_default().chars().take(255).collect();
    let from = caller.query("from").and_then(|from| from.parse::<u32>().ok()).map_or(0, i64::from);
    let show = Show::parse(&caller.query("show").unwrap_or_default());
    let asked = Asked { typed: typed.clone(), show, from, size: SIZE };
    let (environments, found) = (environments::list(&scope).await?, overview(&scope, &asked).await?);
    let requests = waiting(&scope, &environments).await?;
    let without = without_version(&scope).await?;
    let shown = if found.rows.is_empty() {
        nothing(scope.slug(), &asked, found.count(Show::All))
    } else {
        let board = Board { scope: &scope, environments: &environments, found: &found };
        table(&board)
    };
    let (filters, pages) = (filters(scope.slug(), &asked, &found), pages(scope.slug(), &asked, &found));
    let org = scope.slug();
    let body = view! {
        <header class="page-head">
            <div><h1>"Deployments"</h1><p>"The version of each prompt that is live in each environment."</p></div>
            <div class="page-actions"><a class="button" href=paths::environments(org)>"Environments"</a></div>
        </header>
        <div class="stack">
            <FormAlert action=WithdrawDeployment::PATH/>
            {requests}
            <form class="filters" method="get" role="search" aria-label="Filter by path">
                <input type="search" name="q" value=typed maxlength="255" placeholder="Filter by path" aria-label="Path"/>
                {(show != Show::All).then(|| view! { <input type="hidden" name="show" value=show.as_str()/> })}
                <button class="button">"Filter"</button>
            </form>
            <div id="board" class="stack" data-live="deployments prompts">{filters}{shown}{pages}{without}</div>
        </div>
    };
    Ok(frame.show(Place::Deployments, body))
}

/// The board with other prompts, or from another one on.
fn url(org: &Slug, typed: &str, show: Show, from: i64) -> String {
    let from = from.to_string();
    let all = [("q", typed), ("show", show.as_str()), ("from", if from == "0" { "" } else { &from })];
    let given: Vec<_> = all.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    match serde_urlencoded::to_string(given) {
        Ok(query) if !query.is_empty() => format!("{}?{query}", paths::deployments(org)),
        _ => paths::deployments(org),
    }
}

/// The choices of [`Show`](enum@Show), each with how many there are.
fn filters(org: &Slug, asked: &Asked, found: &Overview) -> Option<Html> {
    let choice = |show: Show| {
        let label = match show {
            Show::All => "All",
            Show::Live => "Live",
            Show::Behind => "Behind",
            Show::Waiting => "Waiting",
            Show::NotDeployed => "Not deployed",
        };
        let current = (show == asked.show).then_some("page");
        view! {
            <a class="tab" href=url(org, &asked.typed, show, 0) aria-current=current>{label}" "<small class="count">{found.count(show)}</small></a>
        }
    };
    let choices: Vec<_> = Show::ALL.into_iter().map(choice).collect();
    let any = found.count(Show::All) > 0;
    any.then(|| view! { <nav class="tabs across" aria-label="Show prompts">{choices}</nav> }.bake())
}

fn pages(org: &Slug, asked: &Asked, found: &Overview) -> Html {
    let total = found.count(asked.show);
    let cut = found.is_cut.then(|| {
        view! { <p class="note">"Not all prompts are shown. Filter by path to find the others."</p> }
    });
    let url = |from: i64| url(org, &asked.typed, asked.show, from);
    let pages = ui::pages(asked.from, asked.size, total, url);
    view! { {pages}{cut} }.bake()
}

/// What stands in the place of the table when no prompt is in it.
fn nothing(org: &Slug, asked: &Asked, count: i64) -> Html {
    let (title, says, to, act) = match (count, asked.typed.is_empty()) {
        (0, true) => (
            "Nothing to deploy",
            "Save a version of a prompt to deploy it.",
            paths::prompts(org),
            "Open prompts",
        ),
        (0, false) => (
            "Nothing found",
            "No prompt with a version matches this path.",
            paths::deployments(org),
            "Clear filter",
        ),
        _ => (
            "No prompts",
            "No prompt is in this state.",
            url(org, &asked.typed, Show::All, 0),
            "Clear filter",
        ),
    };
    view! {
        <Empty icon=glyph::File title>
            <p>{says}</p>
            <a class="button" href=to>{act}</a>
        </Empty>
    }
    .bake()
}

/// Which prompts are not on the board, since there is no version of them to deploy.
async fn without_version(scope: &Scope) -> Result<Option<Html>> {
    let rows = scope.query(
        "SELECT id, path, count(*) OVER () FROM prompts
         WHERE org_id = $1 AND trash_id IS NULL AND latest = 0 ORDER BY path LIMIT CAST($2 AS BIGINT)",
    );
    let rows: Vec<(PromptId, String, i64)> = rows.bind(i64::try_from(NAMED).unwrap_or(3)).all().await?;
    let Some((.., count)) = rows.first() else { return Ok(None) };
    let has = if *count == 1 { "has" } else { "have" };
    let says = format!("{} {has} no version yet: ", counted(*count, "prompt"));
    let more = usize::try_from(*count).unwrap_or(0).saturating_sub(rows.len());
    let more = if more > 0 { format!(" and {more} more.") } else { ".".to_owned() };
    let named = rows.iter().enumerate().map(|(n, (id, path, _))| {
        let comma = (n > 0).then_some(", ");
        view! { {comma}<a href=paths::prompt(scope.slug(), *id)>{path.clone()}</a> }
    });
    let named: Vec<_> = named.collect();
    Ok(Some(view! { <p class="note" id="without-version">{says}{named}{more}</p> }.bake()))
}
