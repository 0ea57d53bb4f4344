//! What holds for every answer (`headers`), for every input however bad (`input`), and when the
//! database is away (`outage`).

mod headers;
mod input;
mod outage;
mod safe_text;

use super::support::{
    Answer, BASE, Browser, Org, PASSWORD, Person, TestApp, both_databases, encode, eventually, with,
};
