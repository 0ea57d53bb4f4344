//! Members: who is in an organization, as what, and what others may change about it.

pub mod actions;

#[cfg(feature = "ssr")]
mod listing;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod rows;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(feature = "ssr")]
mod table;

pub use actions::{Leave, RemoveMember, SetRole};
#[cfg(feature = "ssr")]
pub use listing::{Listing, Sort};
