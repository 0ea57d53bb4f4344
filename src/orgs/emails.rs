//! The letters of organizations.

use crate::{
    fields::{Email, Name},
    tenancy::mail::Letter,
    time::Timestamp,
    ui::{LetterText, compose, day},
};

pub(super) fn deleted(
    to: &Email,
    name: &Name,
    by: Option<&Name>,
    org: &Name,
    until: Timestamp,
    url: &str,
) -> Letter {
    let by = by.map_or_else(|| "Someone".to_owned(), ToString::to_string);
    compose(
        "organization-deleted",
        to,
        Some(name),
        LetterText {
            subject: format!("{org} was deleted"),
            lines: vec![format!(
                "{by} deleted the organization {org}. Nobody can open it anymore, and its API keys and invitations no longer work."
            )],
            link: Some(("View your organizations", url.into())),
            notes: vec![format!(
                "As an Owner, you can restore it until {}. After that, it's deleted for good.",
                day(until)
            )],
        },
    )
}
