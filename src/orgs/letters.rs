//! The letters of organizations.

use crate::{
    fields::{Email, Name},
    server::mail::Letter,
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
    let by = by.map_or_else(|| "Somebody".to_owned(), ToString::to_string);
    compose(
        "organization-deleted",
        to,
        LetterText {
            subject: format!("{org} was deleted"),
            lines: vec![
                format!("Hello {name},"),
                format!(
                    "{by} deleted the workspace {org}. Nobody can open it any more, and its keys and invitations are dead."
                ),
            ],
            link: Some(("See your workspaces", url.into())),
            notes: vec![format!(
                "As an Owner you can restore it until {}. Then it is removed for good.",
                day(until)
            )],
        },
    )
}
