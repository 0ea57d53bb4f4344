use leptos::prelude::*;

/// The icons in use, from Lucide.
pub mod glyph {
    pub use icondata_lu::{
        LuArrowLeft as ArrowLeft, LuCheck as Check, LuChevronsUpDown as Updown, LuCircleAlert as Problem,
        LuHouse as House, LuInbox as Inbox, LuInfo as Info, LuLogOut as SignOut, LuMail as Mail,
        LuMenu as Menu, LuMonitor as Monitor, LuMoon as Moon, LuPlus as Plus, LuSettings as Settings,
        LuSun as Sun, LuUserPlus as Invite, LuUsers as Users, LuX as Close,
    };
}

/// An icon that decorates; what it means is said by the text beside it or an `aria-label`.
#[component]
pub fn Icon(
    /// Which one, of [`glyph`].
    is: icondata_core::Icon,
) -> impl IntoView {
    view! {
        <svg
            class="icon"
            width="16"
            height="16"
            viewBox="0 0 24 24"
            fill="none"
            stroke="currentColor"
            stroke-width="2"
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
            inner_html=is.data
        ></svg>
    }
}
