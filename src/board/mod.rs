//! The board: what is deployed where, and what is done about it.

mod acts;
pub mod cell;
mod choice;
mod goes_live;
pub mod history;
pub mod page;
mod protection;
pub mod requests;
pub mod review;
mod table;
mod told;
