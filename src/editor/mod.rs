//! The pages of one prompt: the editor of its draft, its versions and what differs between them, who uses
//! it, what happened to it.

pub mod actions;
#[cfg(feature = "editor")]
mod browser;
#[cfg(feature = "ssr")]
mod compare;
#[cfg(feature = "ssr")]
mod conflict;
#[cfg(feature = "ssr")]
mod declarations;
#[cfg(feature = "ssr")]
mod desk;
#[cfg(feature = "ssr")]
mod details;
#[cfg(feature = "ssr")]
pub mod difference;
#[cfg(feature = "ssr")]
mod earlier_page;
#[cfg(feature = "ssr")]
mod edit_page;
#[cfg(feature = "ssr")]
pub mod form;
#[cfg(any(feature = "ssr", feature = "editor"))]
mod highlight;
#[cfg(feature = "ssr")]
mod known;
#[cfg(feature = "ssr")]
mod marked;
#[cfg(feature = "ssr")]
mod messages_form;
#[cfg(feature = "ssr")]
pub mod names;
#[cfg(feature = "ssr")]
mod preview;
#[cfg(feature = "ssr")]
mod restored;
#[cfg(feature = "ssr")]
mod stand_ins;
#[cfg(feature = "ssr")]
mod versions_page;

#[cfg(feature = "editor")]
pub(crate) use browser::assist;
#[cfg(all(test, feature = "ssr"))]
pub(crate) use highlight::{Known, lines as highlighted};

pub use actions::{DescribePrompt, PreviewPrompt, RestoreDraft, RestoreVersion, SaveDraft, SaveVersion};
#[cfg(feature = "ssr")]
pub use {
    compare::{compare, save},
    details::details,
    earlier_page::{earlier_draft, earlier_drafts},
    edit_page::edit,
    versions_page::{version, versions},
};
