//! The stage of the tests: a server on a database of its own, browsers, and people who act.
//!
//! A test is a function that takes a [`TestApp`]; [`both_databases!`] runs it on SQLite and on
//! PostgreSQL. Whatever a test claims of the product goes through the router; the shortcuts here
//! only set the stage, and what they shorten is tested where it belongs.

mod answer;
mod app;
mod authenticator;
mod browser;
mod bulk;
mod database;
mod keys;
mod letters;
mod literals;
mod org;
mod person;
mod rows;

pub(super) use answer::Answer;
pub(super) use app::{TestApp, cut_off, eventually, run};
pub(super) use authenticator::Authenticator;
pub(super) use browser::{BASE, Browser, encode, with};
pub(super) use database::{Database, Kind};
pub(super) use letters::token;
pub(super) use literals::{Literal, literals};
pub(super) use org::{Org, Planted, Stock};
pub(super) use person::{PASSWORD, Person, email, hash};
pub(super) use rows::{assert_absent, sql, whereabouts};

/// Runs each named test on both databases.
macro_rules! both_databases {
    ($($test:ident),* $(,)?) => {$(
        mod $test {
            use crate::tests::support::{Kind, run};

            #[test]
            fn sqlite() {
                run(Kind::Sqlite, super::$test);
            }

            #[test]
            fn postgres() {
                run(Kind::Postgres, super::$test);
            }
        }
    )*};
}
pub(super) use both_databases;

/// Runs each named test on PostgreSQL: what is of several processes, or of its own fence.
macro_rules! postgres_only {
    ($($test:ident),* $(,)?) => {$(
        mod $test {
            #[test]
            fn postgres() {
                crate::tests::support::run(crate::tests::support::Kind::Postgres, super::$test);
            }
        }
    )*};
}
pub(super) use postgres_only;
