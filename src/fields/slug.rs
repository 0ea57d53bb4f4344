use crate::slug;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The part of a URL that names an organization: 3 to 40 of `a`–`z`, `0`–`9` and single hyphens
/// inside. Globally unique and never changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct Slug(String);

impl Slug {
    /// Takes a slug as it stands: nothing is folded, so that a URL has one spelling.
    ///
    /// # Errors
    /// A sentence for the field.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        slug::check(text)?;
        Ok(Self(text.to_owned()))
    }

    /// The slug for a new personal organization: from the name, made long enough, and with the
    /// suffix that sets it apart from others of the name.
    #[must_use]
    pub fn personal(name: &str, suffix: Option<&str>) -> Self {
        let mut base = slug::suggest(name);
        if base.len() < slug::MIN {
            base = if base.is_empty() { "space".into() } else { format!("{base}-space") };
        }
        let free = Self::parse(&base).is_ok();
        match suffix {
            None if free => Self(base),
            _ => {
                let suffix = suffix.unwrap_or("1");
                base.truncate(slug::MAX - suffix.len() - 1);
                Self(format!("{}-{suffix}", base.trim_end_matches('-')))
            }
        }
    }

    /// The slug as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn personal_slugs_are_always_good(name in "\\PC{0,90}", suffix in proptest::option::of("[a-z0-9]{4}")) {
            let slug = Slug::personal(&name, suffix.as_deref());
            prop_assert!(Slug::parse(slug.as_str()).is_ok(), "{slug}");
        }
    }
}
