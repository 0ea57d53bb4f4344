//! The mailbox of development: letters that no mail server takes, to be read in the browser.

#[cfg(feature = "ssr")]
pub mod pages;
