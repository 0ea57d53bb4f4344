//! The forms of the account menu.

use crate::ui::{Icon, PageField, Theme, glyph};
use leptos::prelude::*;

/// Sign-out and theme are a person's own affairs and belong to accounts, which comes later in the
/// order of features: their paths are all the frame needs.
pub const SIGN_OUT: &str = "/api/accounts/sign_out";
/// Likewise.
pub const SET_THEME: &str = "/api/accounts/set_theme";

pub(super) fn sign_out_form() -> impl IntoView {
    view! {
        <form method="post" action=SIGN_OUT>
            <button class="menu-item" type="submit"><Icon is=glyph::SignOut/><span class="menu-label">"Sign out"</span></button>
        </form>
    }
}

pub(super) fn theme_form() -> impl IntoView {
    let chosen = Theme::chosen();
    let button = move |theme: Option<Theme>, label: &'static str, icon| {
        let pressed = if theme == chosen { "true" } else { "false" };
        let value = theme.map_or("system", Theme::as_str);
        view! {
            <button type="submit" name="theme" value=value aria-pressed=pressed aria-label=label title=label><Icon is=icon/></button>
        }
    };
    view! {
        <form class="theme" method="post" action=SET_THEME aria-label="Theme">
            <PageField/>
            {button(Some(Theme::Light), "Light", glyph::Sun)}
            {button(Some(Theme::Dark), "Dark", glyph::Moon)}
            {button(None, "System", glyph::Monitor)}
        </form>
    }
}
