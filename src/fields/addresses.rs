//! Whether a name is an address: names stand in emails, where programs make links of those.
//!
//! It is judged by what the characters stand for (NFKC): `＠` is an `@`, and `𝐜𝐨𝐦` is `com`.

use super::{characters::is_pictograph, signs::is_disruptive};
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

/// Ends of the names of files that no host has.
const FILES: &[&str] = &[
    "bat", "css", "csv", "doc", "docx", "gif", "htm", "html", "ini", "java", "jinja", "jpeg", "jpg", "js",
    "json", "jsonl", "jsx", "log", "pdf", "php", "png", "ppt", "pptx", "sql", "svg", "toml", "ts", "tsx",
    "txt", "xls", "xlsx", "xml", "yaml", "yml",
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

/// A text on one line, without the words that programs would make links of.
#[must_use]
pub fn without_links(text: &str) -> String {
    in_a_line(text, |_| "[link removed]".to_owned())
}

/// A text on one line in which programs make links of nothing: the dots of hosts are in brackets (`evil[.]com`).
#[must_use]
pub fn unlinked(text: &str) -> String {
    in_a_line(text, |word| word.replace(is_dot, "[.]"))
}

/// A text on one line, with something else in place of each word that programs would make a link of.
fn in_a_line(text: &str, instead: impl Fn(&str) -> String) -> String {
    let word = |word: &str| if is_linked(word) { instead(word) } else { with_sentences_apart(word) };
    let text: String = text.chars().map(|c| if is_disruptive(c) { ' ' } else { c }).collect();
    text.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

/// Whether programs would make a link of a word of a text: of a host with any end but those of files. What begins with a
/// capital is a sentence.
fn is_linked(word: &str) -> bool {
    let is_letter = |c: char| c.is_lowercase() || c.is_uppercase();
    let is_end = |end: &str| {
        let is_word = end.chars().count() > 1 && end.chars().all(is_letter);
        is_word && end.starts_with(char::is_lowercase) && !FILES.contains(&&*end.to_lowercase())
    };
    let is_any = |(host, _): (&str, &str)| host.rsplit_once('.').is_some_and(|(_, end)| is_end(end));
    // Nobody but browsers takes the full stop of Chinese for a dot.
    let written: String = word.nfkc().collect();
    names_one(word) || hosts(&written).any(is_any)
}

/// A word with a space before each sentence that begins within it: programs would read `Done.Support` as a host.
fn with_sentences_apart(word: &str) -> String {
    let begins = |piece: &str| {
        let mut letters = piece.chars();
        letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_alphabetic)
    };
    let mut apart = String::with_capacity(word.len());
    for piece in word.split_inclusive(is_dot) {
        let is_after_host = apart.chars().rev().nth(1).is_some_and(is_of_any_host);
        if is_after_host && begins(piece) {
            apart.push(' ');
        }
        apart.push_str(piece);
    }
    apart
}

/// Whether a character is a dot, or stands for one.
fn is_dot(c: char) -> bool {
    matches!(c, '.' | '․' | '﹒' | '．' | '。' | '｡')
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
    let has_more = || has_path(rest) && !FILES.contains(&&*lowercase);
    let is_known = || ENDS.contains(&&*lowercase) && !is_person(labels, end, rest);
    host.split('.').any(|label| begins(label, "xn--")) || is_end && (has_more() || is_known())
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
