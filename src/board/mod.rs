//! The board: what is deployed where, and what is done about it.

#[cfg(feature = "ssr")]
mod acts;
#[cfg(feature = "ssr")]
pub mod cell;
#[cfg(feature = "ssr")]
mod choice;
#[cfg(feature = "ssr")]
mod goes_live;
#[cfg(feature = "ssr")]
pub mod history;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
mod protection;
#[cfg(feature = "ssr")]
pub mod requests;
#[cfg(feature = "ssr")]
pub mod review;
#[cfg(feature = "ssr")]
mod table;
#[cfg(feature = "ssr")]
mod told;
