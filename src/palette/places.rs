//! The pages there are to go to.

use super::model::{Does, Found};
use crate::{fields::Slug, id::PromptId, orgs::Place, paths, tenancy::Scope, ui::glyph};

/// The URL of a page of a prompt.
type PageOf = fn(&Slug, PromptId) -> String;

/// The pages of a prompt besides its editor, by their names.
pub(super) const TABS: [(&str, PageOf); 3] = [
    ("versions", paths::versions),
    ("details", paths::prompt_details),
    ("deployments", paths::prompt_deployments),
];

/// The pages of the organization, and those of one's own.
pub(super) fn pages(scope: &Scope) -> impl Iterator<Item = Found> + use<> {
    let org = scope.slug();
    let mut all = Place::pages(org, scope.role());
    all.push(("Environments", paths::environments(org)));
    all.push(("Variables", paths::variables(org)));
    all.push(("Trash", paths::trash(org)));
    all.push(("Account", paths::ACCOUNT.to_owned()));
    all.push(("API docs", "/api/docs".to_owned()));
    all.push(("Keyboard shortcuts", paths::shortcuts(org)));
    all.into_iter().map(|(name, url)| Found {
        icon: icon(name),
        name: name.to_owned(),
        says: "Page".to_owned(),
        does: Does::Open(url),
    })
}

fn icon(page: &str) -> glyph::Glyph {
    match page {
        "Dashboard" => glyph::House,
        "Prompts" => glyph::File,
        "Deployments" | "Environments" => glyph::Deployed,
        "Members" => glyph::Users,
        "Invitations" => glyph::Mail,
        "API keys" => glyph::Key,
        "Audit log" => glyph::History,
        "Danger zone" => glyph::Problem,
        "Variables" => glyph::Braces,
        "Trash" => glyph::Trash,
        "Account" => glyph::Account,
        "API docs" => glyph::Docs,
        "Keyboard shortcuts" => glyph::Keyboard,
        _ => glyph::Settings,
    }
}
