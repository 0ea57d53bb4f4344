//! The pages of one prompt: the editor of its draft, its versions and what differs between them, who uses
//! it, what happened to it.

pub mod actions;
mod compare;
mod conflict;
mod declarations;
mod details;
pub mod difference;
mod earlier_page;
mod edit_page;
mod fields;
pub mod form;
mod known;
mod marked;
mod messages_form;
pub mod names;
mod preview;
mod prompt_layout;
mod reading;
mod restored;
mod stand_ins;
mod versions_page;

pub use actions::{DescribePrompt, PreviewPrompt, RestoreDraft, RestoreVersion, SaveDraft, SaveVersion};
pub use {
    compare::{compare, save},
    details::details,
    earlier_page::{earlier_draft, earlier_drafts},
    edit_page::edit,
    versions_page::{version, versions},
};
