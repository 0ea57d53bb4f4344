//! The keys there are.

use crate::{
    error::Result,
    orgs::{AppLayout, Place},
    web::RequestContext,
};
use leptos::prelude::*;

/// Where keys do something, and what.
const KEYS: &[(&str, &[(&str, &str)])] = &[
    ("Everywhere", &[("Ctrl K or ⌘ K", "Find a prompt, a page or an action"), ("?", "Show this list")]),
    (
        "In the list of results",
        &[("↓ ↑", "Move through the results"), ("Enter", "Open the first one"), ("Esc", "Close it")],
    ),
    (
        "In the editor",
        &[
            ("Ctrl S or ⌘ S", "Save the draft now"),
            ("Alt ↑, Alt ↓", "Move the message you are in"),
            ("[[", "Refer to another prompt"),
            ("{{", "Insert a variable"),
            ("↓ ↑, then Enter or Tab", "Choose a suggestion"),
        ],
    ),
    (
        "In the tree of prompts",
        &[("Alt ↑, Alt ↓", "Move up or down"), ("Alt →, Alt ←", "Move into a folder, or out of it")],
    ),
];

/// `/{org}/shortcuts`.
///
/// # Errors
/// Those of [`AppLayout::enter`].
pub async fn shortcuts(caller: RequestContext) -> Result<impl IntoView> {
    let (_, frame) = AppLayout::enter(&caller).await?;
    let sections = KEYS.iter().map(|(place, keys)| {
        let rows = keys.iter().map(|(keys, does)| view! { <dt><kbd>{*keys}</kbd></dt><dd>{*does}</dd> });
        let rows: Vec<_> = rows.collect();
        view! { <section class="panel"><header><h2>{*place}</h2></header><dl class="pairs shortcuts">{rows}</dl></section> }
    });
    let sections: Vec<_> = sections.collect();
    let body = view! {
        <header class="page-head"><div><h1>"Keyboard shortcuts"</h1></div></header>
        <div class="grid-2">{sections}</div>
    };
    Ok(frame.show(Place::Shortcuts, body))
}
