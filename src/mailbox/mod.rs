//! The mailbox of development: letters that no mail server takes, to be read in the browser.

pub mod pages;
