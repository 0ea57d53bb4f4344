//! Whether a name is an address: names stand in emails, where programs make links of those.
//!
//! It is judged by what the characters stand for (NFKC): `＠` is an `@`, and `𝐜𝐨𝐦` is `com`.

use super::characters::is_pictograph;
use crate::text::is_disruptive;
use std::iter;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

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

/// Titles and short given names that stand before a name: Dr.in Anna, Th.de Boer.
const TITLES: &[&str] =
    &["chr", "dipl", "dr", "ing", "ma", "mag", "mr", "mrs", "ms", "prof", "st", "th", "univ"];

/// Words within the names of people that are ends of hosts as well: P.de Boer.
const PARTICLES: &[&str] = &["de", "in"];

/// Family names that are ends of hosts as well: J.Page.
const FAMILY_NAMES: &[&str] = &["cloud", "link", "page"];

/// Whether a part of a name is, or would be read as, an email address, a URL or a host.
pub(super) fn names_one(name: &str) -> bool {
    let name = plain(name);
    is_link(&name) || hosts(&name).any(|(host, rest)| is_host(host, rest))
}

/// The same but for hosts: a prompt may be named after a site.
pub(super) fn names_link(name: &str) -> bool {
    is_link(&plain(name))
}

/// A text on one line in which programs make links of nothing: a scheme's colon and the dots within words are in
/// brackets (`https[:]//evil[.]com`). A dot before a single letter or a digit leads nowhere (`e.g.`, `v2.0`).
#[must_use]
pub fn unlinked(text: &str) -> String {
    let line: String = text.chars().map(|c| if is_disruptive(c) { ' ' } else { c }).collect();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ").replace("://", "[:]//");
    let mut unlinked = String::with_capacity(line.len());
    for (at, c) in line.char_indices() {
        let after = line.get(at + c.len_utf8()..).unwrap_or_default();
        let is_within = !unlinked.is_empty() && !unlinked.ends_with([' ', '.']);
        if is_dot(c) && is_within && after.chars().take(2).filter(|c| c.is_alphabetic()).count() == 2 {
            unlinked.push_str("[.]");
        } else {
            unlinked.push(c);
        }
    }
    unlinked
}

/// Whether a character is a dot, or stands for one (NFKC).
fn is_dot(c: char) -> bool {
    matches!(c, '.' | '․' | '﹒' | '．')
}

/// The characters that others stand for. Browsers take the full stop of Chinese for a dot.
fn plain(name: &str) -> String {
    name.nfkc().map(|c| if c == '。' { '.' } else { c }).collect()
}

/// The parts of a name that are made of what hosts are, each with what comes after it: of letters and digits, and of
/// all that a program may read as part of a host.
fn hosts(name: &str) -> impl Iterator<Item = (&str, &str)> {
    parts(name, char::is_alphanumeric).chain(parts(name, is_of_any_host))
}

/// Whether some hosts have a character, besides dots and hyphens: a letter, a digit, a mark, a joiner or a pictograph.
fn is_of_any_host(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c) || matches!(c, '\u{200c}' | '\u{200d}') || is_pictograph(c)
}

/// The parts of a name that are made of some characters, dots and hyphens, each with what comes after it.
fn parts(mut name: &str, is_part: fn(char) -> bool) -> impl Iterator<Item = (&str, &str)> {
    let is_other = move |c: char| !is_part(c) && c != '.' && c != '-';
    iter::from_fn(move || {
        let host = &name[name.find(is_part)?..];
        let ends = [host.find(is_other), host.find("..")];
        let end = ends.into_iter().flatten().min().unwrap_or(host.len());
        let (host, rest) = host.split_at(end);
        name = rest;
        Some((host.trim_end_matches(['.', '-']), rest))
    })
}

fn begins(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
}

fn is_link(name: &str) -> bool {
    let is_mailbox = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '/');
        word.split_once('@').is_some_and(|(_, host)| host.contains('.'))
    };
    name.contains("://")
        || hosts(name).any(|(host, _)| begins(host, "www."))
        || name.split_whitespace().any(is_mailbox)
}

fn is_host(host: &str, rest: &str) -> bool {
    let Some((labels, end)) = host.rsplit_once('.') else { return false };
    let is_letter = |c: char| c.is_alphabetic() || is_combining_mark(c);
    let is_end = end.chars().count() > 1 && end.chars().all(is_letter);
    let lowercase = end.to_lowercase();
    let is_known = || ENDS.contains(&&*lowercase) && !is_person(labels, end, rest);
    host.split('.').any(|label| begins(label, "xn--")) || is_end && (has_path(rest) || is_known())
}

/// Whether what comes after a host goes on with it: a port, a path or a query.
fn has_path(rest: &str) -> bool {
    let word = rest.split(char::is_whitespace).next().unwrap_or_default();
    word.starts_with(['/', ':', '?', '#']) && word.contains(|c: char| c.is_alphanumeric() || c == '/')
}

/// Whether it is capital initials before a short name of a person (J.R.De Souza), or titles where the name goes on.
fn is_person(labels: &str, end: &str, rest: &str) -> bool {
    let goes_on = rest.strip_prefix(' ').is_some_and(|next| next.contains(char::is_alphabetic));
    let is_given = |label: &str| {
        let label = label.trim_start_matches('-');
        let mut letters = label.chars();
        let is_capital = letters.next().is_some_and(char::is_uppercase);
        let is_title = || goes_on && TITLES.contains(&&*label.to_lowercase());
        is_capital && (letters.all(is_combining_mark) || is_title())
    };
    let lowercase = end.to_lowercase();
    let mut letters = end.chars();
    let is_capitalized = letters.next().is_some_and(char::is_uppercase) && letters.all(char::is_lowercase);
    let is_short = end.chars().count() == 2 || FAMILY_NAMES.contains(&&*lowercase);
    let is_particle = goes_on && PARTICLES.contains(&&*lowercase);
    labels.split('.').all(is_given) && (is_capitalized && is_short || is_particle)
}
