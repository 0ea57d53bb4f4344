//! What would come of doing something to what is live, before it is done.

use super::{
    cell::{named, trail},
    choice::choice,
    goes_live::{changed, goes_live},
    protection::{protected, warning},
    requests::decisions,
    told,
};
use crate::{
    deployments::{
        ApproveDeployment, DeclineDeployment, Deploy as DeployAction, WithdrawDeployment,
        asked::{Request, State, approvers, find, has_approved, last},
        impact::{self, Impact},
        model::{DeployCommand, Kind},
        store::{newest, previous},
    },
    editor::difference,
    environments::store::{self as environments, Environment},
    error::{Error, Result},
    fields::Name,
    id::DeploymentRequestId,
    orgs::{AppLayout, Place},
    paths,
    prompts::{
        compare::between_for,
        store::{self as prompts, Prompt},
        versions,
    },
    role::{Deploy, DeployProtected},
    tenancy::Scope,
    ui::{About, Bake, Field, Form, FormAlert, Html, Submit, When},
    web::RequestContext,
};
use leptos::{prelude::*, server_fn::ServerFn};

/// `/{org}/deployments/{environment}/{prompt}/review?kind=deploy&version=3`.
///
/// # Errors
/// Those of [`AppLayout::enter`]; [`Error::NotFound`] when there is no such environment, prompt or version;
/// [`Error::Forbidden`] for those who may not deploy.
pub async fn review(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
    scope.clone().require::<Deploy>()?;
    let (environment, prompt) = named(&caller, &scope).await?;
    let kind = caller.query("kind").and_then(|kind| Kind::parse(&kind)).ok_or(Error::NotFound)?;
    let head = trail(&scope, &environment, &prompt);
    let place = vec![head.clone(), ("Review".to_owned(), String::new())];
    let version = match kind {
        Kind::Rollback => previous(&scope, environment.id, prompt.id).await?,
        _ => caller.query("version").and_then(|version| version.parse().ok()),
    };
    if version.is_none() && kind == Kind::Rollback {
        return Ok(frame.show_thing(Place::Deployments, place, nothing(head)));
    }
    if version.is_none() != (kind == Kind::Undeploy) {
        return Err(Error::NotFound);
    }
    let now = newest(&scope, environment.id, prompt.id).await?;
    let (seen, live) = now.map_or((0, None), |now| (now.number, now.version));
    let order = DeployCommand {
        environment: environment.id,
        prompt: prompt.id,
        kind,
        version,
        reason: String::new(),
        seen,
    };
    let impact = impact::of(&scope, &order).await?;
    let form = match waiting(&scope, &environment, &prompt).await? {
        Some(waits) => Some(waits),
        None => form(&scope, &order, &environment, &impact, &head.1),
    };
    let choice = choice(&scope, &order, &prompt, live).await?;
    let what = What { order, environment, prompt, live, choice };
    let body = shown(&scope, &caller, what, &impact, form).await?;
    Ok(frame.show_thing(Place::Deployments, place, body.bake()))
}

/// That there is nothing to roll back to.
fn nothing((of, url): (String, String)) -> Html {
    view! {
        <header class="page-head"><div><h1>{format!("Roll back {of}")}</h1><p>"No other version was live here before."</p></div></header>
        <p class="page-links"><a href=url>"Earlier deployments here"</a></p>
    }
    .bake()
}

/// That something waits here, so nothing else can be asked for.
async fn waiting(scope: &Scope, environment: &Environment, prompt: &Prompt) -> Result<Option<Html>> {
    let last = last(scope, environment.id, prompt.id).await?;
    let waits =
        last.filter(|last| last.state == State::Pending && environment.asks(scope.can::<DeployProtected>()));
    Ok(waits.map(|request| {
        let url = paths::deployment_request(scope.slug(), request.id);
        view! { <p class="note">{request.by.to_string()}" already requested a deployment here. It's waiting for approval. "<a href=url>"View request"</a></p> }.bake()
    }))
}

/// `/{org}/deployments/requests/{request}`: what somebody asked for, and what became of it.
///
/// # Errors
/// Those of [`AppLayout::enter`]; [`Error::NotFound`] when there is no such request.
pub async fn request(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
    let id: DeploymentRequestId = caller.segment(3).parse().map_err(|_| Error::NotFound)?;
    let request = find(&scope, id).await?;
    let (order, prompt) = (request.order(), prompts::find(&scope, request.prompt_id).await?);
    let environment = environments::find(&scope, request.environment_id).await?;
    let head = trail(&scope, &environment, &prompt);
    let place = vec![head, ("Request".to_owned(), String::new())];
    if request.state != State::Pending {
        let asked = asked(&scope, &request, &environment, "").await?;
        let body = view! {
            <header class="page-head"><div><h1>{title(&order, &environment, &prompt)}</h1></div></header>
            <div class="stack">{asked}</div>
        };
        return Ok(frame.show_thing(Place::Deployments, place, at_once(body.bake())));
    }
    let live = newest(&scope, environment.id, prompt.id).await?.and_then(|now| now.version);
    let impact = impact::of(&scope, &order).await?;
    let asked = asked(&scope, &request, &environment, &impact.served.fingerprint()).await?;
    let changed = changed(&scope, &request, &impact).await?;
    let what = What { order, environment, prompt, live, choice: None };
    let decide = view! { {changed}{asked} }.bake();
    let body = shown(&scope, &caller, what, &impact, Some(decide)).await?;
    Ok(frame.show_thing(Place::Deployments, place, at_once(body.bake())))
}

/// A request that is brought up to date as a whole or not at all: one approves what the form names by its fingerprint,
/// and so the rest of the page must show the same.
fn at_once(body: Html) -> Html {
    view! { <div id="request" data-live="deployments">{body}</div> }.bake()
}

/// Who asked why, who approved, and what one can do about it or who has. What would go live now has this fingerprint.
async fn asked(
    scope: &Scope,
    request: &Request,
    environment: &Environment,
    fingerprint: &str,
) -> Result<Html> {
    let names = approvers(scope, request.id).await?;
    let names: Vec<&str> = names.iter().map(Name::as_str).collect();
    // Nobody has approved what nobody has seen.
    let is_news = request.state == State::Pending && fingerprint != request.fingerprint;
    let approved = match (request.state, names.as_slice()) {
        _ if is_news => format!("0 of {} approved.", environment.approvals),
        (State::Pending, []) => format!("{}.", request.says_approved(environment)),
        (State::Pending, _) => format!("{}: {}.", request.says_approved(environment), names.join(", ")),
        (_, []) => String::new(),
        _ => format!("{} approved this.", names.join(", ")),
    };
    let is_last = match scope.person() {
        Some(_) if is_news => environment.approvals <= 1,
        Some(person) => {
            let is_new = !has_approved(scope, request, person.id).await?;
            request.approved + i64::from(is_new) >= environment.approvals
        }
        None => false,
    };
    let by = request.decided_by.as_ref().map_or_else(|| "Someone".to_owned(), ToString::to_string);
    let became = match request.state {
        State::Pending => None,
        State::Deployed => Some("This was deployed.".to_owned()),
        State::Declined if request.overtaken_by.is_some() => {
            Some(format!("{by} deployed something else here instead."))
        }
        State::Declined => Some(format!("{by} declined this.")),
        State::Withdrawn => Some(format!("{by} withdrew this.")),
    };
    let now = scope.server().clock.now();
    let decided = request.decided_at.map(|at| view! { " "<When at now/> });
    let became = became.map(|became| view! { <p>{became}{decided}</p> });
    let reason = (!request.reason.is_empty()).then(|| view! { <p>{format!("“{}”", request.reason)}</p> });
    let shown = view! {
        <section class="panel">
            <div class="panel-body">
                <p>{request.by.to_string()}" requested this "<When at=request.created_at now/>". "{approved}</p>
                {reason}{became}
                <FormAlert action=ApproveDeployment::PATH/>
                <FormAlert action=DeclineDeployment::PATH/>
                <FormAlert action=WithdrawDeployment::PATH/>
                <div class="row-acts">{decisions(scope, request, (fingerprint, is_last))}</div>
            </div>
        </section>
    };
    Ok(shown.bake())
}

/// What is to be done where.
struct What {
    order: DeployCommand,
    environment: Environment,
    prompt: Prompt,
    live: Option<i64>,
    /// What asks for another version instead.
    choice: Option<Html>,
}

async fn shown(
    scope: &Scope,
    caller: &RequestContext,
    what: What,
    impact: &Impact,
    form: Option<Html>,
) -> Result<impl IntoView + use<>> {
    let What { order, environment, prompt, live, choice } = what;
    let live_now =
        live.map_or_else(|| "Nothing is live now.".to_owned(), |live| format!("Version {live} is live now."));
    let differs = differs(scope, &prompt, live, order.version, caller).await?;
    Ok(view! {
        <header class="page-head"><div>
            <h1>{title(&order, &environment, &prompt)}</h1>
            <p>{live_now}" "{protected(&environment)}</p>
        </div></header>
        <div class="stack">{choice}{told::told(impact)}{differs}{goes_live(scope, &environment, impact, caller)}{form}</div>
    })
}

fn title(order: &DeployCommand, environment: &Environment, prompt: &Prompt) -> String {
    let version = order.version.map_or_else(String::new, |version| format!("version {version} of "));
    let (path, name) = (&prompt.path, &environment.name);
    match order.kind {
        Kind::Deploy => format!("Deploy {version}{path} to {name}"),
        Kind::Promote => format!("Promote {version}{path} to {name}"),
        Kind::Rollback => format!("Roll {path} in {name} back to {}", version.trim_end_matches(" of ")),
        Kind::Undeploy => format!("Undeploy {path} from {name}"),
    }
}

async fn differs(
    scope: &Scope,
    prompt: &Prompt,
    live: Option<i64>,
    version: Option<i64>,
    caller: &RequestContext,
) -> Result<Option<Html>> {
    let Some(version) = version else { return Ok(None) };
    let new = versions::content(scope, prompt.id, version).await?;
    Ok(Some(match live {
        Some(live) => {
            let old = versions::content(scope, prompt.id, live).await?;
            let between = between_for(scope, &old, &new).await?;
            // What cannot be compared is shown whole: nobody approves what they cannot read.
            let whole = (between.parts.is_empty() && old != new).then(|| difference::whole(&new));
            let between = difference::shown(scope, between, caller).await?;
            view! { {between}{whole} }.bake()
        }
        None => difference::whole(&new),
    }))
}

fn form(
    scope: &Scope,
    order: &DeployCommand,
    environment: &Environment,
    impact: &Impact,
    back: &str,
) -> Option<Html> {
    if !impact.breaks.is_empty() {
        return None;
    }
    let asks = environment.asks(scope.can::<DeployProtected>());
    let label = match (asks, order.kind) {
        (true, _) => "Request approval",
        (false, Kind::Undeploy) => "Undeploy",
        (false, Kind::Rollback) => "Roll back",
        (false, Kind::Promote) => "Promote",
        (false, Kind::Deploy) => "Deploy",
    };
    let about = vec![
        ("org", scope.slug().to_string()),
        ("environment", order.environment.to_string()),
        ("prompt", order.prompt.to_string()),
        ("kind", order.kind.as_str().to_owned()),
        ("version", order.version.map_or_else(String::new, |version| version.to_string())),
        ("seen", order.seen.to_string()),
    ];
    // What services get at once has the colour of what cannot be taken back unseen.
    let is_grave = order.kind == Kind::Undeploy || (environment.is_protected() && !asks);
    let (back, kind) = (back.to_owned(), if is_grave { "danger" } else { "primary" });
    let warning = warning(environment, asks, scope.server().clock.now());
    let form = view! {
        <section class="panel">
            <Form action=DeployAction::PATH>
                {warning}
                <About of=about/>
                <Field name="reason" label="Reason" maxlength=500 optional=true hint="Optional. Shown in the deployment history."/>
                <div class="form-actions">
                    <Submit kind>{label}</Submit>
                    <a class="button" data-kind="quiet" href=back>"Cancel"</a>
                </div>
            </Form>
        </section>
    };
    Some(form.bake())
}
