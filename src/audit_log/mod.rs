//! The audit log as its readers see it: filtered, paged, exported.

#[cfg(feature = "ssr")]
mod changes;
#[cfg(feature = "ssr")]
pub mod entry;
#[cfg(feature = "ssr")]
pub mod export;
#[cfg(feature = "ssr")]
pub mod filter;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod refusals;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
mod words;
