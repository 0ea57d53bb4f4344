//! Finding anything by a few letters, and the keys there are.

mod acts;
mod model;
pub mod page;
mod places;
pub mod shortcuts;
