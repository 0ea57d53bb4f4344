//! What a version says, as services get it.

use crate::{
    error::{Error, Result},
    kernel::JobOwner,
    prompts::{
        content::{Body, Content, Message, ModelSettings, Variable},
        render::{self, Composed, Resolved, Taken, compose_for},
        sizes::weight,
    },
    templates::Engine,
    tenancy::Server,
};
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;
use std::{collections::BTreeMap, sync::Arc};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

/// Written by hand: `templates` runs in the browser as well, where there is no document of the API.
impl PartialSchema for Engine {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("The template engine of a prompt."))
            .enum_values(Some(Self::ALL.map(Self::as_str)))
            .into()
    }
}

impl ToSchema for Engine {
    fn name() -> Cow<'static, str> {
        "Engine".into()
    }
}

/// The content of a version.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Said {
    engine: Engine,
    /// The text of a text prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// The messages of a chat prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<Message>>,
    variables: Vec<Variable>,
    model: ModelSettings,
}

impl Said {
    /// About how many bytes it is.
    pub(super) fn bytes(&self) -> usize {
        let declared = self.variables.iter().map(Variable::bytes).sum::<usize>();
        bytes_of(self.text.as_deref(), self.messages.as_deref()) + declared + self.model.bytes()
    }
}

impl From<Content> for Said {
    fn from(content: Content) -> Self {
        let (text, messages) = match content.body {
            Body::Text(text) => (Some(text), None),
            Body::Chat(messages) => (None, Some(messages)),
        };
        Self { engine: content.engine, text, messages, variables: content.variables, model: content.model }
    }
}

/// The content, with included prompts inserted or as written.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Form {
    engine: Engine,
    /// The text of a text prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// The messages of a chat prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<Message>>,
    /// All variables with their defaults. With `resolve=false` or `parts`, only the variables declared by the prompt
    /// itself.
    variables: Vec<Taken>,
    model: ModelSettings,
    /// The included prompts, if they can only be inserted once the values are known: when Jinja is involved. In
    /// that case the content is as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<Vec<Part>>,
    /// The values that the prompt's variables inherit from folders and the organization, unless included prompts are
    /// inserted.
    #[serde(skip_serializing_if = "Option::is_none")]
    inherited: Option<BTreeMap<String, Value>>,
}

impl Form {
    /// Put together, where that can be done.
    ///
    /// # Errors
    /// [`Error::Invalid`] when too much is put into it: a part of it is not served for the whole. Also when there is no
    /// room for it.
    pub(super) async fn whole(place: (&Server, JobOwner), resolved: Resolved) -> Result<Option<Self>> {
        if resolved.is_cut {
            let path = resolved.parts.first().map_or("", |part| part.path.as_str());
            return Err(Error::invalid("", format!("{path}: {}", render::TOO_LARGE)));
        }
        let resolved = Arc::new(resolved);
        let composed = compose_for(place, &resolved).await?;
        let mut parts = Arc::unwrap_or_clone(resolved).parts.into_iter();
        let Some(render::Part { content, inherited, .. }) = parts.next() else { return Ok(None) };
        if let Some(Composed { body, takes }) = composed {
            return Ok(Some(Self::of(Content { body, ..content }, takes)));
        }
        let (parts, inherited) = (Some(parts.map(Part::from).collect()), Some(inherited));
        Ok(Some(Self { parts, inherited, ..Self::written(content) }))
    }

    /// As it is written; with what it inherits, where that is asked for.
    pub(super) fn alone(resolved: Resolved, inherits: bool) -> Option<Self> {
        let render::Part { content, inherited, .. } = resolved.parts.into_iter().next()?;
        let inherited = inherits.then_some(inherited);
        Some(Self { inherited, ..Self::written(content) })
    }

    fn written(mut content: Content) -> Self {
        let declared = std::mem::take(&mut content.variables).into_iter().map(Taken::from).collect();
        Self::of(content, declared)
    }

    /// About how many bytes it is.
    pub(super) fn bytes(&self) -> usize {
        let taken =
            |one: &Taken| one.name.len() + one.description.len() + one.default.as_ref().map_or(0, weight);
        bytes_of(self.text.as_deref(), self.messages.as_deref())
            + self.variables.iter().map(taken).sum::<usize>()
            + self.model.bytes()
            + self.parts.iter().flatten().map(Part::bytes).sum::<usize>()
            + self.inherited.as_ref().map_or(0, bytes_of_values)
    }

    fn of(content: Content, variables: Vec<Taken>) -> Self {
        let Said { engine, text, messages, model, .. } = content.into();
        Self { engine, text, messages, variables, model, parts: None, inherited: None }
    }
}

/// An included prompt.
#[derive(Debug, Serialize, ToSchema)]
struct Part {
    #[schema(format = Uuid)]
    id: String,
    /// Its path, as references call it.
    path: String,
    #[schema(required)]
    version: Option<i64>,
    #[serde(flatten)]
    said: Said,
    /// The values its variables inherit from folders and the organization.
    inherited: BTreeMap<String, Value>,
}

impl Part {
    /// About how many bytes it is.
    fn bytes(&self) -> usize {
        self.path.len() + self.said.bytes() + bytes_of_values(&self.inherited)
    }
}

impl From<render::Part> for Part {
    fn from(part: render::Part) -> Self {
        Self {
            id: part.prompt.to_string(),
            path: part.path,
            version: part.version,
            said: part.content.into(),
            inherited: part.inherited,
        }
    }
}

fn bytes_of(text: Option<&str>, messages: Option<&[Message]>) -> usize {
    let messages = messages.into_iter().flatten().map(|message| message.content.len() + message.name.len());
    text.map_or(0, str::len) + messages.sum::<usize>()
}

fn bytes_of_values(values: &BTreeMap<String, Value>) -> usize {
    values.iter().map(|(name, value)| name.len() + weight(value)).sum()
}
