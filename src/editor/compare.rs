//! What differs: between two versions, or between the newest and the draft before it is saved.

use super::{
    SaveVersion,
    difference::{shown, split, whole},
    prompt_layout::{PromptLayout, Tab},
};
use crate::{
    error::{Error, Flaw, Result},
    paths,
    prompts::{
        analysis::Analysis,
        checks,
        compare::between_for,
        content::Content,
        references::{self, Dependant},
        versions,
    },
    role::EditContent,
    tenancy::Scope,
    ui::{Alert, Bake, Field, Form, Hidden, Submit},
    web::RequestContext,
};
use leptos::{prelude::*, server_fn::ServerFn};

/// `/{org}/prompts/{prompt}/save`: what would be saved, and the form that saves it.
///
/// # Errors
/// Those of [`AppLayout::enter`](crate::orgs::AppLayout::enter); [`Error::NotFound`]; [`Error::Forbidden`].
pub async fn save(caller: RequestContext) -> Result<impl IntoView> {
    let desk = PromptLayout::enter(&caller).await?;
    desk.scope.clone().require::<EditContent>()?;
    let difference = match &desk.newest {
        Some(newest) => {
            let difference = between_for(&desk.scope, newest, &desk.draft.content).await?;
            shown(&desk.scope, difference, &caller).await?
        }
        None => whole(&desk.draft.content),
    };
    let told = told(&desk.scope, &desk.draft.content).await?;
    let users = references::used_by(&desk.scope, desk.prompt.id).await?;
    let title = format!("Save version {}", desk.prompt.latest + 1);
    // What says the same as the newest version is none.
    let form = if desk.is_dirty() { save_form(&desk).bake() } else { nothing_new(&desk).bake() };
    let body = view! {
        <h2>{title}</h2>
        {told}
        {affected(&users)}
        {difference}
        {form}
    };
    Ok(desk.show(Tab::Edit, (), body))
}

fn nothing_new(desk: &PromptLayout) -> impl IntoView + use<> {
    let back = paths::prompt(desk.scope.slug(), desk.prompt.id);
    view! { <p><a class="button" href=back>"Cancel"</a></p> }
}

fn save_form(desk: &PromptLayout) -> impl IntoView + use<> {
    let (latest, revision) = (desk.prompt.latest, desk.draft.revision);
    let (org, prompt) = (desk.scope.slug().to_string(), desk.prompt.id.to_string());
    let back = paths::prompt(desk.scope.slug(), desk.prompt.id);
    view! {
        <section class="panel">
            <Form action=SaveVersion::PATH once=true>
                <Hidden name="org" value=org/>
                <Hidden name="prompt" value=prompt/>
                <Hidden name="revision" value=revision.to_string()/>
                <Hidden name="latest" value=latest.to_string()/>
                <Field name="message" label="Message" maxlength=500 optional=true
                    hint="Optional. What changed and why."/>
                <div class="form-actions">
                    <Submit>{format!("Save version {}", latest + 1)}</Submit>
                    <a class="button" data-kind="quiet" href=back>"Cancel"</a>
                </div>
            </Form>
        </section>
    }
}

/// What is wrong with a draft, so that it cannot be saved, and what may be a slip in it.
async fn told(scope: &Scope, content: &Content) -> Result<impl IntoView + use<>> {
    let mut flaws = checks::flaws(content);
    let analysis = Analysis::of(scope.server(), scope.behalf(), content).await?;
    flaws.extend(checks::syntax_flaws(content, &analysis));
    let says = |flaw: Flaw| {
        let n = flaw.field.strip_prefix("content-").and_then(|n| n.parse().ok());
        n.map_or_else(|| flaw.message.to_string(), |n| checks::placed(content, n, &flaw.message))
    };
    let flaws: Vec<_> = flaws.into_iter().map(|flaw| view! { <li>{says(flaw)}</li> }).collect();
    let wrong = (!flaws.is_empty()).then(|| view! { <Alert kind="error"><ul>{flaws}</ul></Alert> });
    let own = content.clone();
    let slips = move || checks::slips(&own);
    let slips = scope.server().long_work.run_on(scope.behalf(), content.text_bytes(), slips).await?;
    let slips: Vec<_> = slips.into_iter().map(|slip| view! { <li>{slip}</li> }).collect();
    let slips = (!slips.is_empty()).then(
        || view! { <Alert kind="info">"These stay plain text because they aren't valid variables or references:"<ul>{slips}</ul></Alert> },
    );
    Ok(view! { {wrong}{slips} })
}

/// Who uses the prompt, and what saving means for them.
fn affected(users: &[Dependant]) -> Option<impl IntoView + use<>> {
    let pinned: Vec<&str> =
        users.iter().filter(|user| user.number > 0).map(|user| user.path.as_str()).collect();
    (!pinned.is_empty()).then(|| {
        let says = format!(
            "Used by {}. They keep the version they were saved with and use this one once they're saved again.",
            pinned.join(", ")
        );
        view! { <p class="note">{says}</p> }
    })
}

/// `/{org}/prompts/{prompt}/compare?from=1&to=draft`.
///
/// # Errors
/// As [`save`], but for all who may read.
pub async fn compare(caller: RequestContext) -> Result<impl IntoView> {
    let desk = PromptLayout::enter(&caller).await?;
    let latest = desk.prompt.latest;
    let from = caller.query("from").unwrap_or_else(|| (latest - 1).max(1).to_string());
    let to =
        caller.query("to").unwrap_or_else(|| if latest > 0 { latest.to_string() } else { "draft".into() });
    let (old, new) = (side(&desk, &from).await?, side(&desk, &to).await?);
    let difference = between_for(&desk.scope, &old, &new).await?;
    let difference = shown(&desk.scope, difference, &caller).await?;
    let options = |chosen: &str| {
        let all = (1..=latest).rev().take(200).map(|number| number.to_string());
        let all = std::iter::once("draft".to_owned()).chain(all);
        all.map(|one| {
            let label = if one == "draft" { "Draft".to_owned() } else { format!("Version {one}") };
            let selected = one == chosen;
            view! { <option value=one selected=selected>{label}</option> }
        })
        .collect_view()
    };
    let view = split(&caller);
    let body = view! {
        <form class="filters" method="get" aria-label="Compare">
            <label>"Compare "<select name="from">{options(&from)}</select></label>
            <label>"with "<select name="to">{options(&to)}</select></label>
            {view.then(|| view! { <input type="hidden" name="view" value="split"/> })}
            <button class="button">"Compare"</button>
        </form>
        {difference}
    };
    Ok(desk.show(Tab::Versions, (), body))
}

async fn side(desk: &PromptLayout, which: &str) -> Result<Content> {
    match which {
        "draft" => Ok(desk.draft.content.clone()),
        number => {
            let number = number.parse().map_err(|_| Error::NotFound)?;
            versions::content(&desk.scope, desk.prompt.id, number).await
        }
    }
}
