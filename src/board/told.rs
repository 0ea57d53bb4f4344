//! What else comes of a deployment, told before it is made.

use crate::{
    deployments::impact::Impact,
    ui::{Alert, Bake, Html},
};
use leptos::prelude::*;

/// The most prompts that are named at once which change with one.
const SHOWN: usize = 20;
/// The most differences that are told before everything that goes live.
const LINES: usize = 100;

/// What else changes, what would break, what callers must give.
pub(super) fn told(impact: &Impact) -> Html {
    let breaks: Vec<_> = impact.breaks.iter().map(|one| view! { <li>{one.says.clone()}</li> }).collect();
    let breaks = (!breaks.is_empty()).then(|| view! { <Alert kind="error"><ul>{breaks}</ul></Alert> });
    let changes: Vec<String> = impact.changes.iter().map(|(path, at)| format!("{path} in {at}")).collect();
    let (shown, folded) = changes.split_at(changes.len().min(SHOWN));
    let more = (!folded.is_empty()).then(|| {
        let summary = format!("And {} more", folded.len());
        view! { <details><summary>{summary}</summary>{folded.join(", ")}</details> }
    });
    let changes = (!changes.is_empty()).then(|| {
        let unknown = if impact.is_cut { " There may be more." } else { "" };
        let says = format!("These also change because they refer to it: {}.{unknown}", shown.join(", "));
        view! { <div class="note"><p>{says}</p>{more}</div> }
    });
    let lines = impact.differs.iter().take(LINES).cloned();
    let rest = impact.differs.len().saturating_sub(LINES);
    let rest = (rest > 0).then(|| format!("And {rest} more, marked as changed below."));
    let differs: Vec<_> = lines.chain(rest).map(|line| view! { <li>{line}</li> }).collect();
    let differs = (!differs.is_empty()).then(|| {
        view! { <div class="note"><p>"Other differences from what's live:"</p><ul>{differs}</ul></div> }
    });
    let asks: Vec<&str> = impact.asks.iter().map(String::as_str).collect();
    let asks = (!asks.is_empty()).then(|| {
        let says = format!("New required values: {}. Services must now send them.", asks.join(", "));
        view! { <p class="note" data-kind="warning">{says}</p> }
    });
    view! { {breaks}{asks}{changes}{differs} }.bake()
}
