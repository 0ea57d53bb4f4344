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
        LetterText {
            subject: format!("{inviter} invites you to {org}"),
            lines: vec![
                format!("{inviter} invites you to the workspace {org} in Prompt Studio."),
                format!("You will be {}: {}.", role.with_article(), role.says().to_lowercase()),
            ],
            link: Some(("See the invitation", url.into())),
            notes: vec![
                format!("The invitation is for {to} and is good for {}.", span.in_words()),
                "If you do not know what this is about, ignore this letter.".into(),
            ],
        },
    )
}
