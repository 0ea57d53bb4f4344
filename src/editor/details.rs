//! What a prompt is called, where it stands, who uses it, what happened to it.

use super::{
    DescribePrompt,
    prompt_layout::{PromptLayout, Tab},
};
use crate::{
    deployments::store::live_of,
    error::Result,
    fields::Name,
    id::EnvironmentId,
    library::{DuplicatePrompt, MovePrompt, TrashPrompt, folders, pages::place_fields},
    paths,
    prompts::{
        paths::fixed,
        references::{self, Dependant},
    },
    role::{EditContent, TrashContent},
    tenancy::audit::Action,
    time::Timestamp,
    ui::{About, Act, Bake, Delete, Field, Form, FormAlert, Html, Once, Section, Submit, Was, When},
    web::RequestContext,
};
use leptos::{prelude::*, server_fn::ServerFn};

/// How many things that happened are shown.
const RECENT: i64 = 50;

/// `/{org}/prompts/{prompt}/details`.
///
/// # Errors
/// Those of [`AppLayout::enter`](crate::orgs::AppLayout::enter); [`Error::NotFound`](crate::error::Error::NotFound).
pub async fn details(caller: RequestContext) -> Result<impl IntoView> {
    let desk = PromptLayout::enter(&caller).await?;
    let users = references::used_by(&desk.scope, desk.prompt.id).await?;
    let live = live_of(&desk.scope, desk.prompt.id).await?;
    let manage = if desk.scope.can::<EditContent>() {
        manage(&caller, &desk, (live.as_slice(), users.as_slice())).await?.bake()
    } else {
        about(&desk)
    };
    let deployed = deployed(&desk, live);
    let (users, activity) = (used_by(&desk, &users), activity(&desk).await?);
    let export = |ending| paths::export(desk.scope.slug(), ending, &format!("?prompt={}", desk.prompt.id));
    let body = view! {
        <FormAlert action=DuplicatePrompt::PATH/>
        <FormAlert action=TrashPrompt::PATH/>
        {manage}
        <Section title="Deployed">{deployed}</Section>
        <Section title="Used by" says="Prompts whose draft or latest version refers to this one.">{users}</Section>
        <Section title="Activity">{activity}</Section>
        <p class="page-links">
            <a href=export("json") download>"Export as JSON"</a>
            <a href=export("md") download>"Export as Markdown"</a>
        </p>
    };
    Ok(desk.show(Tab::Details, (), body))
}

/// An environment, with the version that is live there.
type Live = (EnvironmentId, String, Option<i64>);

/// Which version is live in each environment.
fn deployed(desk: &PromptLayout, live: Vec<Live>) -> impl IntoView + use<> {
    let (slug, prompt) = (desk.scope.slug(), desk.prompt.id);
    let pair = |(environment, name, version): Live| {
        let says = version.map_or_else(|| "Not deployed".to_owned(), |version| format!("v{version}"));
        let spoken = format!("{says} in {name}");
        let url = paths::deployment(slug, environment, prompt);
        view! { <dt>{name}</dt><dd><a href=url aria-label=spoken>{says}</a></dd> }
    };
    let pairs: Vec<_> = live.into_iter().map(pair).collect();
    view! {
        <dl class="pairs" id="deployed" data-live="deployments">{pairs}</dl>
        <p class="page-links"><a href=paths::prompt_deployments(slug, prompt)>"Deployment history"</a></p>
    }
}

/// What is known of the prompt, for those who only read.
fn about(desk: &PromptLayout) -> Html {
    let (path, tags) = (desk.prompt.path.clone(), desk.prompt.tags.to_string());
    view! {
        <dl class="pairs">
            <dt>"Path"</dt><dd><code>{path}</code></dd>
            {(!tags.is_empty()).then(|| view! { <dt>"Tags"</dt><dd>{tags}</dd> })}
        </dl>
    }
    .bake()
}

async fn manage(
    caller: &RequestContext,
    desk: &PromptLayout,
    used: (&[Live], &[Dependant]),
) -> Result<impl IntoView + use<>> {
    let prompt = desk.prompt.clone();
    let (org, id) = (desk.scope.slug().to_string(), prompt.id.to_string());
    let about = || vec![("org", org.clone()), ("prompt", id.clone())];
    let named = about();
    let stays = stays(&fixed(&desk.scope, prompt.id).await?);
    // The form that moves it names every folder there is, so it is there when it is asked for.
    let (moving, ask) = match caller.query("move") {
        Some(_) => (Some(move_form(desk, about()).await?), None),
        None => (None, Some(view! { <a class="button" href="?move=1">"Move prompt…"</a> })),
    };
    let duplicate = view! { <Act action=DuplicatePrompt::PATH about=about()><Once/><button class="button">"Duplicate prompt"</button></Act> };
    let in_the_way = in_the_way(desk, used).filter(|_| desk.scope.can::<TrashContent>());
    let delete = (in_the_way.is_none() && desk.scope.can::<TrashContent>()).then(|| {
        view! {
            <Delete id="trash-prompt" label=format!("Delete {}", prompt.name) action=TrashPrompt::PATH about=about()
                says="The prompt and its versions move to the trash. You can restore it for 30 days."/>
        }
    });
    Ok(view! {
        <Section title="Details">
            {stays}
            <Form action=DescribePrompt::PATH ids="describe-">
                <About of=named/>
                <Was name="name" value=prompt.name.to_string()/>
                <Field name="name" label="Name" value=prompt.name.to_string() maxlength=80
                    hint="If you rename or move the prompt, requests for its old path are redirected until another prompt uses that path."/>
                <Was name="description" value=prompt.description.clone()/>
                <Field name="description" label="Description" kind="textarea" value=prompt.description.clone() maxlength=1000 optional=true/>
                <Was name="tags" value=prompt.tags.to_string()/>
                <Field name="tags" label="Tags" value=prompt.tags.to_string() maxlength=900 optional=true hint="Separate with commas."/>
                <div class="form-actions"><Submit>"Save details"</Submit></div>
            </Form>
            {moving}
        </Section>
        <div class="stack" id="prompt-acts" data-live="deployments prompts drafts">
            <div class="page-actions">
                {ask}
                {duplicate}
                {delete}
            </div>
            {in_the_way}
        </div>
    })
}

/// The most prompts that are named in a sentence.
const NAMED: usize = 5;

/// Why the prompt cannot be deleted yet: where it is live, and what includes it. Nothing where it can.
fn in_the_way(desk: &PromptLayout, (live, users): (&[Live], &[Dependant])) -> Option<Html> {
    let (org, id, name) = (desk.scope.slug(), desk.prompt.id, &desk.prompt.name);
    let live = live.iter().filter(|(.., version)| version.is_some());
    let live: Vec<_> =
        live.map(|(environment, at, _)| (at.clone(), paths::deployment(org, *environment, id))).collect();
    // A prompt may use it in its draft and in its newest version.
    let users = users.iter().map(|user| (user.path.clone(), paths::prompt(org, user.id)));
    let mut users: Vec<_> = users.collect();
    users.dedup();
    let more = users.len().saturating_sub(NAMED);
    users.truncate(NAMED);
    let more = (more > 0).then(|| format!(", {more} more"));
    let live = (!live.is_empty()).then(|| {
        let says = format!("{name} is live in ");
        view! { <p class="note">{says}{links(live)}". Undeploy it before you delete it."</p> }
    });
    let users = (!users.is_empty()).then(|| {
        let says = format!("Other prompts include {name}: ");
        view! { <p class="note">{says}{links(users)}{more}". Change them before you delete it."</p> }
    });
    (live.is_some() || users.is_some()).then(|| view! { <div>{live}{users}</div> }.bake())
}

/// Names in a sentence, each with its page.
fn links(of: Vec<(String, String)>) -> Html {
    let link = |(n, (name, url)): (usize, (String, String))| {
        view! { {(n > 0).then_some(", ")}<a href=url>{name}</a> }
    };
    let links: Vec<_> = of.into_iter().enumerate().map(link).collect();
    view! { {links} }.bake()
}

/// That renaming and moving change nothing for services where others must approve what they get.
fn stays(fixed: &[(String, String)]) -> Option<Html> {
    let at: Vec<_> = fixed.iter().map(|(environment, path)| format!("{path} in {environment}")).collect();
    (!at.is_empty()).then(|| {
        view! { <p class="note">{format!("Services get this as {}. If you rename or move it, that path keeps working there, and the new path works once you deploy it again. Its description and tags stay the same for services until then, too.", at.join(", "))}</p> }
            .bake()
    })
}

async fn move_form(desk: &PromptLayout, about: Vec<(&'static str, String)>) -> Result<impl IntoView + use<>> {
    let places = place_fields("folder", folders::all(&desk.scope).await?, desk.prompt.folder_id);
    Ok(view! {
        <Form action=MovePrompt::PATH ids="move-">
            <About of=about/>
            {places}
            <div class="form-actions"><Submit kind="">"Move prompt"</Submit></div>
        </Form>
    })
}

fn used_by(desk: &PromptLayout, users: &[Dependant]) -> Html {
    if users.is_empty() {
        return view! { <p class="note">"No prompt uses this one."</p> }.bake();
    }
    let row = |user: &Dependant| {
        let url = paths::prompt(desk.scope.slug(), user.id);
        let says = match (user.number, user.to_number) {
            (0, _) => "in its draft".to_owned(),
            (number, Some(to)) => format!("v{number} uses v{to}"),
            (number, None) => format!("v{number}"),
        };
        view! { <li><a href=url>{user.path.clone()}</a>" "<small>{says}</small></li> }
    };
    let rows: Vec<_> = users.iter().map(row).collect();
    view! { <ul class="lines" role="list">{rows}</ul> }.bake()
}

#[derive(Debug, sqlx::FromRow)]
struct Happened {
    created_at: Timestamp,
    action: String,
    version: Option<String>,
    environment: Option<String>,
    name: Option<Name>,
}

impl Happened {
    /// What was done, with the version and the environment where it was deployed or that was asked for.
    fn did(&self) -> String {
        let action = Action::parse(&self.action);
        let says = action.map_or("did something", Action::says);
        match (action, &self.version, &self.environment) {
            (Some(Action::RolledBack), Some(version), Some(at)) => format!("{says} to v{version} in {at}"),
            (Some(Action::Undeployed), _, Some(at)) => format!("{says} from {at}"),
            (_, Some(version), Some(to)) => format!("{says} v{version} to {to}"),
            _ => says.strip_suffix(" of").unwrap_or(says).to_owned(),
        }
    }
}

/// What happened to the prompt, from the log: who did what, without where they were.
async fn activity(desk: &PromptLayout) -> Result<Html> {
    let rows = desk.scope.query(
        "SELECT a.created_at, a.action, CAST(a.details -> 'after' ->> 'version' AS TEXT) AS version,
           a.details ->> 'environment' AS environment, u.name
         FROM audit_log a LEFT JOIN users u ON u.id = a.actor_id
         WHERE a.org_id = $1 AND a.target_id = $2 ORDER BY a.id DESC LIMIT CAST($3 AS BIGINT)",
    );
    let rows: Vec<Happened> = rows.bind(desk.prompt.id).bind(RECENT).all().await?;
    let now = desk.scope.server().clock.now();
    let row = |one: Happened| {
        let did = one.did();
        let who = one.name.map_or_else(|| "Prompt Studio".to_owned(), |name| name.to_string());
        view! { <li><span>{format!("{who} {did}")}</span>" "<small><When at=one.created_at now/></small></li> }
    };
    let rows: Vec<_> = rows.into_iter().map(row).collect();
    Ok(view! { <ul class="lines" role="list" id="activity" data-live="prompts drafts deployments">{rows}</ul> }.bake())
}
