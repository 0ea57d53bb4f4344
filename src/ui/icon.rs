use leptos::prelude::*;

/// The icons in use, from Lucide.
pub mod glyph {
    pub use icondata_core::Icon as Glyph;
    pub use icondata_lu::{
        LuArrowLeft as ArrowLeft, LuBookOpen as Docs, LuBraces as Braces, LuCheck as Check,
        LuChevronRight as Closed, LuChevronsUpDown as Updown, LuCircleAlert as Problem,
        LuCircleUser as Account, LuFileText as File, LuFolder as Folder, LuHistory as History,
        LuHouse as House, LuInbox as Inbox, LuInfo as Info, LuKeyRound as Key, LuKeyboard as Keyboard,
        LuLock as Lock, LuLogOut as SignOut, LuMail as Mail, LuMenu as Menu, LuMessagesSquare as Chat,
        LuMonitor as Monitor, LuMoon as Moon, LuPlus as Plus, LuRocket as Deployed, LuSearch as Search,
        LuSettings as Settings, LuSun as Sun, LuTrash2 as Trash, LuUpload as Import, LuUserPlus as Invite,
        LuUsers as Users, LuX as Close,
    };
}

/// An icon that decorates; what it means is said by the text beside it or an `aria-label`.
#[component]
pub fn Icon(
    /// Which one, of [`glyph`].
    is: icondata_core::Icon,
) -> impl IntoView {
    // How it is drawn stands in the style sheet.
    view! { <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" inner_html=is.data></svg> }
}
