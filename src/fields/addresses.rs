//! Whether a name is an address: names stand in emails, where programs make links of those.
//!
//! It is judged by what the characters stand for (NFKC): `＠` is an `@`, and `𝐜𝐨𝐦` is `com`.

use unicode_normalization::UnicodeNormalization;

/// What to do about addresses.
pub(super) const REFUSED: &str = "Use a name, not an email address or a URL.";

/// Ends of host names that programs make links of without being asked: the common ones.
const ENDS: &[&str] = &[
    "ai", "app", "at", "au", "be", "biz", "br", "ca", "cc", "ch", "click", "cloud", "club", "cn", "co",
    "com", "cz", "de", "dev", "edu", "es", "eu", "fr", "gov", "icu", "in", "info", "io", "ir", "it", "jp",
    "kr", "link", "live", "ly", "me", "mobi", "mx", "net", "nl", "online", "org", "page", "pl", "pro", "ru",
    "se", "shop", "site", "store", "su", "tk", "to", "top", "tr", "tv", "ua", "uk", "us", "vip", "website",
    "work", "ws", "xyz", "zip", "рф", "укр", "中国", "中國",
];

/// Whether a word of a name is, or would be read as, an email address, a URL or a host.
pub(super) fn names_one(name: &str) -> bool {
    plain(name).split_whitespace().any(|word| is_link(word) || is_host(word))
}

/// The same but for hosts: a prompt may be named after a site.
pub(super) fn names_link(name: &str) -> bool {
    plain(name).split_whitespace().any(is_link)
}

/// The characters that others stand for. Browsers take the full stop of Chinese for a dot.
fn plain(name: &str) -> String {
    name.nfkc().map(|c| if c == '。' { '.' } else { c }).collect()
}

fn trimmed(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric() && c != '/')
}

fn is_link(word: &str) -> bool {
    let word = trimmed(word);
    let is_site = word.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www."));
    let is_mailbox = || word.split_once('@').is_some_and(|(_, host)| host.contains('.'));
    word.contains("://") || is_site || is_mailbox()
}

fn is_host(word: &str) -> bool {
    let word = trimmed(word);
    let host = word.split(['/', ':', '?', '#']).next().unwrap_or_default();
    let has_more = host.len() < word.len();
    let is_label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    let Some((_, end)) = host.rsplit_once('.').filter(|_| host.split('.').all(is_label)) else {
        return false;
    };
    let is_end = end.chars().count() > 1 && end.chars().all(char::is_alphabetic);
    is_end && (has_more || ENDS.contains(&&*end.to_lowercase()))
}
