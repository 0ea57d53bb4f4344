//! What one can do from the list: make something, and what the account menu does.

use super::model::{Does, Found};
use crate::{
    orgs::{SET_THEME, SIGN_OUT},
    paths,
    role::{EditContent, ImportContent, InviteMembers},
    tenancy::Scope,
    ui::glyph,
};

/// What one can make, by one's role.
pub(super) fn new(scope: &Scope) -> Vec<Found> {
    let org = scope.slug();
    let all = [
        (scope.can::<EditContent>(), glyph::File, "New prompt", paths::new_prompt(org, None)),
        (scope.can::<EditContent>(), glyph::Folder, "New folder", paths::new_folder(org, None)),
        (scope.can::<ImportContent>(), glyph::Import, "Import prompts", paths::import(org, None)),
        (scope.can::<InviteMembers>(), glyph::Invite, "Invite people", paths::new_invitation(org)),
        (true, glyph::Plus, "New organization", paths::NEW_ORGANIZATION.to_owned()),
    ];
    let may = all.into_iter().filter(|(may, ..)| *may);
    let found = |(_, icon, name, url): (bool, glyph::Glyph, &str, String)| Found {
        icon,
        name: name.to_owned(),
        says: "Action".to_owned(),
        does: Does::Open(url),
    };
    may.map(found).collect()
}

/// What the account menu does.
pub(super) fn own() -> impl Iterator<Item = Found> {
    let theme = |value: &'static str| Does::Send(SET_THEME, Some(("theme", value)));
    let all = [
        (glyph::Sun, "Light theme", theme("light")),
        (glyph::Moon, "Dark theme", theme("dark")),
        (glyph::Monitor, "System theme", theme("system")),
        (glyph::SignOut, "Sign out", Does::Send(SIGN_OUT, None)),
    ];
    let found = |(icon, name, does): (glyph::Glyph, &str, Does)| Found {
        icon,
        name: name.to_owned(),
        says: "Action".to_owned(),
        does,
    };
    all.into_iter().map(found)
}
