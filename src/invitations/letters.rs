//! The letter of an invitation.

use crate::{
    fields::{Email, Name},
    role::Role,
    server::mail::Letter,
    time::Span,
    ui::{LetterText, compose},
};

pub(super) fn invitation(
    to: &Email,
    inviter: &Name,
    org: &Name,
    role: Role,
    url: &str,
    span: Span,
) -> Letter {
    compose(
        "invitation",
        to,
        None,
        LetterText {
            subject: format!("{inviter} invited you to {org}"),
            lines: vec![
                format!("{inviter} invited you to join the organization {org} on Prompt Studio."),
                format!("You'll be {} ({}).", role.with_article(), role.says().to_lowercase()),
            ],
            link: Some(("View invitation", url.into())),
            notes: vec![
                format!("This invitation is for {to} and expires in {}.", span.in_words()),
                "If you weren't expecting this, you can ignore this email.".into(),
            ],
        },
    )
}
