//! The letters of accounts.

use crate::{
    fields::{Email, Name},
    server::mail::Letter,
    ui::{LetterText, compose},
};

const IGNORE: &str = "If this wasn't you, ignore this email. Nothing happens unless you open the link.";

pub(super) fn confirm(to: &Email, name: &Name, url: &str) -> Letter {
    compose(
        "sign-up",
        to,
        LetterText {
            subject: "Confirm your email".into(),
            lines: vec![
                format!("Hello {name},"),
                format!("Confirm that {to} is your email to finish signing up for Prompt Studio."),
            ],
            link: Some(("Confirm and sign in", url.into())),
            notes: vec!["The link works once and expires in 24 hours.".into(), IGNORE.into()],
        },
    )
}

pub(super) fn taken(to: &Email, name: &Name, sign_in: &str, forgot: &str) -> Letter {
    compose(
        "sign-up-taken",
        to,
        LetterText {
            subject: "You already have an account".into(),
            lines: vec![
                format!("Hello {name},"),
                format!(
                    "Someone, probably you, tried to sign up for Prompt Studio with {to}. You already have an account with this email, so sign in instead."
                ),
            ],
            link: Some(("Sign in", sign_in.into())),
            notes: vec![
                format!("Forgot your password? Reset it: {forgot}"),
                "If this wasn't you, you can ignore this email.".into(),
            ],
        },
    )
}

pub(super) fn reset(to: &Email, name: &Name, url: &str) -> Letter {
    compose(
        "reset",
        to,
        LetterText {
            subject: "Reset your password".into(),
            lines: vec![
                format!("Hello {name},"),
                "Someone, probably you, asked to reset your Prompt Studio password.".into(),
            ],
            link: Some(("Reset your password", url.into())),
            notes: vec!["The link works once and expires in 1 hour.".into(), IGNORE.into()],
        },
    )
}

pub(super) fn unknown(to: &Email, sign_up: &str) -> Letter {
    compose(
        "reset-unknown",
        to,
        LetterText {
            subject: "No account with this email".into(),
            lines: vec![format!(
                "Someone, probably you, asked to reset a Prompt Studio password, but {to} has no account. You may have signed up with another email."
            )],
            link: Some(("Sign up", sign_up.into())),
            notes: vec!["If this wasn't you, you can ignore this email.".into()],
        },
    )
}
