//! The emails about deployments that somebody asked for.

use crate::{
    fields::{Email, Name},
    tenancy::mail::Letter,
    ui::{LetterText, compose, quoted},
};

/// What an email is about.
pub(super) struct About<'a> {
    /// The name of the organization.
    pub(super) org: &'a Name,
    /// What was asked for: "deploy version 3 of “Tone” to production".
    pub(super) wants: &'a str,
    /// The page of the request.
    pub(super) url: &'a str,
}

/// The kind of emails to those who may approve.
pub(super) const REQUESTED: &str = "deployment-requested";

/// To somebody who may approve what somebody asks for.
pub(super) fn requested(to: (&Email, &Name), about: &About<'_>, by: &Name, reason: &str) -> Letter {
    let (org, wants) = (about.org, about.wants);
    let why = (!reason.is_empty()).then(|| quoted(reason));
    let says = format!("{by} wants to {wants} in {org}. It needs approval.");
    compose(
        REQUESTED,
        to.0,
        Some(to.1),
        LetterText {
            subject: format!("{by} wants to {wants}"),
            lines: std::iter::once(says).chain(why).collect(),
            link: Some(("Review request", about.url.to_owned())),
            notes: vec![format!("You're getting this email because you can approve deployments in {org}.")],
        },
    )
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Became {
    /// It was approved, and is done.
    Done,
    /// It was declined.
    Declined,
    /// Something else was done instead.
    Overtaken,
}

/// To whoever asked.
pub(super) fn decided(to: (&Email, &Name), about: &About<'_>, by: &str, became: Became) -> Letter {
    let (org, wants) = (about.org, about.wants);
    let (outcome, says) = match became {
        Became::Done => ("Approved", format!("{by} approved your request to {wants} in {org}. It's done.")),
        Became::Declined => ("Declined", format!("{by} declined your request to {wants} in {org}.")),
        Became::Overtaken => (
            "Closed",
            format!("{by} made another change there, so your request to {wants} in {org} is closed."),
        ),
    };
    compose(
        "deployment-decided",
        to.0,
        Some(to.1),
        LetterText {
            subject: format!("{outcome}: {wants}"),
            lines: vec![says],
            link: Some(("View request", about.url.to_owned())),
            notes: Vec::new(),
        },
    )
}

/// To somebody whose approval does not count any more.
pub(super) fn voided(to: (&Email, &Name), about: &About<'_>, difference: &[String]) -> Letter {
    let (org, wants) = (about.org, about.wants);
    let says = format!(
        "You approved the request to {wants} in {org}. What would go live has changed since, so your approval no longer counts."
    );
    compose(
        "deployment-voided",
        to.0,
        Some(to.1),
        LetterText {
            subject: format!("Your approval no longer counts: {wants}"),
            lines: std::iter::once(says).chain(difference.iter().map(|line| quoted(line))).collect(),
            link: Some(("Review request", about.url.to_owned())),
            notes: vec!["Approve it again if it should still go live.".to_owned()],
        },
    )
}
