//! Every URL of the app, typed. Pages link through these, so no path is spelled twice.

use crate::{
    fields::Slug,
    id::{FolderId, ImportId, PromptId},
};

/// Where somebody is led who is just here: the last used organization, or the sign-in page.
pub const HOME: &str = "/";
/// The sign-in page.
pub const SIGN_IN: &str = "/sign-in";
/// The page that asks for the second factor.
pub const SECOND_FACTOR: &str = "/sign-in/code";
/// The sign-up page.
pub const SIGN_UP: &str = "/sign-up";
/// What comes after the sign-up form: look into your mail.
pub const SIGN_UP_SENT: &str = "/sign-up/sent";
/// The page that asks for the address of a forgotten password.
pub const FORGOT_PASSWORD: &str = "/forgot-password";
/// What comes after it: look into your mail.
pub const FORGOT_PASSWORD_SENT: &str = "/forgot-password/sent";
/// The page that makes a new organization.
pub const NEW_ORGANIZATION: &str = "/new";
/// One's own account: the profile.
pub const ACCOUNT: &str = "/account";
/// Password, second factor, sessions.
pub const ACCOUNT_SECURITY: &str = "/account/security";
/// One's organizations.
pub const ACCOUNT_ORGANIZATIONS: &str = "/account/organizations";
/// Closing the account.
pub const ACCOUNT_CLOSURE: &str = "/account/closure";
/// The letters of the built-in mailbox, in development.
pub const MAILBOX: &str = "/dev/mailbox";
/// Whether the process runs.
pub const HEALTHZ: &str = "/healthz";
/// Whether it can serve: database reachable.
pub const READYZ: &str = "/readyz";

/// The link of a sign-up letter.
#[must_use]
pub fn confirm(token: &str) -> String {
    format!("/confirm/{token}")
}

/// The link of a reset letter.
#[must_use]
pub fn reset_password(token: &str) -> String {
    format!("/reset-password/{token}")
}

/// The link of a letter that proves a new address.
#[must_use]
pub fn confirm_address(token: &str) -> String {
    format!("/account/address/{token}")
}

/// The link of an invitation, mailed or copied.
#[must_use]
pub fn invite(token: &str) -> String {
    format!("/invite/{token}")
}

/// `page` with the place to go to after it.
#[must_use]
pub fn with_next(page: &str, next: Option<&str>) -> String {
    match next.filter(|next| is_local(next)) {
        Some(next) => {
            let query: String = next.bytes().map(percent_encoded).collect();
            format!("{page}?next={query}")
        }
        None => page.to_owned(),
    }
}

/// A byte of a query value, left as it is where it is plain.
fn percent_encoded(byte: u8) -> String {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    }
}

/// Whether a path leads to a page of this site and nowhere else: one slash, then printable ASCII
/// without a backslash, and no second slash that a browser could take for another host.
#[must_use]
pub fn is_local(path: &str) -> bool {
    let mut bytes = path.bytes();
    bytes.next() == Some(b'/')
        && !matches!(bytes.next(), Some(b'/' | b'\\'))
        && path.len() <= 2000
        && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
}

/// The dashboard of an organization.
#[must_use]
pub fn organization(org: &Slug) -> String {
    format!("/{org}")
}

/// The general settings of an organization.
#[must_use]
pub fn settings(org: &Slug) -> String {
    format!("/{org}/settings/general")
}

/// The members of an organization.
#[must_use]
pub fn members(org: &Slug) -> String {
    format!("/{org}/settings/members")
}

/// The same as a file.
#[must_use]
pub fn members_csv(org: &Slug) -> String {
    format!("/{org}/settings/members.csv")
}

/// The invitations of an organization.
#[must_use]
pub fn invitations(org: &Slug) -> String {
    format!("/{org}/settings/invitations")
}

/// The audit log of an organization.
#[must_use]
pub fn audit_log(org: &Slug) -> String {
    format!("/{org}/settings/audit-log")
}

/// Handing over and deleting an organization.
#[must_use]
pub fn danger_zone(org: &Slug) -> String {
    format!("/{org}/settings/danger-zone")
}

/// The offer to take an organization over.
#[must_use]
pub fn transfer(org: &Slug) -> String {
    format!("/{org}/transfer")
}

/// The picture of an organization.
#[must_use]
pub fn image(org: &Slug, image: crate::id::ImageId) -> String {
    format!("/{org}/image/{image}")
}

/// The form that invites people, as a page of its own.
#[must_use]
pub fn new_invitation(org: &Slug) -> String {
    format!("/{org}/settings/invitations/new")
}

/// The library of an organization.
#[must_use]
pub fn prompts(org: &Slug) -> String {
    format!("/{org}/prompts")
}

/// A folder of the library, or its top.
#[must_use]
pub fn folder(org: &Slug, folder: Option<FolderId>) -> String {
    folder.map_or_else(|| prompts(org), |folder| format!("/{org}/prompts/folders/{folder}"))
}

/// The form that makes a folder in another.
#[must_use]
pub fn new_folder(org: &Slug, parent: Option<FolderId>) -> String {
    within(&format!("/{org}/prompts/folders/new"), parent)
}

/// The form that makes a prompt in a folder.
#[must_use]
pub fn new_prompt(org: &Slug, folder: Option<FolderId>) -> String {
    within(&format!("/{org}/prompts/new"), folder)
}

fn within(page: &str, folder: Option<FolderId>) -> String {
    folder.map_or_else(|| page.to_owned(), |folder| format!("{page}?folder={folder}"))
}

/// The variables of the organization.
#[must_use]
pub fn variables(org: &Slug) -> String {
    format!("/{org}/prompts/variables")
}

/// Where files are imported, or what one of them would do.
#[must_use]
pub fn import(org: &Slug, import: Option<ImportId>) -> String {
    let page = format!("/{org}/prompts/import");
    import.map_or(page.clone(), |import| format!("{page}/{import}"))
}

/// The library, a folder or a prompt (`?folder=…`, `?prompt=…`) as a file: `json` or `md`.
#[must_use]
pub fn export(org: &Slug, ending: &str, of: &str) -> String {
    format!("/{org}/prompts/export.{ending}{of}")
}

/// The paths that a reference may have, a line each; `?q=…` narrows them.
#[must_use]
pub fn prompt_paths(org: &Slug) -> String {
    format!("/{org}/prompts/paths")
}

/// Anything by a few letters.
#[must_use]
pub fn find(org: &Slug) -> String {
    format!("/{org}/find")
}

/// Prompts by words.
#[must_use]
pub fn search(org: &Slug) -> String {
    format!("/{org}/prompts/search")
}

/// What is in the trash.
#[must_use]
pub fn trash(org: &Slug) -> String {
    format!("/{org}/prompts/trash")
}

/// A prompt: the editor of its draft.
#[must_use]
pub fn prompt(org: &Slug, prompt: PromptId) -> String {
    format!("/{org}/prompts/{prompt}")
}

/// What would be saved as a version of it.
#[must_use]
pub fn save_version(org: &Slug, prompt: PromptId) -> String {
    format!("/{org}/prompts/{prompt}/save")
}

/// Its versions.
#[must_use]
pub fn versions(org: &Slug, prompt: PromptId) -> String {
    format!("/{org}/prompts/{prompt}/versions")
}

/// One of its versions.
#[must_use]
pub fn version(org: &Slug, prompt: PromptId, number: i64) -> String {
    format!("/{org}/prompts/{prompt}/versions/{number}")
}

/// What differs between two of its versions; `draft` is the draft.
#[must_use]
pub fn compare(org: &Slug, prompt: PromptId, from: &str, to: &str) -> String {
    format!("/{org}/prompts/{prompt}/compare?from={from}&to={to}")
}

/// What it is called, where it stands, who uses it, what happened to it.
#[must_use]
pub fn prompt_details(org: &Slug, prompt: PromptId) -> String {
    format!("/{org}/prompts/{prompt}/details")
}

/// The stream of what happens in an organization.
#[must_use]
pub fn events(org: &Slug) -> String {
    format!("/{org}/events")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_site_are_local() {
        for path in ["/", "/acme", "/acme/settings/members?sort=name&page=2", "/invite/abc_-9"] {
            assert!(is_local(path), "{path}");
        }
        for path in [
            "",
            "acme",
            "//evil.test",
            "/\\evil.test",
            "https://evil.test",
            "javascript:alert(1)",
            "/\t/evil.test",
            "/a\r\nSet-Cookie: x=1",
            "/ä",
            "\\/evil.test",
            "/a\\b",
        ] {
            assert!(!is_local(path), "{path}");
        }
    }

    #[test]
    fn what_comes_next_is_encoded_and_never_foreign() {
        assert_eq!(with_next(SIGN_IN, Some("/a/b?c=d&e")), "/sign-in?next=/a/b%3Fc%3Dd%26e");
        assert_eq!(with_next(SIGN_IN, Some("//evil.test")), "/sign-in");
        assert_eq!(with_next(SIGN_IN, None), "/sign-in");
    }
}
