//! Prompts: what they say, their drafts and versions, and what a model is sent of them.
//!
//! A [`content::Content`] is what a prompt says. Its draft changes all the time and is never served;
//! its versions never change. Rendering ([`render`]) is one pure function over what [`resolve`] reads.

#[cfg(feature = "ssr")]
pub mod analysis;
#[cfg(feature = "ssr")]
pub mod basis;
#[cfg(feature = "ssr")]
pub mod checks;
#[cfg(feature = "ssr")]
pub mod circles;
#[cfg(feature = "ssr")]
pub mod compare;
#[cfg(feature = "ssr")]
pub mod content;
#[cfg(feature = "ssr")]
pub mod details;
#[cfg(feature = "ssr")]
pub mod diff;
#[cfg(feature = "ssr")]
pub mod drafts;
#[cfg(feature = "ssr")]
pub mod earlier;
#[cfg(feature = "ssr")]
pub mod editing;
#[cfg(feature = "ssr")]
pub mod included;
#[cfg(feature = "ssr")]
pub mod index;
#[cfg(feature = "ssr")]
pub mod inherited;
#[cfg(feature = "ssr")]
pub mod jinja;
#[cfg(feature = "ssr")]
pub mod kept;
#[cfg(feature = "ssr")]
mod kinds;
#[cfg(feature = "ssr")]
pub mod merge;
#[cfg(feature = "ssr")]
pub mod nesting;
#[cfg(feature = "ssr")]
pub mod paths;
#[cfg(feature = "ssr")]
pub mod pinning;
#[cfg(feature = "ssr")]
pub mod reached;
#[cfg(feature = "ssr")]
pub mod references;
#[cfg(feature = "ssr")]
pub mod render;
#[cfg(feature = "ssr")]
pub mod resolve;
#[cfg(feature = "ssr")]
pub mod room;
#[cfg(feature = "ssr")]
pub mod saving;
#[cfg(feature = "ssr")]
pub mod sizes;
#[cfg(feature = "ssr")]
pub mod source;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(feature = "ssr")]
mod tags;
#[cfg(feature = "ssr")]
pub mod versions;

#[cfg(feature = "ssr")]
pub use tags::Tags;
