//! A form that was posted, and what came of it.

use crate::error::Error;
use axum::body::Bytes;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::fmt;

/// A file that was chosen in a form.
#[derive(Debug, Clone)]
pub struct File {
    pub(super) field: String,
    /// What it is called where it comes from, without folders; at most 200 characters.
    pub name: String,
    /// Its bytes, or nothing when there were more than [`MAX_FILE`](super::uploads::MAX_FILE).
    pub bytes: Option<Bytes>,
}

/// What came of a posted form, for the page that is rendered in answer.
#[derive(Clone, Serialize, Deserialize)]
pub struct Posted {
    /// The path of the server function.
    pub action: String,
    /// What was typed, without secrets.
    pub input: Vec<(String, String)>,
    /// How it went: the error, or what the function answered, as JSON.
    pub result: Result<String, Error>,
}

/// Without what was typed and what was answered: a new key is among it.
impl fmt::Debug for Posted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Posted({})", self.action)
    }
}

impl Posted {
    /// What was typed in a field.
    #[must_use]
    pub fn value(&self, field: &str) -> Option<&str> {
        self.input.iter().find(|(name, _)| name == field).map(|(_, value)| value.as_str())
    }

    /// The error, if it failed.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        self.result.as_ref().err()
    }

    /// What the function answered, if it did.
    #[must_use]
    pub fn answer<T: DeserializeOwned>(&self) -> Option<T> {
        self.result.as_ref().ok().and_then(|json| serde_json::from_str(json).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_told_of_what_was_typed_and_answered() {
        let input = vec![("name".to_owned(), "typed".to_owned())];
        let posted = Posted { action: "/api/x".into(), input, result: Ok("\"answered\"".into()) };
        assert_eq!(format!("{posted:?}"), "Posted(/api/x)");
        assert_eq!(posted.answer::<String>().as_deref(), Some("answered"));
    }
}
