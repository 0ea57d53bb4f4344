//! Choosing another version than the newest to deploy.

use crate::{
    deployments::model::{DeployCommand, Kind},
    error::Result,
    paths,
    prompts::{store::Prompt, versions},
    tenancy::Scope,
    ui::{Bake, Html},
};
use leptos::prelude::*;

/// The most versions to choose from, the newest first.
const MOST: i64 = 200;
/// The most letters of what an author said about a version.
const SAID: usize = 60;

/// A form that asks for another version of a prompt than what is about to be deployed, where there is one.
pub(super) async fn choice(
    scope: &Scope,
    order: &DeployCommand,
    prompt: &Prompt,
    live: Option<i64>,
) -> Result<Option<Html>> {
    if order.kind != Kind::Deploy {
        return Ok(None);
    }
    let all = versions::list(scope, prompt.id, i64::MAX, MOST).await?;
    if all.len() < 2 {
        return Ok(None);
    }
    let options = all.into_iter().map(|version| {
        let number = version.number;
        let selected = Some(number) == order.version;
        let said: String = version.message.lines().next().unwrap_or_default().chars().take(SAID).collect();
        let said = if said.is_empty() { said } else { format!(": {said}") };
        let mark = if Some(number) == live {
            " (live)"
        } else if number == prompt.latest {
            " (latest)"
        } else {
            ""
        };
        view! { <option value=number.to_string() selected=selected>{format!("Version {number}{mark}{said}")}</option> }
    });
    let options: Vec<_> = options.collect();
    let page = format!("{}/review", paths::deployment(scope.slug(), order.environment, prompt.id));
    let form = view! {
        <form class="filters" method="get" action=page aria-label="Choose a version">
            <input type="hidden" name="kind" value=Kind::Deploy.as_str()/>
            <select name="version" aria-label="Version">{options}</select>
            <button class="button">"Show this version"</button>
        </form>
    };
    Ok(Some(form.bake()))
}
