//! How deep values may be nested: a file of them is read by recursion.

use serde_json::Value;

/// How deep lists and objects may be nested in a value: a file of the library, in JSON or YAML, is read as deep as
/// that and what is around it.
pub const MAX_NESTING: usize = 50;

/// Whether lists and objects are nested deeper in a value than [`MAX_NESTING`].
#[must_use]
pub fn is_too_deep(value: &Value) -> bool {
    fn is_deeper(value: &Value, than: usize) -> bool {
        let Some(inside) = than.checked_sub(1) else { return value.is_array() || value.is_object() };
        match value {
            Value::Array(items) => items.iter().any(|item| is_deeper(item, inside)),
            Value::Object(fields) => fields.values().any(|field| is_deeper(field, inside)),
            _ => false,
        }
    }
    is_deeper(value, MAX_NESTING)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_nested_so_deep_and_no_deeper() {
        let lists = |depth| (0..depth).fold(json!("x"), |value, _| json!([value]));
        let objects = |depth| (0..depth).fold(json!(1), |value, _| json!({ "a": value, "b": [] }));
        assert!(!is_too_deep(&lists(MAX_NESTING)) && is_too_deep(&lists(MAX_NESTING + 1)));
        assert!(!is_too_deep(&objects(MAX_NESTING - 1)) && is_too_deep(&objects(MAX_NESTING)));
    }
}
