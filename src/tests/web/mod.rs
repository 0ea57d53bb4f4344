//! What holds for every answer (`headers`), for every input however bad (`input`), however often
//! (`limits`) and however slowly it comes (`socket`), for the `log`, and when the database is away
//! (`outage`). What comes of a form (`posting`), and of one whose session had ended (`signed_out`). And `attacks`, `files` and the `writer`.

mod attacks;
mod files;
mod headers;
mod input;
mod limits;
mod log;
mod outage;
mod posting;
mod safe_text;
mod signed_out;
mod socket;
mod writer;

use super::support::{
    Answer, BASE, Browser, Org, PASSWORD, Person, TestApp, both_databases, encode, eventually, run, with,
};
