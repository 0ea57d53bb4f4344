//! Organizations: making and setting them (`making`), pictures (`image`), and their end (`closure`);
//! and what is shown where there is no page, or none for somebody (`trouble`).

mod closure;
mod image;
mod making;
mod settings;
mod trouble;

use super::support::{Answer, Org, PASSWORD, Person, TestApp, both_databases, encode, eventually, with};
