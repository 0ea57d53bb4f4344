//! What a prompt says: its text or messages, its variables, and how a model is to be asked.
//!
//! A [`Content`] is what a draft and a version hold. Written as JSON by [`Content::canonical`] it is the
//! same bytes wherever it is written; the hash of a version is taken over them.

use crate::{
    kernel::long_work,
    templates::{Engine, Template, parse},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// The most bytes of all text of a content.
pub const MAX_TEXT: usize = 200_000;
/// The most messages.
pub const MAX_MESSAGES: usize = 50;
/// The most declared variables.
pub const MAX_VARIABLES: usize = 60;
/// The most bytes of all their defaults, as JSON.
pub const MAX_DEFAULTS: usize = 50_000;
/// The most variables that the text of a version has, declared or not.
pub const MAX_NAMES: usize = 500;

/// The content of a prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// The template engine.
    #[serde(default)]
    pub engine: Engine,
    /// The text or the messages.
    pub body: Body,
    /// The declared variables. Others are taken from the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<Variable>,
    /// The model settings.
    #[serde(default, skip_serializing_if = "ModelSettings::is_empty")]
    pub model: ModelSettings,
}

/// The text or the messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Body {
    /// A single text, which other prompts can include.
    Text(String),
    /// The messages of a chat.
    Chat(Vec<Message>),
}

/// Whether a prompt is text or chat. The first version decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
#[serde(rename_all = "lowercase")]
#[schema(as = PromptKind)]
pub enum Kind {
    /// A single text, which other prompts can include.
    #[default]
    Text,
    /// The messages of a chat.
    Chat,
}

/// A message of a chat.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// The role.
    pub role: Speaker,
    /// The content; empty for a placeholder.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub content: String,
    /// The name of a placeholder, or the ID of the tool call that is answered.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
}

/// The role of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    /// Instructions.
    System,
    /// The user.
    User,
    /// The model.
    Assistant,
    /// The result of a tool call.
    Tool,
    /// A placeholder: messages are inserted here when the prompt is rendered.
    Placeholder,
}

/// A declared variable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// The type.
    #[serde(default, rename = "type")]
    pub kind: ValueKind,
    /// Whether a value is required.
    #[serde(default)]
    pub required: bool,
    /// The default value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// The description.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// The type of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ValueKind {
    /// Text.
    #[default]
    String,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A list.
    List,
    /// Named fields.
    Object,
}

/// The model settings. Omitted settings are up to the service.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelSettings {
    /// The kind of provider, such as `openai`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub provider: String,
    /// The model's name at the provider.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// From 0 to 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// The maximum number of tokens in a response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// The tools the model can call, as a list in the provider's format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<Value>,
    /// The response format, as an object in the provider's format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_format: Option<Value>,
}

macro_rules! names {
    ($type:ident { $($name:ident $code:literal $label:literal;)* }) => {
        impl $type {
            /// All of them, in the order they are shown in.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name in forms and in versions.
            #[must_use]
            pub const fn as_str(self) -> &'static str { match self { $(Self::$name => $code,)* } }

            /// Its name on screen.
            #[must_use]
            pub const fn label(self) -> &'static str { match self { $(Self::$name => $label,)* } }

            /// The one of a name, to the letter.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text)
            }
        }
    };
}

names!(Kind { Text "text" "Text"; Chat "chat" "Chat"; });
names!(Speaker {
    System "system" "System";
    User "user" "User";
    Assistant "assistant" "Assistant";
    Tool "tool" "Tool";
    Placeholder "placeholder" "Placeholder";
});
names!(ValueKind {
    String "string" "Text";
    Number "number" "Number";
    Boolean "boolean" "Boolean";
    List "list" "List";
    Object "object" "Object";
});

impl Content {
    /// An empty one.
    #[must_use]
    pub fn empty(kind: Kind) -> Self {
        let body = match kind {
            Kind::Text => Body::Text(String::new()),
            Kind::Chat => Body::Chat(vec![
                Message { role: Speaker::System, content: String::new(), name: String::new() },
                Message { role: Speaker::User, content: String::new(), name: String::new() },
            ]),
        };
        Self { engine: Engine::Plain, body, variables: Vec::new(), model: ModelSettings::default() }
    }

    /// Whether it is one text or messages.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self.body {
            Body::Text(_) => Kind::Text,
            Body::Chat(_) => Kind::Chat,
        }
    }

    /// The JSON that the hash of a version is taken over: fields in a fixed order, those of objects that
    /// people write sorted, no white space.
    #[must_use]
    pub fn canonical(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Its texts, in order.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let (text, messages) = match &self.body {
            Body::Text(text) => (Some(text.as_str()), &[][..]),
            Body::Chat(messages) => (None, messages.as_slice()),
        };
        text.into_iter().chain(messages.iter().map(|message| message.content.as_str()))
    }

    /// Its texts, read.
    pub fn templates(&self) -> impl Iterator<Item = Template> {
        long_work::note(self.text_bytes());
        self.texts().map(|text| parse(self.engine, text))
    }

    /// The names of its placeholders.
    pub fn placeholders(&self) -> impl Iterator<Item = &str> {
        let messages = if let Body::Chat(messages) = &self.body { messages.as_slice() } else { &[] };
        let placeholders = messages.iter().filter(|message| message.role == Speaker::Placeholder);
        placeholders.map(|message| message.name.as_str())
    }

    /// The declaration of a variable.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&Variable> {
        self.variables.iter().find(|variable| variable.name == name)
    }
}

impl ModelSettings {
    /// Whether nothing is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// JSON as people read it.
#[must_use]
pub fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_canonical_form_does_not_depend_on_how_it_was_written() {
        let one = r#"{"body":{"chat":[{"content":"Hi","role":"user"}]},"engine":"plain",
            "model":{"response_format":{"b":1,"a":{"d":1,"c":2}},"temperature":0.70},"variables":[]}"#;
        let other = r#"{"engine":"plain","body":{"chat":[{"role":"user","content":"Hi","name":""}]},
            "model":{"temperature":0.7,"response_format":{"a":{"c":2,"d":1},"b":1}}}"#;
        let [one, other] =
            [one, other].map(|text| serde_json::from_str::<Content>(text).unwrap().canonical());
        assert_eq!(one, other);
        insta::assert_snapshot!(one, @r#"{"engine":"plain","body":{"chat":[{"role":"user","content":"Hi"}]},"model":{"temperature":0.7,"response_format":{"a":{"c":2,"d":1},"b":1}}}"#);
    }

    #[test]
    fn what_nobody_knows_is_refused() {
        for text in [
            r#"{"body":{"text":"x"},"extra":1}"#,
            r#"{"body":{"text":"x","chat":[]}}"#,
            r#"{"body":{"chat":[{"role":"root"}]}}"#,
            r#"{"body":{"text":"x"},"model":{"top_p":1}}"#,
        ] {
            assert!(serde_json::from_str::<Content>(text).is_err(), "{text}");
        }
    }
}
