//! What values of each kind are.

use super::content::ValueKind;
use serde_json::Value;

impl ValueKind {
    /// What it is in a sentence: "a number".
    #[must_use]
    pub const fn with_article(self) -> &'static str {
        match self {
            Self::String => "text",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::List => "a list",
            Self::Object => "an object",
        }
    }

    /// A value of this kind from one that was given: as it is when it fits, read from text when it is
    /// text.
    #[must_use]
    pub fn take(self, value: &Value) -> Option<Value> {
        let fits = match self {
            Self::String => value.is_string() || value.is_number() || value.is_boolean(),
            Self::Number => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::List => value.is_array(),
            Self::Object => value.is_object(),
        };
        if fits {
            return Some(value.clone());
        }
        let read: Value = serde_json::from_str(value.as_str()?.trim()).ok()?;
        let is_ours = match self {
            Self::String => false,
            Self::Number => read.is_number(),
            Self::Boolean => read.is_boolean(),
            Self::List => read.is_array(),
            Self::Object => read.is_object(),
        };
        is_ours.then_some(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_taken_as_declared() {
        use ValueKind as K;
        for (kind, given, taken) in [
            (K::String, json!("x"), Some(json!("x"))),
            (K::String, json!(1), Some(json!(1))),
            (K::String, json!([1]), None),
            (K::Number, json!(" 1.5 "), Some(json!(1.5))),
            (K::Number, json!("x"), None),
            (K::Boolean, json!("true"), Some(json!(true))),
            (K::List, json!("[1, \"a\"]"), Some(json!([1, "a"]))),
            (K::List, json!({}), None),
            (K::Object, json!({"a": 1}), Some(json!({"a": 1}))),
            (K::Object, json!("null"), None),
        ] {
            assert_eq!(kind.take(&given), taken, "{kind:?} of {given}");
        }
    }
}
