//! The library: where prompts stand. A tree of folders with variables that what is below inherits, moves
//! that break nothing, the trash.

pub mod actions;
pub mod contents;
pub mod copies;
mod excerpt;
pub mod exchange;
pub mod folders;
pub mod moves;
mod order;
pub mod pages;
pub mod renames;
pub mod sample;
pub mod sample_actions;
mod sample_note;
pub mod search;
mod search_form;
pub mod search_page;
pub mod trash;
pub mod trash_page;
pub mod tree;
pub mod variable_actions;
pub mod variables;
mod variables_form;
pub mod variables_seen;

pub use actions::{
    ApplyImport, CreateFolder, CreateImport, CreatePrompt, DuplicateFolder, DuplicatePrompt, MoveFolder,
    MovePrompt, PurgeTrash, RenameFolder, RestoreTrash, TrashFolder, TrashPrompt,
};
pub use sample_actions::{AddSamples, RemoveSamples};
pub use variable_actions::{RestoreVariables, SetVariables};
