//! The audit log as its readers see it: filtered, paged, exported.

mod changes;
pub mod entry;
pub mod export;
pub mod filter;
pub mod pages;
mod refusals;
mod store;
mod words;
