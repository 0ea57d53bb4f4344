use std::fmt;

/// What an environment is called, in pages, in references and by services: `production`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type, serde::Serialize)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct EnvironmentName(String);

impl EnvironmentName {
    /// The most characters of a name.
    pub const MAX: usize = 40;

    /// Trims, and refuses what a reference or a service could take for something else.
    ///
    /// # Errors
    /// A sentence for the field.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let name = text.trim();
        if name.is_empty() {
            return Err("Enter a name.");
        }
        if name.len() > Self::MAX {
            return Err("Use at most 40 characters.");
        }
        let is_good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if !name.bytes().all(is_good) || name.starts_with('-') || name.ends_with('-') {
            return Err("Use lowercase letters, digits and hyphens, such as eu-production.");
        }
        if name.bytes().all(|b| b.is_ascii_digit()) {
            return Err("Use at least one letter: a number alone means a version.");
        }
        if matches!(name, "latest" | "draft" | "new") {
            return Err("This name is reserved. Choose another one.");
        }
        if uuid::Uuid::try_parse(name).is_ok() {
            return Err("This name looks like an ID. Choose another one.");
        }
        Ok(Self(name.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EnvironmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_something_else_is_refused() {
        for name in ["production", "eu-production", "v2", "3d"] {
            assert_eq!(EnvironmentName::parse(&format!(" {name} ")).unwrap().as_str(), name);
        }
        for name in ["", " ", "Production", "a b", "a_b", "-a", "a-", "12", "latest", "draft", "new", "é"] {
            assert!(EnvironmentName::parse(name).is_err(), "{name:?}");
        }
        for id in ["0198c2d0-0000-7000-8000-000000000000", "0198c2d0000070008000a00000000000"] {
            assert!(EnvironmentName::parse(id).is_err(), "{id}");
        }
        assert!(EnvironmentName::parse(&"a".repeat(40)).is_ok());
        assert!(EnvironmentName::parse(&"a".repeat(41)).is_err());
    }
}
