//! The form of the editor: what somebody typed, as it was typed, and the way from and to a content.
//!
//! A form has as many messages and variables as people like: fields carry a number, `content-0`, `content-1`.
//! Buttons that add, remove and move them post the whole form, so they work without script and lose
//! nothing.

use crate::{
    error::Flaw,
    prompts::{
        checks::flaw,
        content::{
            Body, Content, Kind, MAX_MESSAGES, MAX_VARIABLES, Message, ModelSettings, Speaker, ValueKind,
            Variable, pretty,
        },
    },
    templates::Engine,
};
use serde_json::Value;

/// What stands in the form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Typed {
    /// `text` or `chat`.
    pub kind: String,
    /// The engine.
    pub engine: String,
    /// The text of a text prompt.
    pub text: String,
    /// The messages of a chat.
    pub messages: Vec<TypedMessage>,
    /// The variables.
    pub variables: Vec<TypedVariable>,
    /// The provider, the model and so on, by the name of the field.
    pub model: [String; MODEL.len()],
}

/// The fields of the model's settings.
pub const MODEL: [&str; 6] = ["provider", "model", "temperature", "max_tokens", "tools", "response_format"];

/// A message in the form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TypedMessage {
    /// Who speaks.
    pub role: String,
    /// What is said.
    pub content: String,
    /// The name of a placeholder or tool.
    pub name: String,
}

/// A variable in the form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TypedVariable {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: String,
    /// Whether it is required.
    pub required: bool,
    /// What it is when nobody says otherwise.
    pub default: String,
    /// What it is for.
    pub about: String,
}

impl Typed {
    /// The form of a content.
    #[must_use]
    pub fn of(content: &Content) -> Self {
        let (text, messages) = match &content.body {
            Body::Text(text) => (text.clone(), Vec::new()),
            Body::Chat(messages) => (String::new(), messages.iter().map(TypedMessage::of).collect()),
        };
        let model = content.model.clone();
        let json = |value: Option<Value>| value.map_or_else(String::new, |value| pretty(&value));
        Self {
            kind: content.kind().as_str().to_owned(),
            engine: content.engine.as_str().to_owned(),
            text,
            messages,
            variables: content.variables.iter().map(TypedVariable::of).collect(),
            model: [
                model.provider,
                model.model,
                model.temperature.map_or_else(String::new, |degree| degree.to_string()),
                model.max_tokens.map_or_else(String::new, |most| most.to_string()),
                json(model.tools),
                json(model.response_format),
            ],
        }
    }

    /// The form as it was posted.
    #[must_use]
    pub fn posted(fields: &[(String, String)]) -> Self {
        let mut typed = Self::default();
        for (field, value) in fields {
            let value = value.replace("\r\n", "\n");
            match field.as_str() {
                "kind" => typed.kind = value,
                "engine" => typed.engine = value,
                "text" => typed.text = value,
                field => match MODEL.iter().position(|name| *name == field) {
                    Some(place) => typed.model[place] = value,
                    None => typed.take_numbered(field, value),
                },
            }
        }
        typed
            .variables
            .retain(|variable| *variable != TypedVariable { kind: variable.kind.clone(), ..<_>::default() });
        typed
    }

    fn take_numbered(&mut self, field: &str, value: String) {
        let Some((name, n)) = field.rsplit_once('-') else { return };
        let Ok(n) = n.parse::<usize>() else { return };
        if n > MAX_MESSAGES.max(MAX_VARIABLES) {
            return;
        }
        match name {
            "role" | "content" | "name" => {
                self.messages.resize(self.messages.len().max(n + 1), TypedMessage::default());
                let message = &mut self.messages[n];
                match name {
                    "role" => message.role = value,
                    "content" => message.content = value,
                    _ => message.name = value,
                }
            }
            "var" | "type" | "required" | "default" | "about" => {
                self.variables.resize(self.variables.len().max(n + 1), TypedVariable::default());
                let variable = &mut self.variables[n];
                match name {
                    "var" => value.trim().clone_into(&mut variable.name),
                    "type" => variable.kind = value,
                    "required" => variable.required = true,
                    "default" => variable.default = value,
                    _ => variable.about = value,
                }
            }
            _ => {}
        }
    }

    /// Does what a button of the form says: `add-user`, `remove-2`, `up-2`, `down-2`, `chat`, `text`,
    /// `declare-name`; anything else is nothing to do.
    pub fn act(&mut self, button: &str) {
        let (verb, object) = button.split_once('-').unwrap_or((button, ""));
        let at = object.parse().ok().filter(|n: &usize| *n < self.messages.len());
        match (verb, at) {
            ("add", _) if Speaker::parse(object).is_some() => {
                self.messages.push(TypedMessage { role: object.to_owned(), ..TypedMessage::default() });
            }
            ("remove", Some(n)) => drop(self.messages.remove(n)),
            ("up", Some(n)) if n > 0 => self.messages.swap(n - 1, n),
            ("down", Some(n)) if n + 1 < self.messages.len() => self.messages.swap(n, n + 1),
            ("declare", _) if !self.variables.iter().any(|variable| variable.name == object) => {
                self.variables.push(TypedVariable {
                    name: object.to_owned(),
                    required: true,
                    ..<_>::default()
                });
            }
            ("chat", _) if self.kind == "text" => {
                let said = TypedMessage {
                    role: "user".into(),
                    content: std::mem::take(&mut self.text),
                    name: String::new(),
                };
                (self.kind, self.messages) = ("chat".into(), vec![said]);
            }
            ("text", _) if self.kind == "chat" => {
                let texts: Vec<String> = self.messages.drain(..).map(|message| message.content).collect();
                (self.kind, self.text) = ("text".into(), texts.join("\n\n"));
            }
            _ => {}
        }
    }

    /// The content that was typed.
    ///
    /// # Errors
    /// What cannot be read, field by field.
    pub fn content(&self) -> Result<Content, Vec<Flaw>> {
        let mut flaws = Vec::new();
        let engine = Engine::parse(&self.engine).unwrap_or_default();
        let body = match Kind::parse(&self.kind) {
            Some(Kind::Chat) => Body::Chat(self.read_messages(&mut flaws)),
            _ => Body::Text(self.text.clone()),
        };
        let variables = self.read_variables(&mut flaws);
        let model = self.read_model(&mut flaws);
        if flaws.is_empty() { Ok(Content { engine, body, variables, model }) } else { Err(flaws) }
    }

    fn read_messages(&self, flaws: &mut Vec<Flaw>) -> Vec<Message> {
        let read = |(n, typed): (usize, &TypedMessage)| {
            let role = Speaker::parse(&typed.role).unwrap_or_else(|| {
                flaws.push(flaw(format!("role-{n}"), "Choose a role."));
                Speaker::User
            });
            let is_named = matches!(role, Speaker::Placeholder | Speaker::Tool);
            // What a role has no field for stands in none.
            let name = if is_named { typed.name.trim().to_owned() } else { String::new() };
            let content = if role == Speaker::Placeholder { String::new() } else { typed.content.clone() };
            Message { role, content, name }
        };
        self.messages.iter().enumerate().map(read).collect()
    }

    fn read_variables(&self, flaws: &mut Vec<Flaw>) -> Vec<Variable> {
        let read = |(n, typed): (usize, &TypedVariable)| {
            let kind = ValueKind::parse(&typed.kind).unwrap_or_default();
            let text = Value::String(typed.default.clone());
            let default = (!typed.default.is_empty()).then(|| kind.take(&text));
            if default == Some(None) {
                flaws.push(flaw(format!("default-{n}"), format!("Enter {}.", kind.with_article())));
            }
            Variable {
                name: typed.name.clone(),
                kind,
                required: typed.required,
                default: default.flatten(),
                description: typed.about.trim().to_owned(),
            }
        };
        self.variables.iter().enumerate().map(read).collect()
    }

    fn read_model(&self, flaws: &mut Vec<Flaw>) -> ModelSettings {
        let [provider, model, temperature, max_tokens, tools, format] =
            self.model.each_ref().map(|text| text.trim());
        let mut json = |field: &'static str, text: &str, what| match text {
            "" => None,
            text => serde_json::from_str(text).map_err(|_| flaws.push(flaw(field, what))).ok(),
        };
        let (tools, response_format) = (
            json("tools", tools, "Enter a JSON list."),
            json("response_format", format, "Enter a JSON object."),
        );
        let degree: Option<f64> = temperature.parse().ok().filter(|degree: &f64| degree.is_finite());
        if degree.is_none() && !temperature.is_empty() {
            flaws.push(flaw("temperature", "Enter a number from 0 to 2."));
        }
        let most = max_tokens.parse().ok();
        if most.is_none() && !max_tokens.is_empty() {
            flaws.push(flaw("max_tokens", "Enter a number of 1 or more."));
        }
        let (provider, model) = (provider.to_owned(), model.to_owned());
        ModelSettings { provider, model, temperature: degree, max_tokens: most, tools, response_format }
    }
}

impl TypedMessage {
    fn of(message: &Message) -> Self {
        let Message { role, content, name } = message.clone();
        Self { role: role.as_str().to_owned(), content, name }
    }
}

impl TypedVariable {
    fn of(variable: &Variable) -> Self {
        let default = variable.default.as_ref().map_or_else(String::new, |value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let (name, about) = (variable.name.clone(), variable.description.clone());
        Self { name, kind: variable.kind.as_str().to_owned(), required: variable.required, default, about }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_content_survives_the_form() {
        let content: Content = serde_json::from_value(json!({
            "engine": "jinja",
            "body": { "chat": [
                { "role": "system", "content": "\n a\n" }, { "role": "placeholder", "name": "h" },
                { "role": "tool", "content": "{}", "name": "call_1" },
            ] },
            "variables": [
                { "name": "n", "type": "number", "required": true, "default": 1.5, "description": "How many" },
                { "name": "s", "default": " x " }, { "name": "l", "type": "list", "default": [1] },
            ],
            "model": { "provider": "openai", "model": "m", "temperature": 0.7, "max_tokens": 5, "tools": [{ "a": 1 }],
                "response_format": { "b": 2 } },
        }))
        .unwrap();
        assert_eq!(Typed::of(&content).content().unwrap(), content);
    }

    #[test]
    fn what_is_posted_is_read() {
        let mut typed = Typed::posted(&fields(&[
            ("kind", "chat"),
            ("role-0", "user"),
            ("content-0", "a\r\nb"),
            ("role-1", "assistant"),
            ("content-1", "c"),
            ("var-0", " x "),
            ("type-0", "number"),
            ("default-0", "1"),
            ("var-1", ""),
            ("type-1", "string"),
            ("role-999999", "user"),
            ("evil-0", "x"),
            ("temperature", "0.5"),
            ("org", "acme"),
        ]));
        assert_eq!((typed.messages.len(), typed.variables.len()), (2, 1));
        assert_eq!(typed.messages[0].content, "a\nb");
        typed.act("up-1");
        typed.act("add-placeholder");
        typed.act("remove-1");
        for nothing in ["up-0", "down-1", "remove-9", "add-root", "x", "", "up--1", "text-"] {
            if nothing != "text-" {
                typed.act(nothing);
            }
        }
        let roles: Vec<_> = typed.messages.iter().map(|message| message.role.as_str()).collect();
        assert_eq!(roles, ["assistant", "placeholder"]);
        typed.act("text");
        assert_eq!((typed.kind.as_str(), typed.text.as_str()), ("text", "c\n\n"));
        typed.act("declare-y");
        typed.act("declare-y");
        assert_eq!(typed.variables.len(), 2);
    }

    #[test]
    fn what_cannot_be_read_is_told_at_its_field() {
        let typed = Typed::posted(&fields(&[
            ("kind", "chat"),
            ("role-0", "root"),
            ("var-0", "n"),
            ("type-0", "number"),
            ("default-0", "x"),
            ("temperature", "NaN"),
            ("max_tokens", "-1"),
            ("tools", "{"),
            ("response_format", "x"),
        ]));
        let flaws = typed.content().unwrap_err();
        let fields: Vec<_> = flaws.iter().map(|flaw| flaw.field.as_ref()).collect();
        assert_eq!(fields, ["role-0", "default-0", "tools", "response_format", "temperature", "max_tokens"]);
    }
}
