//! What shows that an environment is protected, wherever one deploys to it.

use crate::{
    environments::store::Environment,
    ui::{Bake, Html, Icon, glyph},
};
use leptos::prelude::*;

/// The badge of a protected environment; nothing for others.
pub(super) fn protected(environment: &Environment) -> Option<Html> {
    environment.is_protected().then(|| {
        view! { <span class="badge" data-kind="amber"><Icon is=glyph::Lock/>"Protected"</span> }.bake()
    })
}

/// What deploying to a protected environment means, before one does; nothing for others.
pub(super) fn warning(environment: &Environment, asks: bool) -> Option<Html> {
    if !environment.is_protected() {
        return None;
    }
    let name = &environment.name;
    let says = if asks {
        format!("{name} is protected. Once approved, this is live for services.")
    } else {
        format!("{name} is protected. This is live for services at once.")
    };
    Some(view! { <p class="note protected" data-kind="warning"><Icon is=glyph::Lock/>{says}</p> }.bake())
}
