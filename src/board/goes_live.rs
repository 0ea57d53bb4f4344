//! Everything that would go live, with the values it inherits, and what of it has changed since it was asked for.

use crate::{
    deployments::{
        asked::{self, Request},
        fingerprint::difference,
        impact::{Impact, MadeOf},
    },
    error::Result,
    fields::counted,
    paths,
    server::Scope,
    ui::{Bake, Html},
};
use leptos::prelude::*;
use serde_json::Value;

/// The most prompts that are shown.
const PARTS: usize = 50;
/// The most values of each.
const VALUES: usize = 50;
/// The most characters of a value.
const VALUE: usize = 1000;

/// What goes live, part by part; nothing where nothing does.
pub(super) fn goes_live(scope: &Scope, impact: &Impact) -> Option<Html> {
    if impact.made_of.is_empty() {
        return None;
    }
    let parts: Vec<_> = impact.made_of.iter().take(PARTS).map(|part| row(scope, part)).collect();
    let more = impact.made_of.len().saturating_sub(PARTS);
    let more = (more > 0).then(|| view! { <li>{format!("And {more} more")}</li> });
    let panel = view! {
        <section class="panel" aria-labelledby="goes-live">
            <header>
                <h2 id="goes-live">"What goes live"</h2>
                <p>"Every prompt that is included, with the values it inherits. An approval covers exactly this."</p>
            </header>
            <ul class="lines" role="list">{parts}{more}</ul>
        </section>
    };
    Some(panel.bake())
}

fn row(scope: &Scope, part: &MadeOf) -> Html {
    let path = match part.version {
        Some(version) => {
            let url = paths::version(scope.slug(), part.prompt, version);
            view! { <a href=url>{part.path.clone()}</a>{format!(" v{version}")} }.bake()
        }
        None => part.path.clone().bake(),
    };
    let model = [part.model.provider.as_str(), part.model.model.as_str()];
    let model = model.into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>().join(" ");
    let model = (!model.is_empty()).then(|| view! { <small>{format!(", for {model}")}</small> });
    let values: Vec<_> = part
        .values
        .iter()
        .take(VALUES)
        .map(|(name, value)| view! { <li><code>{name.clone()}</code>" = "<code class="value">{whole(value)}</code></li> })
        .collect();
    let more = part.values.len().saturating_sub(VALUES);
    let more = (more > 0).then(|| view! { <li>{format!("And {more} more")}</li> });
    let values = (!values.is_empty()).then(|| view! { <ul class="values">{values}{more}</ul> });
    view! { <li>{path}{model}{values}</li> }.bake()
}

fn whole(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.chars().count() {
        0 => "(empty)".to_owned(),
        count if count > VALUE => {
            format!("{}… ({})", text.chars().take(VALUE).collect::<String>(), counted(count, "character"))
        }
        _ => text,
    }
}

/// What of a request that waits has changed since it was asked for, and whether that happened since somebody approved.
pub(super) async fn changed(scope: &Scope, request: &Request, impact: &Impact) -> Result<Option<Html>> {
    let (now, before) = asked::served(scope, request.id).await?;
    let is_news = impact.served.fingerprint() != request.fingerprint;
    let (before, after) = if is_news { (now, Some(impact.served.clone())) } else { (before, now) };
    let lines = before.zip(after).map(|(before, after)| difference(&before, &after)).unwrap_or_default();
    if lines.is_empty() && !is_news {
        return Ok(None);
    }
    let lines: Vec<_> = lines.into_iter().map(|line| view! { <li>{line}</li> }).collect();
    let note = view! {
        <div class="note" data-kind="warning">
            <p>"What would go live has changed since this was requested. Earlier approvals do not count."</p>
            <ul>{lines}</ul>
        </div>
    };
    Ok(Some(note.bake()))
}
