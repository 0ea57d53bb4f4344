//! The letters about one's account.

use crate::{
    fields::{Email, Name},
    tenancy::mail::Letter,
    ui::{LetterText, compose},
};

pub(super) fn confirm(to: &Email, name: &Name, url: &str) -> Letter {
    compose(
        "address",
        to,
        Some(name),
        LetterText {
            subject: "Confirm your new email".into(),
            lines: vec![format!("Confirm that {to} is your email to use it for your Prompt Studio account.")],
            link: Some(("Confirm email", url.into())),
            notes: vec![
                "The link works once and expires in 24 hours. Open it in a browser where you're signed in."
                    .into(),
                "If this wasn't you, ignore this email. Nothing happens unless you open the link.".into(),
            ],
        },
    )
}

pub(super) fn taken(to: &Email, name: &Name) -> Letter {
    compose(
        "address-taken",
        to,
        Some(name),
        LetterText {
            subject: "This email already has an account".into(),
            lines: vec![format!(
                "Someone, probably you, tried to use {to} for another Prompt Studio account. That isn't possible because your account already uses it."
            )],
            link: None,
            notes: vec!["If this wasn't you, you can ignore this email.".into()],
        },
    )
}

pub(super) fn changed(to: &Email, name: &Name, new: &Email) -> Letter {
    compose(
        "address-changed",
        to,
        Some(name),
        LetterText {
            subject: "Your email was changed".into(),
            lines: vec![format!(
                "The email for your Prompt Studio account is now {}. We no longer send email to {to}.",
                new.masked()
            )],
            link: None,
            notes: vec!["If this wasn't you, contact the administrator of this server immediately.".into()],
        },
    )
}

pub(super) fn closed(to: &Email, name: &Name) -> Letter {
    compose(
        "account-deleted",
        to,
        Some(name),
        LetterText {
            subject: "Your account was deleted".into(),
            lines: vec![
                "Your Prompt Studio account and your personal workspace were deleted, and your personal data was erased.".into(),
            ],
            link: None,
            notes: vec!["If this wasn't you, contact the administrator of this server immediately.".into()],
        },
    )
}
