//! The history of a prompt, and one version of it.

use super::{
    RestoreVersion,
    prompt_layout::{PromptLayout, Tab},
    reading::reading,
};
use crate::{
    deployments::{model::Kind, store::live_of},
    error::{Error, Result},
    id::EnvironmentId,
    paths,
    prompts::versions::{self, Version},
    role::Deploy,
    templates::Engine,
    text::hex,
    ui::{Bake, Empty, FormAlert, Html, Notice, Pager, Telling, When, glyph},
    web::RequestContext,
};
use leptos::{prelude::*, server_fn::ServerFn};

/// How many versions a page shows.
const SIZE: i64 = 50;

/// `/{org}/prompts/{prompt}/versions`.
///
/// # Errors
/// Those of [`AppLayout::enter`](crate::orgs::AppLayout::enter); [`Error::NotFound`].
pub async fn versions(caller: RequestContext) -> Result<impl IntoView> {
    let desk = PromptLayout::enter(&caller).await?;
    let before = caller.query("before").and_then(|before| before.parse().ok()).unwrap_or(i64::MAX);
    let mut list = versions::list(&desk.scope, desk.prompt.id, before, SIZE + 1).await?;
    let has_more = list.len() > usize::try_from(SIZE).unwrap_or(0);
    list.truncate(usize::try_from(SIZE).unwrap_or(0));
    let base = paths::versions(desk.scope.slug(), desk.prompt.id);
    let next = has_more.then(|| list.last().map(|last| format!("{base}?before={}", last.number))).flatten();
    let first = (before < i64::MAX).then(|| base.clone());
    let body = if list.is_empty() {
        view! {
            <Empty icon=glyph::File title="No version yet">
                <p>"A version is a permanent copy of the draft. Services only get versions."</p>
            </Empty>
        }
        .bake()
    } else {
        let live = live_of(&desk.scope, desk.prompt.id).await?;
        let rows: Vec<_> = list.iter().map(|one| row(&desk, one, &live)).collect();
        view! { <ol class="versions" role="list">{rows}</ol> }.bake()
    };
    tell_saved(&desk).await?;
    let latest = desk.prompt.latest;
    let changed = (desk.is_dirty() && latest > 0).then(|| {
        let url = paths::compare(desk.scope.slug(), desk.prompt.id, &latest.to_string(), "draft");
        view! { <p class="note">{format!("The draft differs from v{latest}. ")}<a href=url>"View changes"</a></p> }
    });
    let earlier = paths::earlier_drafts(desk.scope.slug(), desk.prompt.id);
    let body = view! {
        <FormAlert action=RestoreVersion::PATH/>
        <div id="versions" data-live="prompts drafts deployments">{changed}{body}<Pager first next/></div>
        <p class="page-links"><a href=earlier>"Earlier drafts"</a></p>
    };
    Ok(desk.show(Tab::Versions, (), body))
}

/// Once a version was saved, the toast leads those who may on to deploying it: where it is tried first.
async fn tell_saved(desk: &PromptLayout) -> Result<()> {
    if !Notice::VersionSaved.is_said() {
        return Ok(());
    }
    let next = deploys(desk, desk.prompt.latest).await?.into_iter().next();
    Telling { says: "Version saved".to_owned(), may_undo: false, next }.tell();
    Ok(())
}

/// Each environment, with the version that is live there.
type Live = [(EnvironmentId, String, Option<i64>)];

fn row(desk: &PromptLayout, version: &Version, live: &Live) -> impl IntoView + use<> {
    let (org, id, number) = (desk.scope.slug(), desk.prompt.id, version.number);
    let now = desk.scope.server().clock.now();
    let author = version.by();
    let message = if version.message.is_empty() { "No message".to_owned() } else { version.message.clone() };
    let compare = (number > 1).then(|| {
        let url = paths::compare(org, id, &(number - 1).to_string(), &number.to_string());
        view! { <a class="button" data-size="small" href=url aria-label=format!("Changes in version {number}")>"Changes"</a> }
    });
    let live = live.iter().filter(|(.., live)| *live == Some(number)).map(|(_, name, _)| {
        let says = format!("Live in {name}");
        view! { " "<span class="badge" data-kind="green">{says}</span> }
    });
    let live: Vec<_> = live.collect();
    view! {
        <li class="version">
            <a class="version-number" href=paths::version(org, id, number)>{format!("v{number}")}</a>
            <div><p>{message}{live}</p><small>{author}", "<When at=version.created_at now/></small></div>
            <span class="version-acts">{compare}{restore(desk, number, Some("small"))}</span>
        </li>
    }
}

/// The form that brings a version back, for those who may and where there is something to bring back.
fn restore(desk: &PromptLayout, number: i64, size: Option<&'static str>) -> Option<Html> {
    let is_older = number < desk.prompt.latest;
    is_older.then(|| desk.restore(RestoreVersion::PATH, "version", ("number", number), size)).flatten()
}

/// `/{org}/prompts/{prompt}/versions/{number}`.
///
/// # Errors
/// As [`versions()`].
pub async fn version(caller: RequestContext) -> Result<impl IntoView> {
    let desk = PromptLayout::enter(&caller).await?;
    let number: i64 = caller.segment(4).parse().map_err(|_| Error::NotFound)?;
    let content = versions::content(&desk.scope, desk.prompt.id, number).await?;
    let about = versions::list(&desk.scope, desk.prompt.id, number.saturating_add(1), 1).await?;
    let about = about.into_iter().next().ok_or(Error::NotFound)?;
    let now = desk.scope.server().clock.now();
    let author = about.by();
    let hash = hex(&about.hash);
    let engine = match content.engine {
        Engine::Plain => "Plain",
        Engine::Jinja => "Jinja",
    };
    let model = content.model.model.clone();
    let temperature = content.model.temperature.map(|degree| degree.to_string());
    let message = (!about.message.is_empty()).then(|| view! { <p>{about.message.clone()}</p> });
    let deploys = deploys(&desk, number).await?.into_iter();
    let deploys: Vec<_> =
        deploys.map(|(label, url)| view! { <a class="button" href=url>{label}</a> }).collect();
    let body = view! {
        <div><h2>{format!("Version {number}")}</h2>{message}</div>
        {reading(&content)}
        <dl class="pairs">
            <dt>"Saved"</dt><dd>{author}", "<When at=about.created_at now/></dd>
            <dt>"Engine"</dt><dd>{engine}</dd>
            {(!model.is_empty()).then(|| view! { <dt>"Model"</dt><dd>{model}</dd> })}
            {temperature.map(|degree| view! { <dt>"Temperature"</dt><dd>{degree}</dd> })}
            <dt>"SHA-256"</dt><dd><code>{hash}</code></dd>
        </dl>
        <div class="page-actions">{restore(&desk, number, None)}{deploys}</div>
    };
    Ok(desk.show(Tab::Versions, (), body))
}

/// The links to deploy a version wherever another one is live or none is, each with its label.
async fn deploys(desk: &PromptLayout, number: i64) -> Result<Vec<(String, String)>> {
    if !desk.scope.can::<Deploy>() {
        return Ok(Vec::new());
    }
    let (org, prompt) = (desk.scope.slug(), desk.prompt.id);
    let live = live_of(&desk.scope, prompt).await?;
    let others = live.into_iter().filter(|(.., live)| *live != Some(number));
    let links = others.map(|(environment, name, _)| {
        let kind = Kind::Deploy.as_str();
        let url = paths::review_deployment(org, (environment, prompt), kind, Some(number));
        (format!("Deploy to {name}…"), url)
    });
    Ok(links.collect())
}
