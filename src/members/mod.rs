//! Members: who is in an organization, as what, and what others may change about it.

pub mod actions;

#[cfg(feature = "ssr")]
pub mod change_page;
#[cfg(feature = "ssr")]
pub mod consequences;
#[cfg(feature = "ssr")]
pub mod danger_zone;
#[cfg(feature = "ssr")]
pub mod export;
#[cfg(feature = "ssr")]
mod letters;
#[cfg(feature = "ssr")]
mod listing;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod rows;
#[cfg(feature = "ssr")]
mod said;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(feature = "ssr")]
mod table;
#[cfg(feature = "ssr")]
mod told;
#[cfg(feature = "ssr")]
pub mod transfers;

pub use actions::{
    AcceptTransfer, CancelTransfer, DeclineTransfer, Leave, OfferTransfer, RemoveMember, SetRole,
};
#[cfg(feature = "ssr")]
pub use listing::{Listing, Sort};
