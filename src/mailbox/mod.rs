//! The mailbox of development: letters that no mail server takes, to be read in the browser.

#[cfg(feature = "ssr")]
mod pages;

#[cfg(feature = "ssr")]
pub use pages::{LetterPage, MailboxPage};
