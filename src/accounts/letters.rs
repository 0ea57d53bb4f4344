//! The letters of accounts.

use crate::{
    fields::{Email, Name},
    server::mail::Letter,
    ui::{LetterText, compose},
};

const IGNORE: &str = "If this was not you, ignore this letter: nothing happens without the link.";

pub(super) fn confirm(to: &Email, name: &Name, url: &str) -> Letter {
    compose(
        "sign-up",
        to,
        LetterText {
            subject: "Confirm your address".into(),
            lines: vec![
                format!("Hello {name},"),
                format!("confirm that {to} is yours to finish signing up for Prompt Studio."),
            ],
            link: Some(("Confirm and sign in", url.into())),
            notes: vec!["The link works once, within 24 hours.".into(), IGNORE.into()],
        },
    )
}

pub(super) fn taken(to: &Email, name: &Name, sign_in: &str, forgot: &str) -> Letter {
    compose(
        "sign-up-taken",
        to,
        LetterText {
            subject: "You have an account already".into(),
            lines: vec![
                format!("Hello {name},"),
                format!(
                    "somebody, probably you, tried to sign up for Prompt Studio with {to}. This address has an account: sign in with it."
                ),
            ],
            link: Some(("Sign in", sign_in.into())),
            notes: vec![
                format!("Forgot the password? Set a new one: {forgot}"),
                "If this was not you, there is nothing to do.".into(),
            ],
        },
    )
}

pub(super) fn reset(to: &Email, name: &Name, url: &str) -> Letter {
    compose(
        "reset",
        to,
        LetterText {
            subject: "Set a new password".into(),
            lines: vec![
                format!("Hello {name},"),
                "somebody, probably you, asked to set a new password for Prompt Studio.".into(),
            ],
            link: Some(("Set a new password", url.into())),
            notes: vec!["The link works once, within an hour.".into(), IGNORE.into()],
        },
    )
}

pub(super) fn unknown(to: &Email, sign_up: &str) -> Letter {
    compose(
        "reset-unknown",
        to,
        LetterText {
            subject: "No account with this address".into(),
            lines: vec![format!(
                "Somebody, probably you, asked to set a new password for Prompt Studio, but {to} has no account there. Perhaps you signed up with another address."
            )],
            link: Some(("Sign up", sign_up.into())),
            notes: vec!["If this was not you, there is nothing to do.".into()],
        },
    )
}
