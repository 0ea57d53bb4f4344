//! What a prompt says with values in it.

use super::{
    fetch::{VERSION, Which, find, resolved},
    input::Json,
    json,
    problem::{FieldError, Refusal},
    prompts::Named,
    service::Service,
};
use crate::{
    prompts::{
        content::{Message, ModelSettings},
        render::{Edge, Problems, Rendered, Values, render as render_resolved},
    },
    role::ViewContent,
};
use axum::{extract::Path, http::HeaderValue, response::Response};
use serde::{Deserialize, Serialize};

/// What is to be rendered with which values.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToRender {
    #[serde(default)]
    variables: Values,
    environment: Option<String>,
    version: Option<i64>,
    label: Option<String>,
}

/// What a model is to be sent.
#[derive(Debug, Serialize)]
struct Made {
    id: String,
    version: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<Message>>,
    model: ModelSettings,
    references: Vec<Edge>,
}

/// `POST /prompts/{prompt}/render`.
pub(super) async fn render(
    service: Service,
    Path(named): Path<Named>,
    Json(asked): Json<ToRender>,
) -> Result<Response, Refusal> {
    service.grant::<ViewContent>()?;
    let prompt = service.prompt(&named.prompt).await?;
    let ToRender { variables, environment, version, label } = asked;
    let which = Which { environment, version, label, resolve: None };
    let found = find(&service, &prompt, &which).await?;
    let resolved = resolved(&service, &prompt, &found).await?;
    let (references, model) = (resolved.graph(), resolved.parts.first().map(|own| own.content.model.clone()));
    let made = render_resolved(&resolved, &variables).map_err(problems)?;
    let (text, messages) = match made {
        Rendered::Text(text) => (Some(text), None),
        Rendered::Chat(messages) => (None, Some(messages)),
    };
    let version = found.number();
    let made = Made {
        id: prompt.id.to_string(),
        version,
        text,
        messages,
        model: model.unwrap_or_default(),
        references,
    };
    let mut response = json(&made);
    response.headers_mut().insert(VERSION, HeaderValue::from(version));
    Ok(response)
}

fn problems(problems: Problems) -> Refusal {
    let missing = problems.missing.into_iter().map(|name| FieldError {
        message: format!("{name} needs a value."),
        field: format!("variables.{name}"),
    });
    let others = problems
        .others
        .into_iter()
        .map(|(path, what)| FieldError { field: String::new(), message: format!("{path}: {what}") });
    Refusal::unprocessable(missing.chain(others).collect())
}
