//! What shows that an environment is protected, wherever one deploys to it.

use crate::{
    environments::store::Environment,
    time::Timestamp,
    ui::{Bake, Html, Icon, When, glyph},
};
use leptos::prelude::*;

/// The badge of a protected environment; nothing for others.
pub(super) fn protected(environment: &Environment) -> Option<Html> {
    environment.is_protected().then(|| {
        view! { <span class="badge" data-kind="amber"><Icon is=glyph::Lock/>"Protected"</span> }.bake()
    })
}

/// What deploying to a protected environment means, before one does; nothing for others.
pub(super) fn warning(environment: &Environment, asks: bool, now: Timestamp) -> Option<Html> {
    if !environment.is_protected() {
        return None;
    }
    let name = &environment.name;
    if let Some(until) = environment.held_until.filter(|_| asks) {
        let says = format!(
            "{name} is protected. Someone who could approve left or lost that role in the last 24 hours, so another person must still approve this. This ends "
        );
        return Some(view! { <p class="note protected" data-kind="warning"><Icon is=glyph::Lock/>{says}<When at=until now/>"."</p> }.bake());
    }
    let says = if asks {
        format!("{name} is protected. Once approved, this goes live for services.")
    } else {
        format!("{name} is protected. This goes live for services immediately.")
    };
    Some(view! { <p class="note protected" data-kind="warning"><Icon is=glyph::Lock/>{says}</p> }.bake())
}
