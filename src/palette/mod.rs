//! Finding anything by a few letters, and the keys there are.

#[cfg(feature = "ssr")]
mod acts;
#[cfg(feature = "ssr")]
mod model;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
mod places;
#[cfg(feature = "ssr")]
pub mod shortcuts;
