//! The page of the dashboard.

use super::deployed::deployed;
use crate::{
    error::Result,
    fields::PathName,
    id::PromptId,
    invitations::{State, listing as invitations},
    library::contents::icon_of,
    members::{Listing, danger_zone},
    orgs::{Frame, Place},
    paths,
    prompts::content::Kind,
    role::{self, ViewInvitations},
    server::{Caller, Scope},
    time::Timestamp,
    ui::{Avatar, Icon, When},
};
use leptos::prelude::*;

/// How many rows a list of the dashboard has.
const ROWS: usize = 6;

/// `/{org}`.
///
/// # Errors
/// Those of [`Frame::enter`].
pub async fn dashboard(caller: Caller) -> Result<impl IntoView> {
    let (scope, frame) = Frame::enter(&caller).await?;
    let name = scope.organization().name.to_string();
    let says = format!("Your role: {} ({})", scope.role().label(), scope.role().says().to_lowercase());
    let (people, total) = people(&scope).await?;
    let (recent, has_version) = recent(&scope).await?;
    let (deployed, any_deployed) = deployed(&scope).await?;
    let pending = pending(&scope).await?;
    let to_do = ToDo {
        invite: total < 2,
        write: has_version.is_none(),
        deploy: has_version == Some(true) && !any_deployed,
    };
    let (steps, offer) = (steps(&scope, to_do), danger_zone::notice(&scope).await?);
    Ok(frame.show(
        Place::Dashboard,
        view! {
            <header class="page-head"><div><h1>{name}</h1><p>{says}</p></div></header>
            <div data-live="members prompts deployments" id="steps">{offer}{steps}</div>
            <div class="grid-2">{recent}{deployed}{people}{pending}</div>
        },
    ))
}

/// What is not done yet.
#[derive(Clone, Copy)]
struct ToDo {
    invite: bool,
    write: bool,
    deploy: bool,
}

/// What to do first, each until it is done.
fn steps(scope: &Scope, to_do: ToDo) -> Option<impl IntoView + use<>> {
    let org = scope.slug();
    let invite = to_do.invite && scope.can::<role::InviteMembers>();
    let invite = invite.then(|| {
        if scope.organization().is_personal {
            (
                "Create a team organization",
                "This is your personal workspace. Create an organization to share with a team or a client.",
                paths::NEW_ORGANIZATION.to_owned(),
                "New organization",
            )
        } else {
            (
                "Invite people",
                "You are the only member. We email each person a link to join.",
                paths::new_invitation(org),
                "Invite people",
            )
        }
    });
    let write = to_do.write && scope.can::<role::EditContent>();
    let write = write.then(|| {
        (
            "Write a prompt",
            "Write a text or a chat with variables, and save versions of it.",
            paths::new_prompt(org, None),
            "New prompt",
        )
    });
    let deploy = to_do.deploy && scope.can::<role::Deploy>();
    let deploy = deploy.then(|| {
        (
            "Deploy a prompt",
            "Make a version live in an environment, so that services can fetch it with an API key.",
            paths::deployments(org),
            "Open deployments",
        )
    });
    let all: Vec<_> = [invite, write, deploy].into_iter().flatten().collect();
    (!all.is_empty()).then(|| {
        let steps = all.into_iter().zip(0..).map(|((title, text, url, act), n)| {
            let kind = if n == 0 { "primary" } else { "plain" };
            view! { <article class="step"><h3>{title}</h3><p>{text}</p><a class="button" data-kind=kind href=url>{act}</a></article> }
        });
        view! {
            <h2 class="visually-hidden">"Next steps"</h2>
            <div class="steps">{steps.collect_view()}</div>
        }
    })
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
        <section class="panel list-panel" data-live="members" id="people">
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
    latest: i64,
    updated_at: Timestamp,
}

/// The prompts that changed last; and, where there are any, whether one of them has a version.
async fn recent(scope: &Scope) -> Result<(impl IntoView + use<>, Option<bool>)> {
    let rows = scope.query(
        "SELECT id, name, path, kind, latest, updated_at FROM prompts WHERE org_id = $1 AND trash_id IS NULL
         ORDER BY updated_at DESC, id DESC LIMIT CAST($2 AS BIGINT)",
    );
    let rows: Vec<Recent> = rows.bind(i64::try_from(ROWS).unwrap_or(6)).all().await?;
    let (now, empty) = (scope.server().clock.now(), rows.is_empty());
    let has_version = (!empty).then(|| rows.iter().any(|row| row.latest > 0));
    let rows = rows.into_iter().map(|row| {
        let above = row.path.rsplit_once('/').map(|(above, _)| format!("{above}, "));
        view! {
            <li class="row">
                <div class="row-main">
                    <a class="thing" href=paths::prompt(scope.slug(), row.id)><Icon is=icon_of(row.kind)/><span>{row.name.to_string()}</span></a>
                    <small>{above}"changed "<When at=row.updated_at now/></small>
                </div>
            </li>
        }
    });
    let rows = rows.collect_view();
    let view = view! {
        <section class="panel list-panel" data-live="prompts drafts" id="recent">
            <header><h2>"Recently changed"</h2><a href=paths::prompts(scope.slug())>"All prompts"</a></header>
            {empty.then(|| view! { <p class="panel-body muted">"No prompts yet."</p> })}
            <ul class="rows" role="list">{rows}</ul>
        </section>
    };
    Ok((view, has_version))
}

/// The invitations that are pending, for those who may see them.
async fn pending(scope: &Scope) -> Result<Option<impl IntoView + use<>>> {
    let Ok(grant) = scope.clone().require::<ViewInvitations>() else { return Ok(None) };
    let now = scope.server().clock.now();
    let mut found = invitations::list(&grant, Some(State::Pending), None, invitations::SIZE).await?.rows;
    found.retain(|row| row.expires_at > now);
    found.truncate(ROWS);
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
    Ok(Some(view! {
        <section class="panel list-panel" data-live="invitations" id="pending">
            <header><h2>"Pending invitations"</h2><a href=paths::invitations(scope.slug())>"All invitations"</a></header>
            {empty.then(|| view! { <p class="panel-body muted">"No pending invitations."</p> })}
            <ul class="rows" role="list">{rows}</ul>
        </section>
    }))
}
