//! What would come of doing something to what is live, before it is done.

use super::{
    cell::{named, trail},
    requests::decisions,
};
use crate::{
    deployments::{
        ApproveDeployment, DeclineDeployment, Deploy as DeployAction, WithdrawDeployment,
        impact::{self, Impact},
        model::{Kind, Order},
        requests::pending,
        store::newest,
    },
    editor::difference,
    environments::store::{self as environments, Environment},
    error::{Error, Result},
    id::DeploymentRequestId,
    orgs::{Frame, Place},
    prompts::{
        content::Content,
        diff::between,
        store::{self as prompts, Prompt},
        versions,
    },
    role::{Deploy, DeployProtected},
    server::{Caller, Scope},
    ui::{About, Alert, Bake, Field, Form, FormAlert, Html, Submit},
};
use leptos::{prelude::*, server_fn::ServerFn};

/// `/{org}/deployments/{environment}/{prompt}/review?kind=deploy&version=3`.
///
/// # Errors
/// Those of [`Frame::enter`]; [`Error::NotFound`] when there is no such environment, prompt or version;
/// [`Error::Forbidden`] for those who may not deploy.
pub async fn review(caller: Caller) -> Result<impl IntoView> {
    let (scope, frame) = Frame::enter(&caller).await?;
    scope.clone().require::<Deploy>()?;
    let (environment, prompt) = named(&caller, &scope).await?;
    let kind = caller.query("kind").and_then(|kind| Kind::parse(&kind)).ok_or(Error::NotFound)?;
    let version: Option<i64> = caller.query("version").and_then(|version| version.parse().ok());
    if version.is_none() != (kind == Kind::Undeploy) {
        return Err(Error::NotFound);
    }
    let now = newest(&scope, environment.id, prompt.id).await?;
    let (seen, live) = now.map_or((0, None), |now| (now.number, now.version));
    let order =
        Order { environment: environment.id, prompt: prompt.id, kind, version, reason: String::new(), seen };
    let head = trail(&scope, &environment, &prompt);
    let impact = impact::of(&scope, &order).await?;
    let form = form(&scope, &order, &environment, &impact, &head.1);
    let what = What { order, environment, prompt, live };
    let body = shown(&scope, &caller, &what, &impact, form).await?;
    Ok(frame.show_thing(Place::Deployments, vec![head, ("Review".to_owned(), String::new())], body))
}

/// `/{org}/deployments/requests/{request}`: what somebody asked for.
///
/// # Errors
/// Those of [`Frame::enter`]; [`Error::NotFound`] when it does not wait any more.
pub async fn request(caller: Caller) -> Result<impl IntoView> {
    let (scope, frame) = Frame::enter(&caller).await?;
    let id: DeploymentRequestId = caller.segment(3).parse().map_err(|_| Error::NotFound)?;
    let request = pending(&scope).await?.into_iter().find(|one| one.id == id).ok_or(Error::NotFound)?;
    let (order, prompt) = (request.order(), prompts::find(&scope, request.prompt_id).await?);
    let environment = environments::find(&scope, request.environment_id).await?;
    let live = newest(&scope, environment.id, prompt.id).await?.and_then(|now| now.version);
    let impact = impact::of(&scope, &order).await?;
    let reason = (!order.reason.is_empty()).then(|| view! { <p>{order.reason.clone()}</p> });
    let form = view! {
        <section class="panel">
            <div class="panel-body">
                <p>{request.by.to_string()}" asked for it. "{request.says_approved(&environment)}"."</p>
                {reason}
                <FormAlert action=ApproveDeployment::PATH/>
                <FormAlert action=DeclineDeployment::PATH/>
                <FormAlert action=WithdrawDeployment::PATH/>
                <div class="row-acts">{decisions(&scope, &request)}</div>
            </div>
        </section>
    };
    let head = trail(&scope, &environment, &prompt);
    let what = What { order, environment, prompt, live };
    let body = shown(&scope, &caller, &what, &impact, Some(form.bake())).await?;
    Ok(frame.show_thing(Place::Deployments, vec![head, ("Request".to_owned(), String::new())], body))
}

/// What is to be done where.
struct What {
    order: Order,
    environment: Environment,
    prompt: Prompt,
    live: Option<i64>,
}

async fn shown(
    scope: &Scope,
    caller: &Caller,
    what: &What,
    impact: &Impact,
    form: Option<Html>,
) -> Result<impl IntoView + use<>> {
    let What { order, environment, prompt, live } = what;
    let live_now =
        live.map_or_else(|| "Nothing is live now.".to_owned(), |live| format!("Version {live} is live now."));
    let differs = differs(scope, prompt, *live, order.version, caller).await?;
    Ok(view! {
        <header class="page-head"><div>
            <h1>{title(order, environment, prompt)}</h1>
            <p>{live_now}</p>
        </div></header>
        <div class="stack">{told(impact)}{differs}{form}</div>
    })
}

fn title(order: &Order, environment: &Environment, prompt: &Prompt) -> String {
    let version = order.version.map_or_else(String::new, |version| format!("version {version} of "));
    let (path, name) = (&prompt.path, &environment.name);
    match order.kind {
        Kind::Deploy => format!("Deploy {version}{path} to {name}"),
        Kind::Promote => format!("Promote {version}{path} to {name}"),
        Kind::Rollback => format!("Roll {path} in {name} back to {}", version.trim_end_matches(" of ")),
        Kind::Undeploy => format!("Undeploy {path} from {name}"),
    }
}

/// What else changes, what would break, what callers must give.
fn told(impact: &Impact) -> Html {
    let breaks: Vec<_> = impact.breaks.iter().map(|why| view! { <li>{why.clone()}</li> }).collect();
    let breaks = (!breaks.is_empty()).then(|| view! { <Alert kind="error"><ul>{breaks}</ul></Alert> });
    let changes: Vec<String> = impact.changes.iter().map(|(path, at)| format!("{path} in {at}")).collect();
    let changes = (!changes.is_empty()).then(|| {
        view! { <p class="note">{format!("These change with it, since they refer to it: {}.", changes.join(", "))}</p> }
    });
    let asks: Vec<&str> = impact.asks.iter().map(String::as_str).collect();
    let asks = (!asks.is_empty()).then(|| {
        let says =
            format!("Services must give it from now on: {}. They did not have to before.", asks.join(", "));
        view! { <p class="note" data-kind="warning">{says}</p> }
    });
    view! { {breaks}{asks}{changes} }.bake()
}

async fn differs(
    scope: &Scope,
    prompt: &Prompt,
    live: Option<i64>,
    version: Option<i64>,
    caller: &Caller,
) -> Result<Option<Html>> {
    let Some(version) = version else { return Ok(None) };
    let new = versions::content(scope, prompt.id, version).await?;
    let old = match live {
        Some(live) => versions::content(scope, prompt.id, live).await?,
        None => Content::empty(new.kind()),
    };
    Ok(Some(difference::shown(&between(&old, &new), caller)))
}

fn form(
    scope: &Scope,
    order: &Order,
    environment: &Environment,
    impact: &Impact,
    back: &str,
) -> Option<Html> {
    if !impact.breaks.is_empty() {
        return None;
    }
    let asks = environment.approvals > 1 || environment.approvals == 1 && !scope.can::<DeployProtected>();
    let label = match (asks, order.kind) {
        (true, _) => "Ask for approval",
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
    let (back, kind) = (back.to_owned(), if order.kind == Kind::Undeploy { "danger" } else { "primary" });
    let form = view! {
        <section class="panel">
            <Form action=DeployAction::PATH>
                <About of=about/>
                <Field name="reason" label="Why" maxlength=500 optional=true hint="Stands in the history."/>
                <div class="form-actions">
                    <a class="button" data-kind="quiet" href=back>"Not now"</a>
                    <Submit kind>{label}</Submit>
                </div>
            </Form>
        </section>
    };
    Some(form.bake())
}
