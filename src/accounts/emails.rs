//! The letters of accounts.

use crate::{
    fields::{Email, Name},
    tenancy::mail::Letter,
    ui::{LetterText, compose},
};

const IGNORE: &str = "If this wasn't you, ignore this email. Nothing happens unless you open the link.";

pub(super) fn confirm(to: &Email, name: &Name, url: &str) -> Letter {
    compose(
        "sign-up",
        to,
        Some(name),
        LetterText {
            subject: "Confirm your email".into(),
            lines: vec![format!("Confirm that {to} is your email to finish signing up for Prompt Studio.")],
            link: Some(("Confirm and sign in", url.into())),
            notes: vec!["The link works once and expires in 24 hours.".into(), IGNORE.into()],
        },
    )
}

pub(super) fn taken(to: &Email, name: &Name, sign_in: &str, forgot: &str) -> Letter {
    compose(
        "sign-up-taken",
        to,
        Some(name),
        LetterText {
            subject: "You already have an account".into(),
            lines: vec![format!(
                "Someone, probably you, tried to sign up for Prompt Studio with {to}. You already have an account with this email, so sign in instead."
            )],
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
        Some(name),
        LetterText {
            subject: "Reset your password".into(),
            lines: vec!["Someone, probably you, asked to reset your Prompt Studio password.".into()],
            link: Some(("Reset your password", url.into())),
            notes: vec!["The link works once and expires in 1 hour.".into(), IGNORE.into()],
        },
    )
}

pub(super) fn unknown(to: &Email, sign_up: &str) -> Letter {
    compose(
        "reset-unknown",
        to,
        None,
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

/// What happened to how somebody signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened {
    /// They changed their password.
    PasswordChanged,
    /// It was set with a link from an email.
    PasswordReset,
    /// Two-factor is on.
    TwoFactorOn,
    /// It is off.
    TwoFactorOff,
    /// There are new recovery codes.
    RecoveryCodes,
}

impl Happened {
    /// Its kind, the subject, what happened, and what to do if it was somebody else.
    const fn told(self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::PasswordChanged => (
                "password-changed",
                "Your password was changed",
                "The password of your Prompt Studio account was changed. All your other devices were signed out.",
                "If this wasn't you, reset your password now.",
            ),
            Self::PasswordReset => (
                "password-reset",
                "Your password was reset",
                "The password of your Prompt Studio account was reset with a link that we sent you by email. All your devices were signed out.",
                "If this wasn't you, someone else can read your email. Secure your email account first, then reset your password.",
            ),
            Self::TwoFactorOn => (
                "two-factor-on",
                "Two-factor authentication was turned on",
                "Two-factor authentication was turned on for your Prompt Studio account. From now on, signing in also needs a code from an authenticator app.",
                "If this wasn't you, someone else knows your password. Contact the administrator of this server immediately.",
            ),
            Self::TwoFactorOff => (
                "two-factor-off",
                "Two-factor authentication was turned off",
                "Two-factor authentication was turned off for your Prompt Studio account. From now on, your password is enough to sign in.",
                "If this wasn't you, reset your password now, then turn two-factor authentication on again.",
            ),
            Self::RecoveryCodes => (
                "recovery-codes",
                "New recovery codes were created",
                "New recovery codes were created for your Prompt Studio account. The old ones no longer work.",
                "If this wasn't you, reset your password now, then create new recovery codes.",
            ),
        }
    }
}

pub(super) fn happened(to: &Email, name: &Name, what: Happened, forgot: &str) -> Letter {
    let (kind, subject, says, otherwise) = what.told();
    compose(
        kind,
        to,
        Some(name),
        LetterText {
            subject: subject.into(),
            lines: vec![
                says.into(),
                "If this was you, you don't need to do anything.".into(),
                otherwise.into(),
            ],
            link: Some(("Reset your password", forgot.into())),
            notes: Vec::new(),
        },
    )
}
