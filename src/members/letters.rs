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
            subject: format!("{from} offers you {org}"),
            lines: vec![
                format!("Hello {name},"),
                format!(
                    "{from} wants to hand the workspace {org} over to you. You would become its Owner, and {from} an Admin."
                ),
            ],
            link: Some(("See the offer", url.into())),
            notes: vec![format!(
                "The offer is good for {}. Without your answer nothing changes.",
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
            subject: format!("{} took {org} over", transfer.to_name),
            lines: vec![
                format!("Hello {},", transfer.from_name),
                format!("{} is now an Owner of the workspace {org}, and you are an Admin.", transfer.to_name),
            ],
            link: Some(("See the members", url.into())),
            notes: Vec::new(),
        },
    )
}
