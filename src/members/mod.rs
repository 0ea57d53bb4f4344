//! Members: who is in an organization, as what, and what others may change about it.

pub mod actions;
pub mod offer;

pub mod change_page;
pub mod consequences;
pub mod danger_zone;
mod emails;
pub mod export;
mod listing;
pub mod pages;
mod rows;
mod said;
pub mod store;
mod table;
mod told;
pub mod transfers;

pub use actions::{
    AcceptTransfer, CancelTransfer, DeclineTransfer, Leave, OfferTransfer, RemoveMember, SetRole,
};
pub use listing::{Listing, Sort};
