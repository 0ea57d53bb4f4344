//! The rules of slugs: the part of a URL that names an organization.

/// Words no organization may take: every first path segment of the app, and words people would
/// take for a part of it.
const RESERVED: &[&str] = &[
    "about",
    "abuse",
    "access",
    "account",
    "accounts",
    "activate",
    "admin",
    "administrator",
    "all",
    "analytics",
    "api",
    "app",
    "apps",
    "archive",
    "assets",
    "audit",
    "auth",
    "billing",
    "blog",
    "callback",
    "cdn",
    "changelog",
    "channel",
    "chat",
    "confirm",
    "contact",
    "control",
    "cookie",
    "cookies",
    "create",
    "dashboard",
    "demo",
    "deploy",
    "deployment",
    "deployments",
    "dev",
    "developer",
    "developers",
    "docs",
    "download",
    "downloads",
    "edit",
    "email",
    "embed",
    "enterprise",
    "error",
    "errors",
    "events",
    "explore",
    "export",
    "faq",
    "favicon",
    "feedback",
    "files",
    "folder",
    "folders",
    "forgot-password",
    "forum",
    "guide",
    "health",
    "healthz",
    "help",
    "home",
    "host",
    "import",
    "index",
    "info",
    "install",
    "invitation",
    "invitations",
    "invite",
    "invites",
    "jobs",
    "join",
    "keys",
    "lab",
    "legal",
    "lib",
    "live",
    "livez",
    "localhost",
    "log",
    "login",
    "logout",
    "logs",
    "mail",
    "mailbox",
    "manifest",
    "mcp",
    "me",
    "media",
    "member",
    "members",
    "metrics",
    "my",
    "new",
    "news",
    "notifications",
    "oauth",
    "openapi",
    "organization",
    "organizations",
    "orgs",
    "owner",
    "password",
    "personal",
    "pkg",
    "plans",
    "playground",
    "policy",
    "postmaster",
    "pricing",
    "privacy",
    "profile",
    "prompt",
    "prompts",
    "provider",
    "providers",
    "public",
    "readyz",
    "register",
    "reset",
    "reset-password",
    "robots",
    "root",
    "rss",
    "saml",
    "scim",
    "search",
    "secure",
    "security",
    "server",
    "service",
    "session",
    "sessions",
    "settings",
    "setup",
    "shared",
    "sign-in",
    "sign-out",
    "sign-up",
    "signin",
    "signout",
    "signup",
    "site",
    "sitemap",
    "sso",
    "static",
    "status",
    "studio",
    "support",
    "system",
    "team",
    "teams",
    "terms",
    "test",
    "token",
    "tokens",
    "trash",
    "update",
    "upload",
    "uploads",
    "usage",
    "user",
    "users",
    "verify",
    "webhook",
    "webhooks",
    "well-known",
    "workspace",
    "workspaces",
    "www",
];

/// The fewest characters of a slug.
pub const MIN: usize = 3;
/// The most characters of a slug.
pub const MAX: usize = 40;

/// Checks a slug: 3 to 40 of `a`–`z`, `0`–`9` and single hyphens inside, and no reserved word.
///
/// # Errors
/// A sentence for the field.
pub fn check(text: &str) -> Result<(), &'static str> {
    if text.len() < MIN || text.len() > MAX {
        return Err("Use 3 to 40 characters.");
    }
    if !text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-')) {
        return Err("Use only lowercase letters a–z, digits and hyphens.");
    }
    if text.starts_with('-') || text.ends_with('-') || text.contains("--") {
        return Err("Use single hyphens, and only between letters or digits.");
    }
    if RESERVED.binary_search(&text).is_ok() {
        return Err("This URL is reserved. Choose another one.");
    }
    Ok(())
}

/// A slug made from a name, as good as it gets: what remains may be too short or taken.
#[must_use]
pub fn suggest(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        match plain(c) {
            Some(letters) => slug.push_str(letters),
            None if c.is_ascii_alphanumeric() => slug.push(c),
            None if c == '\'' || c == '’' => {}
            None if c == '&' => slug.push_str(" and "),
            None => slug.push(' '),
        }
    }
    let mut slug = slug.split_ascii_whitespace().collect::<Vec<_>>().join("-");
    slug.truncate(MAX);
    slug.trim_end_matches('-').to_owned()
}

/// Letters of the Latin script that people expect to lose their marks.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'ä' | 'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'ğ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'į' | 'ı' => "i",
        'ł' | 'ľ' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ō' | 'ő' => "o",
        'ö' | 'ø' | 'œ' => "oe",
        'ř' => "r",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ß' => "ss",
        'ť' | 'ţ' | 'ț' => "t",
        'ù' | 'ú' | 'û' | 'ū' | 'ů' | 'ű' => "u",
        'ü' => "ue",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        'þ' => "th",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reserved_words_are_sorted_so_they_can_be_searched() {
        assert!(RESERVED.is_sorted());
    }

    #[test]
    fn slugs_are_suggested_from_names() {
        for (name, slug) in [
            ("Acme Prompts", "acme-prompts"),
            ("  Ana's  Büro ", "anas-buero"),
            ("R&D", "r-and-d"),
            ("Łódź — Søn", "lodz-soen"),
            ("李小龙", ""),
        ] {
            assert_eq!(suggest(name), slug);
        }
    }

    #[test]
    fn bad_slugs_say_why() {
        for slug in ["ab", "Acme", "a--b", "-ab", "ab-", "admin", "sign-in", "a b", "ä12", "a/b", "../x"] {
            assert!(check(slug).is_err(), "{slug}");
        }
        for slug in ["abc", "a-1", "acme-prompts", "123"] {
            assert!(check(slug).is_ok(), "{slug}");
        }
    }

    proptest! {
        #[test]
        fn suggestions_never_start_or_end_with_a_hyphen(name in "\\PC{0,90}") {
            let slug = suggest(&name);
            prop_assert!(!slug.starts_with('-') && !slug.ends_with('-') && !slug.contains("--"), "{slug}");
            prop_assert!(slug.len() <= MAX);
        }
    }
}
