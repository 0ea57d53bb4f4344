//! The page of the dashboard.

use super::{
    deployed::deployed,
    start::{Done, steps},
};
use crate::{
    board::requests::waiting,
    deployments::WithdrawDeployment,
    environments::store as environments,
    error::Result,
    fields::PathName,
    id::PromptId,
    invitations::{State, listing as invitations},
    library::{sample::SAMPLE, tree::icon_of},
    members::{Listing, danger_zone},
    orgs::{AppLayout, Place},
    paths,
    prompts::{Tags, content::Kind},
    role::ViewInvitations,
    tenancy::Scope,
    time::Timestamp,
    ui::{Avatar, FormAlert, Icon, When},
    web::RequestContext,
};
use leptos::{prelude::*, server_fn::ServerFn};

/// How many rows a list of the dashboard has.
const ROWS: usize = 6;

/// `/{org}`.
///
/// # Errors
/// Those of [`AppLayout::enter`].
pub async fn dashboard(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
    let name = scope.organization().name.to_string();
    let says = format!("Your role: {} ({})", scope.role().label(), scope.role().says().to_lowercase());
    let (people, total) = people(&scope).await?;
    let recent = recent(&scope).await?;
    let (deployed, any_deployed) = deployed(&scope).await?;
    let (pending, any_pending) = pending(&scope).await?.unzip();
    let waiting = waiting(&scope, &environments::list(&scope).await?).await?;
    let done = Done { has_people: total > 1, has_deployed: any_deployed };
    let (steps, offer) = (steps(&scope, done).await?, danger_zone::notice(&scope).await?);
    // In one's personal workspace, who else is here is told once somebody is or is to be.
    let is_alone = scope.organization().is_personal && !done.has_people && any_pending != Some(true);
    let team = (!is_alone).then(|| view! { {people}{pending} });
    Ok(frame.show(
        Place::Dashboard,
        view! {
            <header class="page-head"><div><h1>{name}</h1><p>{says}</p></div></header>
            <FormAlert action=WithdrawDeployment::PATH/>
            {waiting}
            <div data-live="members prompts drafts deployments" id="steps">{offer}{steps}</div>
            <div class="grid-2">{recent}{deployed}<div id="team" data-live="members invitations">{team}</div></div>
        },
    ))
}

async fn people(scope: &Scope) -> Result<(impl IntoView + use<>, i64)> {
    let newest = Listing { sort: "-joined".into(), size: ROWS.to_string(), ..Listing::default() };
    let found = newest.read(scope).await?;
    let (heading, total) = (found.people(), found.total);
    let now = scope.server().clock.now();
    let rows = found.rows.into_iter().map(|member| {
        let name = member.name.to_string();
        view! {
            <li class="row">
                <Avatar id=member.user_id.0 name=name.clone()/>
                <div class="row-main"><strong>{name}</strong><small>"joined "<When at=member.joined_at now/></small></div>
                <span class="badge">{member.role.label()}</span>
            </li>
        }
    });
    let rows = rows.collect_view();
    let view = view! {
        <section class="panel list-panel" id="people">
            <header><h2>{heading}</h2><a href=paths::members(scope.slug())>"All members"</a></header>
            <ul class="rows" role="list">{rows}</ul>
        </section>
    };
    Ok((view, total))
}

#[derive(sqlx::FromRow)]
struct Recent {
    id: PromptId,
    name: PathName,
    path: String,
    kind: Kind,
    tags: Tags,
    updated_at: Timestamp,
}

/// The prompts that changed last.
async fn recent(scope: &Scope) -> Result<impl IntoView + use<>> {
    let rows = scope.query(
        "SELECT id, name, path, kind, tags, updated_at FROM prompts WHERE org_id = $1 AND trash_id IS NULL
         ORDER BY updated_at DESC, id DESC LIMIT CAST($2 AS BIGINT)",
    );
    let rows: Vec<Recent> = rows.bind(i64::try_from(ROWS).unwrap_or(6)).all().await?;
    let (now, empty) = (scope.server().clock.now(), rows.is_empty());
    let rows = rows.into_iter().map(|row| {
        let above = row.path.rsplit_once('/').map(|(above, _)| format!("{above}, "));
        let sample = row.tags.has(SAMPLE).then(|| view! { <span class="badge">"Sample"</span> });
        view! {
            <li class="row">
                <div class="row-main">
                    <a class="thing" href=paths::prompt(scope.slug(), row.id)><Icon is=icon_of(row.kind)/><span>{row.name.to_string()}</span></a>
                    <small>{above}"changed "<When at=row.updated_at now/></small>
                </div>
                {sample}
            </li>
        }
    });
    let rows = rows.collect_view();
    Ok(view! {
        <section class="panel list-panel" data-live="prompts drafts" id="recent">
            <header><h2>"Recently changed"</h2><a href=paths::prompts(scope.slug())>"All prompts"</a></header>
            {empty.then(|| view! { <p class="panel-body muted">"No prompts yet."</p> })}
            <ul class="rows" role="list">{rows}</ul>
        </section>
    })
}

/// The invitations that are pending and whether there are any, for those who may see them.
async fn pending(scope: &Scope) -> Result<Option<(impl IntoView + use<>, bool)>> {
    let Ok(grant) = scope.clone().require::<ViewInvitations>() else { return Ok(None) };
    let now = scope.server().clock.now();
    let found = invitations::list(&grant, Some(State::Pending), None, ROWS).await?.rows;
    let empty = found.is_empty();
    let rows = found.into_iter().map(|row| {
        view! {
            <li class="row">
                <Avatar id=row.id.0 name=row.email.as_str()/>
                <div class="row-main"><strong>{row.email.to_string()}</strong><small>"sent "<When at=row.sent_at now/>" by "{row.inviter.to_string()}</small></div>
                <span class="badge">{row.role.label()}</span>
            </li>
        }
    });
    let rows = rows.collect_view();
    let view = view! {
        <section class="panel list-panel" id="pending">
            <header><h2>"Pending invitations"</h2><a href=paths::invitations(scope.slug())>"All invitations"</a></header>
            {empty.then(|| view! { <p class="panel-body muted">"No pending invitations."</p> })}
            <ul class="rows" role="list">{rows}</ul>
        </section>
    };
    Ok(Some((view, !empty)))
}
