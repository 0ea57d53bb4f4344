//! The letters about one's account.

use crate::{
    fields::{Email, Name},
    server::mail::Letter,
    ui::{LetterText, compose},
};

pub(super) fn confirm(to: &Email, name: &Name, url: &str) -> Letter {
    compose(
        "address",
        to,
        LetterText {
            subject: "Confirm your new address".into(),
            lines: vec![
                format!("Hello {name},"),
                format!("confirm that {to} is yours to use it for your account of Prompt Studio."),
            ],
            link: Some(("Confirm the address", url.into())),
            notes: vec![
                "The link works once, within 24 hours, in a browser in which you are signed in.".into(),
                "If this was not you, ignore this letter: nothing happens without the link.".into(),
            ],
        },
    )
}

pub(super) fn taken(to: &Email, name: &Name) -> Letter {
    compose(
        "address-taken",
        to,
        LetterText {
            subject: "This address has an account already".into(),
            lines: vec![
                format!("Hello {name},"),
                format!(
                    "somebody, probably you, wanted to use {to} for another account of Prompt Studio. It is the address of yours, so that cannot be."
                ),
            ],
            link: None,
            notes: vec!["If this was not you, there is nothing to do.".into()],
        },
    )
}

pub(super) fn changed(to: &Email, name: &Name, new: &Email) -> Letter {
    compose(
        "address-changed",
        to,
        LetterText {
            subject: "Your address was changed".into(),
            lines: vec![
                format!("Hello {name},"),
                format!(
                    "your account of Prompt Studio now has the address {}. Letters no longer go to {to}.",
                    new.masked()
                ),
            ],
            link: None,
            notes: vec!["If this was not you, tell whoever runs this studio at once.".into()],
        },
    )
}

pub(super) fn closed(to: &Email, name: &Name) -> Letter {
    compose(
        "account-deleted",
        to,
        LetterText {
            subject: "Your account is deleted".into(),
            lines: vec![
                format!("Hello {name},"),
                "your account of Prompt Studio and your personal workspace are deleted, and what was personal in it is erased.".into(),
            ],
            link: None,
            notes: vec!["If this was not you, tell whoever runs this studio at once.".into()],
        },
    )
}
