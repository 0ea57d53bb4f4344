//! Prompts: what they say, their drafts and versions, and what a model is sent of them.
//!
//! A [`content::Content`] is what a prompt says. Its draft changes all the time and is never served;
//! its versions never change. Rendering ([`render`]) is one pure function over what [`resolve`] reads.

pub mod analysis;
pub mod basis;
pub mod checks;
pub mod circles;
pub mod compare;
pub mod content;
pub mod details;
pub mod diff;
pub mod draft;
pub mod drafts;
pub mod earlier;
pub mod editing;
pub mod included;
pub mod index;
pub mod inherited;
pub mod jinja;
pub mod kept;
mod kinds;
pub mod merge;
pub mod nesting;
pub mod paths;
pub mod pinning;
mod prompt;
pub mod reached;
pub mod references;
pub mod render;
pub mod resolve;
pub mod room;
pub mod saving;
pub mod sizes;
pub mod source;
pub mod store;
mod tags;
pub mod versions;

pub use tags::Tags;
