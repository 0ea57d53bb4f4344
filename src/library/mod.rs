//! The library: where prompts stand. A tree of folders with variables that what is below inherits, moves
//! that break nothing, the trash.

pub mod actions;
#[cfg(feature = "ssr")]
pub mod contents;
#[cfg(feature = "ssr")]
pub mod copies;
#[cfg(feature = "ssr")]
mod excerpt;
#[cfg(feature = "ssr")]
pub mod exchange;
#[cfg(feature = "ssr")]
pub mod folders;
#[cfg(feature = "ssr")]
pub mod moves;
#[cfg(feature = "ssr")]
mod order;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod renames;
#[cfg(feature = "ssr")]
pub mod sample;
pub mod sample_actions;
#[cfg(feature = "ssr")]
mod sample_note;
#[cfg(feature = "ssr")]
pub mod search;
#[cfg(feature = "ssr")]
pub mod search_page;
#[cfg(feature = "ssr")]
pub mod trash;
#[cfg(feature = "ssr")]
pub mod trash_page;
#[cfg(feature = "ssr")]
pub mod tree;
pub mod variable_actions;
#[cfg(feature = "ssr")]
pub mod variables;
#[cfg(feature = "ssr")]
mod variables_form;
#[cfg(feature = "ssr")]
pub mod variables_seen;

pub use actions::{
    ApplyImport, CreateFolder, CreateImport, CreatePrompt, DuplicateFolder, DuplicatePrompt, MoveFolder,
    MovePrompt, PurgeTrash, RenameFolder, RestoreTrash, TrashFolder, TrashPrompt,
};
pub use sample_actions::{AddSamples, RemoveSamples};
pub use variable_actions::{RestoreVariables, SetVariables};
