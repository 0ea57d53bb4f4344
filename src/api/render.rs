//! What a prompt says with values in it.

use super::{
    input::{InPath, Json},
    json_of,
    problem::{ApiError, FieldError},
    prompts::Named,
    service::Service,
    version_selector::{Served, Which, ensure_read, look_up, resolved},
};
use crate::{
    delivery::VERSION,
    prompts::{
        content::{Message, ModelSettings},
        render::{Edge, Problems, Rendered, Resolved, Values, render_for},
    },
    role::ViewContent,
};
use axum::{http::HeaderValue, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What to render, and with which values.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ToRender {
    /// The values of variables and placeholders, by name.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    variables: Values,
    /// The version deployed to this environment, by name or ID. Defaults to `production`.
    environment: Option<String>,
    /// This version, deployed or not.
    #[schema(minimum = 1)]
    version: Option<i64>,
    /// `latest` for the latest version, or the name of an environment.
    label: Option<String>,
}

/// The text or messages to send to a model.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RenderedPrompt)]
struct Made {
    #[schema(format = Uuid)]
    id: String,
    version: i64,
    /// The text of a text prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// The messages of a chat prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<Message>>,
    model: ModelSettings,
    references: Vec<Edge>,
}

/// Render a prompt
///
/// Inserts the values. No model is called.
#[utoipa::path(
    post, path = "/prompts/{prompt}/render", tag = "Prompts", params(Named), request_body = ToRender,
    responses((status = 200, description = "The text or messages to send to a model.", body = Made, headers(
        ("X-Prompt-Version" = i64, description = "The version."),
    ))),
    extensions(("x-scope" = json!("read:prompts"))),
)]
pub(super) async fn render(
    service: Service,
    InPath(named): InPath<Named>,
    Json(asked): Json<ToRender>,
) -> Result<Response, ApiError> {
    service.grant::<ViewContent>()?;
    let ToRender { variables, environment, version, label } = asked;
    let which = Which { environment, version, label, resolve: None };
    let Served { prompt, found, .. } = look_up(&service, &named.prompt, &which).await?;
    let (resolved, _) = resolved(&service, &prompt, &found).await?;
    ensure_read(&resolved)?;
    let (resolved, references) = graph(&service, resolved).await?;
    let model = resolved.parts.first().map(|own| own.content.model.clone());
    let place = (service.scope().server(), service.scope().behalf());
    let made = render_for(place, resolved, variables).await?.map_err(problems)?;
    let (text, messages) = match made {
        Rendered::Text(text) => (Some(text), None),
        Rendered::Chat(messages) => (None, Some(messages)),
    };
    let version = found.number();
    let said = messages.iter().flatten().map(|message| message.content.len()).sum::<usize>();
    let settings = model.as_ref().map_or(0, ModelSettings::bytes);
    let bytes = text.as_ref().map_or(said, String::len) + settings + 200 * references.len();
    let made = Made {
        id: prompt.id.to_string(),
        version,
        text,
        messages,
        model: model.unwrap_or_default(),
        references,
    };
    let mut response = json_of(&service, bytes, move || made).await?;
    response.headers_mut().insert(VERSION, HeaderValue::from(version));
    Ok(response)
}

/// Where all references lead that are followed when a prompt is rendered.
pub(super) async fn graph(service: &Service, resolved: Resolved) -> Result<(Resolved, Vec<Edge>), ApiError> {
    let (scope, bytes) = (service.scope(), resolved.bytes());
    let find = move || {
        let graph = resolved.graph();
        (resolved, graph)
    };
    Ok(scope.server().long_work.run_on(scope.behalf(), bytes, find).await?)
}

fn problems(problems: Problems) -> ApiError {
    let missing = problems.missing.into_iter().map(|name| FieldError {
        message: format!("Missing value: {name}."),
        field: format!("variables.{name}"),
    });
    let others = problems
        .others
        .into_iter()
        .map(|(path, what)| FieldError { field: String::new(), message: format!("{path}: {what}") });
    ApiError::unprocessable(missing.chain(others).collect())
}
