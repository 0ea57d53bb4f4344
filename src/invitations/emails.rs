//! The letter of an invitation.

use crate::{
    fields::{Email, Name},
    role::Role,
    tenancy::mail::Letter,
    time::Span,
    ui::{LetterText, compose},
};

/// The inviter's own personal workspace is not called by its name, which is mostly theirs.
pub(super) fn invitation(
    to: &Email,
    inviter: &Name,
    (org, is_own): (&Name, bool),
    role: Role,
    url: &str,
    span: Span,
) -> Letter {
    let (subject, joins) = if is_own {
        let own = "their personal workspace";
        (format!("{inviter} invited you to {own}"), format!("{inviter} invited you to join {own}"))
    } else {
        let joins = format!("{inviter} invited you to join the organization {org}");
        (format!("{inviter} invited you to {org}"), joins)
    };
    compose(
        "invitation",
        to,
        None,
        LetterText {
            subject,
            lines: vec![
                format!("{joins} on Prompt Studio."),
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
