//! Everything that would go live, with the values it inherits, and what of it has changed since it was asked for.

use crate::{
    deployments::{
        asked::{self, Request},
        fingerprint::difference,
        impact::Impact,
        made_of::MadeOf,
    },
    environments::store::Environment,
    error::Result,
    fields::counted,
    paths,
    tenancy::Scope,
    ui::{Bake, Html},
    web::RequestContext,
};
use leptos::prelude::*;
use serde_json::Value;

/// The most values and prompts that a page shows.
const ROWS: usize = 200;
/// The most bytes of values that a page shows; one is always shown whole.
const BYTES: usize = 100_000;
/// Of a longer value so many characters are shown, and the rest when it is opened.
const OPEN: usize = 1000;

/// A row of what goes live: a prompt, or a value that it inherits.
struct Row<'a> {
    part: &'a MadeOf,
    value: Option<(&'a String, &'a Value)>,
}

impl Row<'_> {
    fn size(&self) -> usize {
        self.value.map_or(0, |(name, value)| name.len() + text(value).len())
    }
}

/// What goes live, part by part, what differs from what is live first; nothing where nothing does. All of it can be
/// reached, on as many pages as it takes.
pub(super) fn goes_live(
    scope: &Scope,
    environment: &Environment,
    impact: &Impact,
    caller: &RequestContext,
) -> Option<Html> {
    if impact.made_of.is_empty() {
        return None;
    }
    let all: Vec<Row<'_>> = impact.made_of.iter().flat_map(rows).collect();
    let from = caller.query("values").and_then(|from| from.parse().ok()).unwrap_or(0).min(all.len());
    let (mut to, mut bytes) = (from, 0);
    while to < all.len() && to - from < ROWS && (to == from || bytes + all[to].size() <= BYTES) {
        bytes += all[to].size();
        to += 1;
    }
    let parts = all[from..to].chunk_by(|one, next| std::ptr::eq(one.part, next.part));
    let parts: Vec<_> = parts.map(|rows| part(scope, rows)).collect();
    let told = (from == 0).then(|| told(impact)).flatten();
    let more = (to < all.len()).then(|| {
        let says = format!("Show more values ({} left)", all.len() - to);
        view! { <p class="panel-body"><a class="button" href=page(caller, to)>{says}</a></p> }
    });
    let covers = environment.is_protected().then_some(" An approval covers exactly this.");
    let panel = view! {
        <section class="panel" aria-labelledby="goes-live">
            <header>
                <h2 id="goes-live">"What goes live"</h2>
                <p>"Every included prompt, with the values it inherits. Changes come first."{covers}</p>
            </header>
            {told}
            <ul class="lines" role="list">{parts}</ul>
            {more}
        </section>
    };
    Some(panel.bake())
}

/// What services are told of the prompt besides.
fn told(impact: &Impact) -> Option<Html> {
    let (description, tags) = impact.served.told();
    let row = |name: &'static str, says: &str| {
        (!says.is_empty()).then(|| view! { <li>{format!("{name}: {says}")}</li> })
    };
    let rows = [row("Description", description), row("Tags", tags)];
    rows.iter().any(Option::is_some).then(|| view! { <ul class="values panel-body">{rows}</ul> }.bake())
}

fn rows(part: &MadeOf) -> Vec<Row<'_>> {
    let mut values: Vec<_> = part.values.iter().collect();
    values.sort_by_key(|(name, _)| !part.changed.contains(*name));
    let values = values.into_iter().map(|value| Row { part, value: Some(value) });
    std::iter::once(Row { part, value: None }).chain(values).collect()
}

/// The page from this row on.
fn page(caller: &RequestContext, from: usize) -> String {
    let path = caller.page.split('?').next().unwrap_or_default();
    let mut url = format!("{path}?values={from}");
    for name in ["kind", "version"] {
        let value = caller.query(name).filter(|value| value.bytes().all(|b| b.is_ascii_alphanumeric()));
        url.extend(value.iter().flat_map(|value| ["&", name, "=", value]));
    }
    url.push_str("#goes-live");
    url
}

/// Some rows of a part.
fn part(scope: &Scope, rows: &[Row<'_>]) -> Option<Html> {
    let part = rows.first()?.part;
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
    let values = rows.iter().filter_map(|row| row.value);
    let values: Vec<_> = values
        .map(|(name, value)| {
            let changed = changes(part.changed.contains(name));
            view! { <li><code>{name.clone()}</code>" = "{whole(value)}{changed}</li> }
        })
        .collect();
    let values = (!values.is_empty()).then(|| view! { <ul class="values">{values}</ul> });
    Some(view! { <li>{path}{model}{changes(part.is_news)}{values}</li> }.bake())
}

fn changes(is_so: bool) -> Option<Html> {
    is_so.then(|| view! { " "<span class="badge" data-kind="amber">"Changed"</span> }.bake())
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

fn whole(value: &Value) -> Html {
    let text = text(value);
    match text.chars().count() {
        0 => "(empty)".to_owned().bake(),
        count if count > OPEN => {
            let begins =
                format!("{}… ({})", text.chars().take(OPEN).collect::<String>(), counted(count, "character"));
            view! { <details><summary><code class="value">{begins}</code></summary><code class="value">{text}</code></details> }
                .bake()
        }
        _ => view! { <code class="value">{text}</code> }.bake(),
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
            <p>"What would go live has changed since this was requested. Earlier approvals no longer count."</p>
            <ul>{lines}</ul>
        </div>
    };
    Ok(Some(note.bake()))
}
