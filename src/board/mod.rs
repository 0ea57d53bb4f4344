//! The board: what is deployed where, and what is done about it.

#[cfg(feature = "ssr")]
mod acts;
#[cfg(feature = "ssr")]
pub mod cell;
#[cfg(feature = "ssr")]
mod choice;
#[cfg(feature = "ssr")]
pub mod history;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
mod requests;
#[cfg(feature = "ssr")]
pub mod review;
#[cfg(feature = "ssr")]
mod table;
