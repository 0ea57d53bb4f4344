//! The form that asks for words.

use crate::{
    paths,
    tenancy::Scope,
    ui::{Bake, Html},
};
use leptos::prelude::*;

/// The form that asks for words.
pub(super) fn search_form(scope: &Scope, typed: &str) -> Html {
    let value = typed.to_owned();
    view! {
        <form class="filters" role="search" method="get" action=paths::search(scope.slug())>
            <input type="search" name="q" value=value placeholder="Search prompts…" aria-label="Search prompts" maxlength="200"/>
            <button class="button filters-go" type="submit">"Search"</button>
        </form>
    }
    .bake()
}
