//! What a version says, as services get it.

use crate::{
    error::Result,
    id::OrgId,
    prompts::{
        content::{Body, Content, Message, ModelSettings, Variable},
        render::{self, Composed, Resolved, Taken, compose_for},
    },
    server::Server,
    templates::Engine,
};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a version says.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Said {
    engine: Engine,
    /// Of a text prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Of a chat prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<Message>>,
    variables: Vec<Variable>,
    model: ModelSettings,
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

/// What it says: put together with the prompts that it refers to, or as it is written.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Form {
    engine: Engine,
    /// Of a text prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Of a chat prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<Message>>,
    /// The values that it takes: all of them, each with what it falls back on; with `resolve=false` or `parts`
    /// those that the prompt itself declares.
    variables: Vec<Taken>,
    model: ModelSettings,
    /// The prompts that it refers to, directly or not, where it cannot be put together without values: Jinja
    /// that refers to others, or others in Jinja. It is as it is written then.
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<Vec<Part>>,
    /// What the folders around it and the organization give to its variables, unless it was put together.
    #[serde(skip_serializing_if = "Option::is_none")]
    inherited: Option<BTreeMap<String, Value>>,
}

impl Form {
    /// Put together, where that can be done.
    ///
    /// # Errors
    /// When there is no room for it.
    pub(super) async fn whole(place: (&Server, OrgId), resolved: Resolved) -> Result<Option<Self>> {
        let composed = compose_for(place, &resolved).await?;
        let mut parts = resolved.parts.into_iter();
        let Some(own) = parts.next() else { return Ok(None) };
        if let Some(Composed { body, takes }) = composed {
            return Ok(Some(Self::of(Content { body, ..own.content }, takes)));
        }
        let (parts, inherited) = (Some(parts.map(Part::from).collect()), Some(own.inherited));
        Ok(Some(Self { parts, inherited, ..Self::written(own.content) }))
    }

    /// As it is written; with what it inherits, where that is asked for.
    pub(super) fn alone(resolved: Resolved, inherits: bool) -> Option<Self> {
        let own = resolved.parts.into_iter().next()?;
        let inherited = inherits.then_some(own.inherited);
        Some(Self { inherited, ..Self::written(own.content) })
    }

    fn written(mut content: Content) -> Self {
        let declared = std::mem::take(&mut content.variables).into_iter().map(Taken::from).collect();
        Self::of(content, declared)
    }

    fn of(content: Content, variables: Vec<Taken>) -> Self {
        let Said { engine, text, messages, model, .. } = content.into();
        Self { engine, text, messages, variables, model, parts: None, inherited: None }
    }
}

/// A prompt that another is put together from.
#[derive(Debug, Serialize, ToSchema)]
struct Part {
    #[schema(format = Uuid)]
    id: String,
    path: String,
    #[schema(required)]
    version: Option<i64>,
    #[serde(flatten)]
    said: Said,
    /// What the folders around it and the organization give to the variables that it uses.
    inherited: BTreeMap<String, Value>,
}

impl From<render::Part> for Part {
    fn from(part: render::Part) -> Self {
        // Around another prompt there may be more than is anybody's business who fetches this one.
        let used = part.analysis.variables;
        let inherited = part.inherited.into_iter().filter(|(name, _)| used.contains(name)).collect();
        Self {
            id: part.prompt.to_string(),
            path: part.path,
            version: part.version,
            said: part.content.into(),
            inherited,
        }
    }
}
