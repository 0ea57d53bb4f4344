//! Organizations: making and setting them (`making`), pictures (`image`), and their end (`closure`).

mod closure;
mod image;
mod making;
mod settings;

use super::support::{Answer, Org, PASSWORD, Person, TestApp, both_databases, encode, eventually, with};
