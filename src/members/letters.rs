//! The letters of members.

use super::transfers::{GOOD_FOR, Transfer};
use crate::{
    fields::{Email, Name},
    server::mail::Letter,
    ui::{LetterText, compose},
};

pub(super) fn offered(to: &Email, name: &Name, from: &Name, org: &Name, url: &str) -> Letter {
    compose(
        "transfer",
        to,
        LetterText {
            subject: format!("{from} wants to transfer {org} to you"),
            lines: vec![
                format!("Hello {name},"),
                format!(
                    "{from} wants to transfer the organization {org} to you. If you accept, you become its Owner and {from} becomes an Admin."
                ),
            ],
            link: Some(("View offer", url.into())),
            notes: vec![format!(
                "The offer expires in {}. Nothing changes unless you accept.",
                GOOD_FOR.in_words()
            )],
        },
    )
}

pub(super) fn taken_over(to: &Email, transfer: &Transfer, org: &Name, url: &str) -> Letter {
    compose(
        "transfer-accepted",
        to,
        LetterText {
            subject: format!("{} is now an Owner of {org}", transfer.to_name),
            lines: vec![
                format!("Hello {},", transfer.from_name),
                format!(
                    "{} accepted your offer and is now an Owner of {org}. You're now an Admin.",
                    transfer.to_name
                ),
            ],
            link: Some(("View members", url.into())),
            notes: Vec::new(),
        },
    )
}
