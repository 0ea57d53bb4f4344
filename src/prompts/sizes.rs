//! How large contents and values are, in bytes. Where work on them is done is decided by that.

use super::content::{Content, ModelSettings, Variable};
use serde_json::Value;

impl Content {
    /// How many bytes all its texts are together.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        self.texts().map(str::len).sum()
    }

    /// About how many bytes it is: its texts, the variables it declares, and the model settings.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let declared = self.variables.iter().map(Variable::bytes).sum::<usize>();
        self.text_bytes() + declared + self.model.bytes()
    }
}

impl Variable {
    /// About how many bytes it is.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.name.len() + self.description.len() + self.default.as_ref().map_or(0, weight)
    }
}

impl ModelSettings {
    /// About how many bytes they are.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let values = [&self.tools, &self.response_format].into_iter().flatten();
        self.provider.len() + self.model.len() + values.map(weight).sum::<usize>()
    }
}

/// How deep references go: a prompt, and four more below it.
pub const MAX_DEPTH: usize = 5;

/// The most prompts that one may be made of.
pub const MAX_PARTS: usize = 500;

/// About how many bytes a value takes to be read.
#[must_use]
pub fn weight(value: &Value) -> usize {
    weight_within(value, usize::MAX)
}

/// The same, or about so many where there are more: no more of it is looked at.
#[must_use]
pub fn weight_within(value: &Value, most: usize) -> usize {
    fn add(value: &Value, most: usize, sum: usize) -> usize {
        let own = sum.saturating_add(16);
        match value {
            Value::String(text) => own.saturating_add(text.len()),
            Value::Array(items) => {
                let mut items = items.iter();
                let added = items.try_fold(own, |sum, item| within(add(item, most, sum), most));
                added.unwrap_or(most)
            }
            Value::Object(fields) => {
                let mut fields = fields.iter();
                let added = fields.try_fold(own, |sum, (name, item)| {
                    within(add(item, most, sum.saturating_add(name.len())), most)
                });
                added.unwrap_or(most)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => own,
        }
    }
    fn within(sum: usize, most: usize) -> Option<usize> {
        (sum < most).then_some(sum)
    }
    add(value, most, 0)
}

/// How many bytes a value is as JSON.
#[must_use]
pub fn json_bytes(value: &Value) -> usize {
    value.to_string().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn all_that_a_content_says_is_counted() {
        let long = "x".repeat(1_000);
        for content in [
            json!({ "body": { "text": long } }),
            json!({ "body": { "chat": [{ "role": "user", "content": long }] } }),
            json!({ "body": { "text": "" }, "variables": [{ "name": "a", "default": long }] }),
            json!({ "body": { "text": "" }, "variables": [{ "name": "a", "type": "list", "default": [[long]] }] }),
            json!({ "body": { "text": "" }, "variables": [{ "name": "a", "description": long }] }),
            json!({ "body": { "text": "" }, "model": { "tools": [{ "name": long }] } }),
            json!({ "body": { "text": "" }, "model": { "response_format": { "name": long } } }),
        ] {
            let content: Content = serde_json::from_value(content).unwrap();
            assert!((1_000..1_100).contains(&content.bytes()), "{content:?}");
        }
    }

    #[test]
    fn no_more_of_a_value_is_looked_at_than_counts() {
        let wide = json!({ "a": vec![0; 1_000], "b": "x" });
        assert_eq!([100, 100_000].map(|most| weight_within(&wide, most)), [100, 1_000 * 16 + 32 + 19]);
        assert_eq!([json!(["é"]), json!(null)].map(|one| weight_within(&one, 1_000)), [34, 16]);
    }

    #[test]
    fn values_are_as_long_as_they_are_written() {
        assert_eq!(
            [json!("é\n"), json!([1, null]), json!({ "a": true })].map(|one| json_bytes(&one)),
            [6, 8, 10]
        );
    }
}
