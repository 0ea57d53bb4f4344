//! Import and export: the library, a folder or a prompt as a file, and back.

pub mod archive;
pub mod check;
pub mod export;
mod foreign;
pub mod format;
pub mod import;
mod layout;
pub mod line;
pub mod markdown;
mod merge;
pub mod pages;
mod path;
pub mod routes;
pub mod store;
mod trial;
pub mod writing;
