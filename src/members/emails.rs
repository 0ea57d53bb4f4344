//! The letters of members.

use super::offer::{GOOD_FOR, Transfer};
use crate::{
    fields::{Email, Name},
    role::Role,
    tenancy::mail::Letter,
    ui::{LetterText, compose},
};

/// The kind of emails to somebody whose role was changed.
pub(super) const ROLE_CHANGED: &str = "role-changed";
/// The kind of emails to somebody who was removed.
pub(super) const REMOVED: &str = "member-removed";

pub(super) fn role_changed(
    to: (&Email, &Name),
    (before, role): (Role, Role),
    by: &str,
    (org, url): (&Name, &str),
) -> Letter {
    compose(
        ROLE_CHANGED,
        to.0,
        Some(to.1),
        LetterText {
            subject: format!("You are now {} in {org}", role.with_article()),
            lines: vec![format!("{by} changed your role in {org} from {before} to {role}.")],
            link: Some(("Open the organization", url.into())),
            notes: vec![format!("If you think this is a mistake, ask {by}.")],
        },
    )
}

pub(super) fn removed(to: (&Email, &Name), by: &str, org: &Name) -> Letter {
    compose(
        REMOVED,
        to.0,
        Some(to.1),
        LetterText {
            subject: format!("You were removed from {org}"),
            lines: vec![format!("{by} removed you from {org}. You can no longer open it.")],
            link: None,
            notes: vec![format!("If you think this is a mistake, ask {by}.")],
        },
    )
}

pub(super) fn offered(to: &Email, name: &Name, from: &Name, org: &Name, url: &str) -> Letter {
    compose(
        "transfer",
        to,
        Some(name),
        LetterText {
            subject: format!("{from} wants to transfer {org} to you"),
            lines: vec![format!(
                "{from} wants to transfer the organization {org} to you. If you accept, you become its Owner and {from} becomes an Admin."
            )],
            link: Some(("View offer", url.into())),
            notes: vec![format!(
                "The offer expires in {}. Nothing changes unless you accept.",
                GOOD_FOR.in_words()
            )],
        },
    )
}

pub(super) fn taken_over(to: &Email, transfer: &Transfer, org: &Name, url: &str) -> Letter {
    compose(
        "transfer-accepted",
        to,
        Some(&transfer.from_name),
        LetterText {
            subject: format!("{} is now an Owner of {org}", transfer.to_name),
            lines: vec![format!(
                "{} accepted your offer and is now an Owner of {org}. You're now an Admin.",
                transfer.to_name
            )],
            link: Some(("View members", url.into())),
            notes: Vec::new(),
        },
    )
}
