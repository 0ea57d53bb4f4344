//! The dashboard of an organization: who is here, who is invited, what to do next.

#[cfg(feature = "ssr")]
mod deployed;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod start;
