//! What waits for somebody to approve it.

use crate::{
    deployments::{
        ApproveDeployment, DeclineDeployment, WithdrawDeployment,
        asked::{Request, State, pending},
        model::Kind,
    },
    environments::{requests as changes, store::Environment},
    error::Result,
    paths, role,
    tenancy::Scope,
    ui::{Act, Bake, Html, When},
};
use leptos::{prelude::*, server_fn::ServerFn};

/// The list of what waits; an empty place for it when nothing does, which fills as soon as something is asked for.
///
/// # Errors
/// When the database fails.
pub async fn waiting(scope: &Scope, all: &[Environment]) -> Result<Html> {
    let requests = pending(scope).await?;
    let environment = |request: &Request| all.iter().find(|one| one.id == request.environment_id);
    let rows = requests.iter().filter_map(|request| Some(row(scope, request, environment(request)?)));
    let changes = changes::pending(scope).await?;
    let changes = changes.iter().filter_map(|request| {
        Some(of_environment(scope, request, all.iter().find(|one| one.id == request.environment_id)?))
    });
    let rows: Vec<_> = changes.chain(rows).collect();
    let list = (!rows.is_empty()).then(|| {
        view! {
            <section class="panel" aria-labelledby="waiting-title">
                <header><h2 id="waiting-title">"Waiting for approval"</h2></header>
                <ul class="lines" role="list">{rows}</ul>
            </section>
        }
    });
    Ok(view! { <div id="waiting" data-live="deployments">{list}</div> }.bake())
}

/// A change of an environment that somebody asked for, in a line; those who may look at it are led there.
fn of_environment(scope: &Scope, request: &changes::Request, environment: &Environment) -> Html {
    let now = scope.server().clock.now();
    let says = format!("{} wants to {}", request.by, request.wants(environment));
    let approved = format!("{} of {} approved", request.approved, environment.demands());
    let url = paths::environment(scope.slug(), environment.id);
    let review = scope.can::<role::ManageEnvironments>().then(|| {
        let label = format!("Review {}", environment.name);
        view! { <a class="button" data-size="small" href=url aria-label=label>"Review"</a> }
    });
    view! {
        <li class="request">
            <div>{says}". "<small>"Requested "<When at=request.created_at now/>", "{approved}</small></div>
            <div class="row-acts">{review}</div>
        </li>
    }
    .bake()
}

/// What somebody asked for, in a line, with what one can do about it.
pub(super) fn row(scope: &Scope, request: &Request, environment: &Environment) -> Html {
    let now = scope.server().clock.now();
    let url = paths::deployment_request(scope.slug(), request.id);
    let what = format!("{} {} {}", request.by, says(request.kind, request.version), request.path);
    let to = match request.kind {
        Kind::Undeploy => format!(" from {}", environment.name),
        _ => format!(" to {}", environment.name),
    };
    let approved = request.says_approved(environment);
    let reason = (!request.reason.is_empty()).then(|| view! { <p>{format!("“{}”", request.reason)}</p> });
    // One approves behind the page that shows what comes of it.
    let act = if may_decide(scope, request) {
        view! { <a class="button" data-size="small" href=url.clone() aria-label=format!("Review {}", request.path)>"Review"</a> }.bake()
    } else {
        decisions(scope, request, ("", false)).bake()
    };
    view! {
        <li class="request">
            <div>
                <a href=url>{what}{to}</a>". "<small>"Requested "<When at=request.created_at now/>", "{approved}</small>
                {reason}
            </div>
            <div class="row-acts">{act}</div>
        </li>
    }
    .bake()
}

/// What somebody wants: "wants to deploy version 3 of".
fn says(kind: Kind, version: Option<i64>) -> String {
    let version = version.map_or_else(String::new, |version| format!("version {version} of"));
    match kind {
        Kind::Deploy => format!("wants to deploy {version}"),
        Kind::Promote => format!("wants to promote {version}"),
        Kind::Rollback => format!("wants to roll back to {version}"),
        Kind::Undeploy => "wants to undeploy".to_owned(),
    }
}

/// Whether one may approve or decline a request.
fn may_decide(scope: &Scope, request: &Request) -> bool {
    let is_own = scope.person().is_some_and(|person| person.id == request.requested_by);
    request.state == State::Pending && scope.can::<role::ApproveDeployment>() && !is_own
}

/// Whether one may take back a request.
fn may_withdraw(scope: &Scope, request: &Request) -> bool {
    let is_own = scope.person().is_some_and(|person| person.id == request.requested_by);
    request.state == State::Pending && scope.can::<role::Deploy>() && is_own
}

/// What the button says that approves: with the last approval it is done.
fn approves(kind: Kind, is_last: bool) -> &'static str {
    match kind {
        _ if !is_last => "Approve",
        Kind::Deploy => "Approve and deploy",
        Kind::Promote => "Approve and promote",
        Kind::Rollback => "Approve and roll back",
        Kind::Undeploy => "Approve and undeploy",
    }
}

/// What one can decide about a request: one approves what has this fingerprint, as the last who has to or not.
pub(super) fn decisions(
    scope: &Scope,
    request: &Request,
    (fingerprint, is_last): (&str, bool),
) -> impl IntoView + use<> {
    let about = || vec![("org", scope.slug().to_string()), ("request", request.id.to_string())];
    let (approve, decline, withdraw) =
        ([about(), vec![("fingerprint", fingerprint.to_owned())]].concat(), about(), about());
    let (is_own, others) = (may_withdraw(scope, request), may_decide(scope, request));
    let label = approves(request.kind, is_last);
    view! {
        {others.then(|| view! {
            <Act action=ApproveDeployment::PATH about=approve><button class="button" data-size="small" data-kind="primary">{label}</button></Act>
            <Act action=DeclineDeployment::PATH about=decline><button class="button" data-size="small">"Decline"</button></Act>
        })}
        {is_own.then(|| view! {
            <Act action=WithdrawDeployment::PATH about=withdraw><button class="button" data-size="small">"Withdraw"</button></Act>
        })}
    }
}
