//! Finding one's way by a few letters: prompts, pages, workspaces, and what one can do.

#[cfg(feature = "ssr")]
pub mod page;
