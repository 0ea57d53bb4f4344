//! What to do first, each with what is there: edit a prompt, deploy it, get others in, fetch it. Each step is gone
//! when it is done, as far as the server knows: who only looks leaves no trace.

use crate::{
    deployments::model::Kind as DeploymentKind,
    environments::store as environments,
    error::Result,
    fields::PathName,
    id::PromptId,
    library::AddSamples,
    orgs::Place,
    paths, role,
    tenancy::Scope,
    ui::{Act, Bake, FormAlert, Html},
};
use leptos::{prelude::*, server_fn::ServerFn};

/// What is known of an organization's first steps.
#[derive(Clone, Copy)]
pub(super) struct Done {
    /// Somebody else is here.
    pub(super) has_people: bool,
    /// Something was deployed once.
    pub(super) has_deployed: bool,
}

/// A step: what it is about, a line about it, and what does it.
struct Step {
    title: String,
    says: String,
    acts: Html,
    /// Code that stands below it, over the whole width.
    code: Option<String>,
}

impl Step {
    fn new(title: impl Into<String>, says: impl Into<String>, acts: Html) -> Self {
        Self { title: title.into(), says: says.into(), acts, code: None }
    }
}

fn link(url: String, label: impl Into<String>, kind: &'static str) -> Html {
    let label: String = label.into();
    view! { <a class="button" data-kind=kind href=url>{label}</a> }.bake()
}

/// The prompt to begin with.
#[derive(sqlx::FromRow)]
struct First {
    id: PromptId,
    name: PathName,
    path: String,
    latest: i64,
}

/// What is not done yet; nothing when all of it is.
pub(super) async fn steps(scope: &Scope, done: Done) -> Result<Option<Html>> {
    let steps = undone(scope, done).await?;
    if steps.is_empty() {
        return Ok(None);
    }
    let steps = steps.into_iter().map(|step| {
        let code = step.code.map(|code| view! {
            <pre class="example" id="fetch-example" tabindex="0" role="region" aria-label="curl example">{code}</pre>
        });
        let is_wide = code.is_some();
        let copy = is_wide.then(|| {
            view! { <button class="button enhanced-only" type="button" data-copies="fetch-example" aria-label="Copy curl example">"Copy"</button> }
        });
        view! {
            <article class="step" data-wide=is_wide><h3>{step.title}</h3><p>{step.says}</p>{code}<div class="step-acts">{step.acts}{copy}</div></article>
        }
    });
    let steps: Vec<_> = steps.collect();
    let shown = view! {
        <FormAlert action=AddSamples::PATH/>
        <h2 class="visually-hidden">"What to do next"</h2>
        <div class="steps">{steps}</div>
    };
    Ok(Some(shown.bake()))
}

/// The steps that are not done yet. What takes the whole width comes last, below the others.
async fn undone(scope: &Scope, done: Done) -> Result<Vec<Step>> {
    let (mut steps, mut last): (Vec<Step>, _) = (Vec::new(), None);
    match first(scope).await? {
        None => steps.extend(begin(scope)),
        Some(first) => {
            if !done.has_deployed {
                steps.extend(editing(scope, &first).await?);
                steps.extend(deploying(scope, &first).await?);
            }
            if scope.can::<role::ManageApiKeys>() && !is_fetched(scope).await? {
                last = Some(fetching(scope, &first).await?);
            }
        }
    }
    if !done.has_people {
        steps.extend(people(scope));
    }
    steps.extend(last);
    Ok(steps)
}

/// The prompt that one opens first: one that has a version, messages before texts that others refer to.
async fn first(scope: &Scope) -> Result<Option<First>> {
    let row = scope.query(
        "SELECT id, name, path, latest FROM prompts WHERE org_id = $1 AND trash_id IS NULL
         ORDER BY CASE WHEN latest > 0 THEN 0 ELSE 1 END, CASE kind WHEN 'chat' THEN 0 ELSE 1 END, created_at, id
         LIMIT 1",
    );
    Ok(row.optional().await?)
}

/// Whether somebody edited a prompt: samples are saved once. Looks at 100 drafts at most; so many count as edited.
async fn is_written(scope: &Scope) -> Result<bool> {
    let row = scope.query(
        "SELECT count(*) = 100 OR coalesce(max(revision), 0) > 2
         FROM (SELECT revision FROM drafts WHERE org_id = $1 LIMIT 100) AS drafts",
    );
    let (is_written,): (bool,) = row.one().await?;
    Ok(is_written)
}

async fn is_fetched(scope: &Scope) -> Result<bool> {
    let row =
        scope.query("SELECT EXISTS (SELECT 1 FROM api_keys WHERE org_id = $1 AND last_used_at IS NOT NULL)");
    let (is_fetched,): (bool,) = row.one().await?;
    Ok(is_fetched)
}

/// Where there is no prompt: writing one, or samples.
fn begin(scope: &Scope) -> Option<Step> {
    scope.can::<role::EditContent>().then(|| {
        let about = vec![("org", scope.slug().to_string())];
        let acts = view! {
            {link(paths::new_prompt(scope.slug(), None), "New prompt", "primary")}
            <Act action=AddSamples::PATH about><button class="button">"Add sample prompts"</button></Act>
        };
        let says = "A prompt is a text or chat with variables, and every version you save is kept. Or start with three sample prompts that you can change and remove.";
        Step::new("Write a prompt", says, acts.bake())
    })
}

/// Where there is a prompt: changing it, and trying it on the way.
async fn editing(scope: &Scope, first: &First) -> Result<Option<Step>> {
    if !scope.can::<role::EditContent>() || is_written(scope).await? {
        return Ok(None);
    }
    let says = format!(
        "Start with {}: change its messages, enter values for its variables, and see exactly what the model would get.",
        first.path
    );
    let act = link(paths::prompt(scope.slug(), first.id), format!("Open {}", first.name), "primary");
    Ok(Some(Step::new("Edit a prompt", says, act)))
}

/// Deploying to the first environment that needs nobody else.
async fn deploying(scope: &Scope, first: &First) -> Result<Option<Step>> {
    let all = environments::list(scope).await?;
    let Some(to) = all.iter().find(|one| !one.is_protected()).or(all.first()) else { return Ok(None) };
    if !scope.can::<role::Deploy>() {
        return Ok(None);
    }
    let title = format!("Deploy to {}", to.name);
    if first.latest == 0 {
        let says = format!("Save a version of {} first. Only versions can be deployed.", first.path);
        let url = paths::save_version(scope.slug(), first.id);
        return Ok(Some(Step::new(title, says, link(url, "Save a version", ""))));
    }
    let (kind, version) = (DeploymentKind::Deploy.as_str(), first.latest);
    let url = paths::review_deployment(scope.slug(), (to.id, first.id), kind, Some(version));
    let says = format!("Services get this version of {} until you deploy another one.", first.path);
    Ok(Some(Step::new(title, says, link(url, format!("Deploy version {version}"), ""))))
}

/// Fetching what is live, as a service does.
async fn fetching(scope: &Scope, first: &First) -> Result<Step> {
    let live = scope.query(
        "SELECT d.path, e.name FROM deployments d
         JOIN prompts p ON p.org_id = d.org_id AND p.id = d.prompt_id AND p.trash_id IS NULL
         JOIN environments e ON e.org_id = d.org_id AND e.id = d.environment_id
         WHERE d.org_id = $1 AND d.version IS NOT NULL AND d.number = (SELECT max(m.number) FROM deployments m
           WHERE m.org_id = $1 AND m.environment_id = d.environment_id AND m.prompt_id = d.prompt_id)
         ORDER BY d.id DESC LIMIT 1",
    );
    let live: Option<(String, String)> = live.optional().await?;
    let (path, environment) = live.unwrap_or_else(|| (first.path.clone(), "development".to_owned()));
    let base = scope.server().config.base_url.as_str().trim_end_matches('/').to_owned();
    let encoded = paths::segment(&path);
    let code = format!(
        "curl --get \"{base}/api/v1/prompts/{encoded}\" \\\n  --data-urlencode environment={environment} \\\n  --header \"Authorization: Bearer $PROMPT_STUDIO_KEY\""
    );
    let url = Place::ApiKeys.url(scope.slug());
    let says =
        format!("Create an API key, set PROMPT_STUDIO_KEY to it, and fetch {path} the way a service does.");
    Ok(Step { code: Some(code), ..Step::new("Fetch with curl", says, link(url, "API keys", "")) })
}

/// Getting others in.
fn people(scope: &Scope) -> Option<Step> {
    scope.can::<role::InviteMembers>().then(|| {
        if scope.organization().is_personal {
            let says = "Your personal workspace is for your own work. Create an organization to share with your team or a client.";
            let act = link(paths::NEW_ORGANIZATION.to_owned(), "New organization", "");
            Step::new("Create a team organization", says, act)
        } else {
            let says = "You're the only one here. Each person you invite gets an email with a link to join.";
            Step::new("Invite people", says, link(paths::new_invitation(scope.slug()), "Invite people", ""))
        }
    })
}
