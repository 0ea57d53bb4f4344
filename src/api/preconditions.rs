//! What a request says of the state that it is for: `If-Match` and `If-None-Match` (RFC 9110 §13.1).

use super::problem::ApiError;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Entity-tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum EntityTags {
    /// That of anything there is.
    Any,
    /// These; of each, whether it is a strong one.
    These(Vec<(bool, String)>),
}

impl EntityTags {
    /// Whether one is among them, by strong comparison.
    pub(super) fn has(&self, tag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::These(all) => all.iter().any(|(is_strong, one)| *is_strong && one == tag),
        }
    }

    /// The same by weak comparison.
    pub(super) fn has_weakly(&self, tag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::These(all) => all.iter().any(|(_, one)| one == tag),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        if text.trim() == "*" {
            return Some(Self::Any);
        }
        let (mut all, mut rest) = (Vec::new(), text);
        loop {
            rest = rest.trim_start_matches([' ', '\t', ',']);
            if rest.is_empty() {
                break;
            }
            let weak = rest.strip_prefix("W/");
            let (tag, after) = weak.unwrap_or(rest).strip_prefix('"')?.split_once('"')?;
            rest = after.trim_start_matches([' ', '\t']);
            if tag.contains([' ', '\t']) || !rest.is_empty() && !rest.starts_with(',') {
                return None;
            }
            all.push((weak.is_none(), tag.to_owned()));
        }
        (!all.is_empty()).then_some(Self::These(all))
    }
}

/// The entity-tags of a header, all its lines taken together.
///
/// # Errors
/// 400 at the header, when it holds something else.
pub(super) fn entity_tags(headers: &HeaderMap, name: &HeaderName) -> Result<Option<EntityTags>, ApiError> {
    let lines: Vec<_> = headers.get_all(name).iter().map(HeaderValue::to_str).collect();
    if lines.is_empty() {
        return Ok(None);
    }
    let lines: Option<Vec<_>> = lines.into_iter().map(Result::ok).collect();
    let found = lines.and_then(|lines| EntityTags::parse(&lines.join(",")));
    let title = if *name == header::IF_MATCH { "If-Match" } else { "If-None-Match" };
    found.map(Some).ok_or_else(|| ApiError::malformed(title, "Send ETags in quotes, or *."))
}

/// The header that tells a tag.
pub(super) fn etag(tag: &str) -> Option<(HeaderName, HeaderValue)> {
    Some((header::ETAG, HeaderValue::try_from(format!("\"{tag}\"")).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_as_they_are_written() {
        let strong = |tag: &str| (true, tag.to_owned());
        for (text, all) in [
            ("\"a\"", vec![strong("a")]),
            ("\"a\", W/\"b\",\t\"c,d\"", vec![strong("a"), (false, "b".to_owned()), strong("c,d")]),
            (" , \"a\" ,, \"\"", vec![strong("a"), strong("")]),
        ] {
            assert_eq!(EntityTags::parse(text), Some(EntityTags::These(all)), "{text}");
        }
        assert_eq!(EntityTags::parse(" * "), Some(EntityTags::Any));
        for text in [
            "",
            " ",
            "a",
            "\"a",
            "a\"",
            "\"a\" \"b\"",
            "w/\"a\"",
            "W/ \"a\"",
            "*, \"a\"",
            "\"a\", *",
            "\"a b\"",
        ] {
            assert_eq!(EntityTags::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_weak_tag_is_only_weakly_the_same() {
        let weak = EntityTags::These(vec![(false, "a".to_owned())]);
        assert!(weak.has_weakly("a") && !weak.has("a") && !weak.has_weakly("b"));
        assert!(EntityTags::Any.has("a") && EntityTags::Any.has_weakly("a"));
    }
}
