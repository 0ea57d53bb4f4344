//! Accounts, as people live through them: signing up (`sign_up`), sessions (`sessions`, `fresh_ids`), forgotten
//! passwords (`resets`), and what the database holds of it all (`secrets`).

mod fresh_ids;
mod resets;
mod secrets;
mod sessions;
mod sign_up;

use super::support::{
    Answer, BASE, Browser, Org, PASSWORD, Person, TestApp, assert_absent, both_databases, email, encode,
    eventually, token, whereabouts, with,
};
