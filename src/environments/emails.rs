//! The emails about changes of environments that somebody asked for.

use crate::{
    fields::{Email, Name},
    tenancy::mail::Letter,
    ui::{LetterText, compose},
};

/// The kind of emails to those who may approve.
pub(super) const REQUESTED: &str = "environment-requested";

/// What an email is about.
pub(super) struct About<'a> {
    /// The name of the organization.
    pub(super) org: &'a Name,
    /// What was asked for: "rename production to eu".
    pub(super) wants: &'a str,
    /// The page of the environment.
    pub(super) url: &'a str,
}

/// To somebody who may approve what somebody asks for.
pub(super) fn requested(to: (&Email, &Name), about: &About<'_>, by: &Name) -> Letter {
    let (org, wants) = (about.org, about.wants);
    compose(
        REQUESTED,
        to.0,
        Some(to.1),
        LetterText {
            subject: format!("{by} wants to {wants}"),
            lines: vec![format!(
                "{by} wants to {wants} in {org}. This affects what services get, so it needs approval."
            )],
            link: Some(("Review request", about.url.to_owned())),
            notes: vec![format!("You're getting this email because you can approve deployments in {org}.")],
        },
    )
}

/// To the person who asked: what somebody decided.
pub(super) fn decided(to: (&Email, &Name), about: &About<'_>, by: &str, is_done: bool) -> Letter {
    let (org, wants) = (about.org, about.wants);
    let (outcome, did) = if is_done { ("Approved", "approved") } else { ("Declined", "declined") };
    let done = if is_done { " It's done." } else { "" };
    compose(
        "environment-decided",
        to.0,
        Some(to.1),
        LetterText {
            subject: format!("{outcome}: {wants}"),
            lines: vec![format!("{by} {did} your request to {wants} in {org}.{done}")],
            link: Some(("View environments", about.url.to_owned())),
            notes: Vec::new(),
        },
    )
}
