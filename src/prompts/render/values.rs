//! The values that are put into a prompt.

use crate::prompts::sizes::weight_within;
use serde_json::Value;
use std::{borrow::Cow, ops::Deref, rc::Rc};

/// What there is of a variable.
pub(super) enum Found<'v> {
    Value(Given<'v>),
    Empty,
    Missing,
    Wrong,
}

/// A value that a variable has.
pub(super) enum Given<'v> {
    /// As it was given.
    Is(Cow<'v, Value>),
    /// As its type takes it.
    Taken(Rc<Value>),
}

impl<'v> From<Cow<'v, Value>> for Given<'v> {
    fn from(value: Cow<'v, Value>) -> Self {
        Self::Is(value)
    }
}

impl Deref for Given<'_> {
    type Target = Value;

    fn deref(&self) -> &Value {
        match self {
            Self::Is(value) => value,
            Self::Taken(value) => value,
        }
    }
}

/// About how many bytes a value takes to be read; a long list or object counts as the longest that a folder may have.
pub(super) fn about(value: &Value) -> usize {
    weight_within(value, 20_000)
}

pub(super) fn write(value: &Value, output: &mut String) {
    match value {
        Value::Null => {}
        Value::String(text) => output.push_str(text),
        other => output.push_str(&other.to_string()),
    }
}

/// How many bytes the values take that a reference gives.
pub(super) fn bytes_of(overrides: &[(String, String)]) -> usize {
    overrides.iter().map(|(name, value)| name.len() + value.len()).sum()
}
