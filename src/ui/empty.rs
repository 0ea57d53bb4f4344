use super::Icon;
use leptos::prelude::*;

/// What stands where there is nothing yet: what would be here, and how to begin.
#[component]
pub fn Empty(
    /// An icon of [`glyph`](super::glyph).
    icon: icondata_core::Icon,
    /// A headline.
    title: &'static str,
    /// A line, and the act.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="empty">
            <Icon is=icon/>
            <h2>{title}</h2>
            {children()}
        </div>
    }
}
