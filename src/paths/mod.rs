//! Every URL of the app, typed. Pages link through these, so no path is spelled twice.

mod deployments;
mod library;

pub use deployments::*;
pub use library::*;

use crate::{
    fields::Slug,
    id::{ApiKeyId, ImageId, UserId},
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

/// A text as one segment of a URL, as services send the path of a prompt.
#[must_use]
pub fn segment(text: &str) -> String {
    text.bytes().map(percent_encoded).collect::<String>().replace('/', "%2F")
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

/// What follows when a member becomes something else: `to` is a role, or `removed`.
#[must_use]
pub fn member_change(org: &Slug, user: UserId, to: &str) -> String {
    format!("/{org}/settings/members/{}?to={to}", user.0.simple())
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
pub fn image(org: &Slug, image: ImageId) -> String {
    format!("/{org}/image/{image}")
}

/// The form that invites people, as a page of its own.
#[must_use]
pub fn new_invitation(org: &Slug) -> String {
    format!("/{org}/settings/invitations/new")
}

/// The API keys of an organization.
#[must_use]
pub fn api_keys(org: &Slug) -> String {
    format!("/{org}/settings/api-keys")
}

/// An API key.
#[must_use]
pub fn api_key(org: &Slug, key: ApiKeyId) -> String {
    format!("/{org}/settings/api-keys/{key}")
}

/// The form that makes an API key.
#[must_use]
pub fn new_api_key(org: &Slug) -> String {
    format!("/{org}/settings/api-keys/new")
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
        assert_eq!(segment("Support/Tri age"), "Support%2FTri%20age");
    }
}
