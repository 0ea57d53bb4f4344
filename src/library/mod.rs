//! The library: where prompts stand. A tree of folders with variables that what is below inherits, moves
//! that break nothing, the trash.

#[cfg(feature = "ssr")]
pub mod copies;
#[cfg(feature = "ssr")]
pub mod folders;
#[cfg(feature = "ssr")]
pub mod moves;
#[cfg(feature = "ssr")]
pub mod trash;
#[cfg(feature = "ssr")]
pub mod variables;
