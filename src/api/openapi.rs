//! The API as a document (`OpenAPI` 3.1): `/api/openapi.json`.
//!
//! Paths, parameters and bodies stand at the handlers. What holds for all of them is added here: who is let in,
//! what may go wrong, and the headers of every answer.

use super::problem::{Code, KIND, Problem};
use crate::key_scope::KeyScope;
use axum::http::Method;
use serde_json::{Map, Value, json};
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Prompt Studio",
        version = "1",
        description = "Services read and write prompts with an API key. A key belongs to one organization.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/api/v1")),
    tags(
        (name = "Prompts", description = "Fetch deployed prompts; render, create and move prompts."),
        (name = "Versions", description = "The versions of a prompt."),
        (name = "Deployments", description = "The version of each prompt that is live in each environment."),
        (name = "Library", description = "Folders, import and export."),
        (name = "Organization", description = "Members, invitations, audit log and usage."),
    ),
    components(schemas(Problem, super::deployed::Changed)),
)]
pub(super) struct Described;

/// Completes the document with what holds for all operations.
pub(super) fn complete(document: &utoipa::openapi::OpenApi) -> Value {
    let mut document = serde_json::to_value(document).unwrap_or_default();
    document["components"]["securitySchemes"] =
        json!({ "key": { "type": "http", "scheme": "bearer", "description": "An API key, `ps_…`." } });
    document["components"]["headers"] = headers();
    document["components"]["responses"] =
        Code::ALL.iter().map(|code| (code.as_str().to_owned(), problem(*code))).collect::<Map<_, _>>().into();
    document["security"] = json!([{ "key": [] }]);
    let Some(paths) = document["paths"].as_object_mut() else { return document };
    let mut aliases = Map::new();
    for (path, item) in paths.iter_mut() {
        let Some(item) = item.as_object_mut() else { continue };
        for (method, operation) in item.iter_mut() {
            let summary = operation["summary"].as_str().unwrap_or_default();
            operation["operationId"] = summary.to_lowercase().replace(' ', "_").into();
            complete_operation(method, operation);
        }
        if !matches!(path.as_str(), "/whoami" | "/events") {
            let mut alias = item.clone();
            alias.values_mut().for_each(name_organization);
            aliases.insert(format!("/organizations/{{organization}}{path}"), alias.into());
        }
    }
    paths.extend(aliases);
    document
}

/// Whether an operation is described, and takes no query.
pub(super) fn has_no_query(method: &Method, path: &str) -> bool {
    let method = if method == Method::HEAD { "get".to_owned() } else { method.as_str().to_lowercase() };
    let operation = &super::document()["paths"][path][method];
    let parameters = operation["parameters"].as_array();
    operation.is_object()
        && !parameters.is_some_and(|all| all.iter().any(|parameter| parameter["in"] == "query"))
}

/// The scope that an operation requires, if it is described.
pub(super) fn scope(method: &Method, path: &str) -> Option<KeyScope> {
    let operation = &super::document()["paths"][path][method.as_str().to_lowercase()];
    operation["x-scope"].as_str().and_then(KeyScope::parse)
}

fn complete_operation(method: &str, operation: &mut Value) {
    for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        forbid_null(&mut parameter["schema"]);
    }
    // What only reads may be sent again and again.
    let is_named =
        method == "post" && !operation["x-scope"].as_str().is_some_and(|scope| scope.starts_with("read:"));
    if is_named {
        let name = json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "schema": { "type": "string", "minLength": 1, "maxLength": 255 },
            "description": "Any value. For 24 hours, the same request with this value is carried out once and gets the same response.",
        });
        add_parameter(operation, name);
    }
    let has_body = operation.get("requestBody").is_some();
    let always = ["X-Request-Id", "Cache-Control"].into_iter().chain(RATE.map(|(name, _)| name));
    let replayed = is_named.then_some("Idempotency-Replayed");
    // Of what is only read, a fetched prompt alone may be too much to be put together.
    let may_be_too_much = method != "get" || operation["operationId"] == "fetch_a_prompt";
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for response in responses.values_mut() {
        for name in always.clone().chain(replayed) {
            // What an operation tells of itself is truer.
            if response["headers"].get(name).is_none() {
                response["headers"][name] = header(name);
            }
        }
    }
    for code in Code::ALL {
        let may_be = match code {
            // The first is no operation's; the second is told of beside another; the third only where there
            // is a condition.
            Code::MethodNotAllowed | Code::IdempotencyMismatch | Code::PreconditionFailed => false,
            Code::TooLarge | Code::UnsupportedMediaType => has_body,
            Code::Conflict => method != "get",
            Code::Unprocessable => may_be_too_much,
            _ => true,
        };
        if may_be {
            let reference = json!({ "$ref": format!("#/components/responses/{}", code.as_str()) });
            responses.insert(code.status().to_string(), reference);
        }
    }
    let has_condition = operation["parameters"]
        .as_array()
        .is_some_and(|all| all.iter().any(|parameter| parameter["name"] == "If-Match"));
    if has_condition {
        operation["responses"]["412"] = json!({ "$ref": "#/components/responses/precondition_failed" });
    }
}

const RATE: [(&str, &str); 3] = [
    ("X-RateLimit-Limit", "Requests allowed per minute. Only sent if the server limits requests."),
    ("X-RateLimit-Remaining", "Requests left in this minute."),
    ("X-RateLimit-Reset", "Seconds until the next minute starts."),
];

/// The headers of answers, by the names they are referred to.
fn headers() -> Value {
    let text = |says: &str| json!({ "description": says, "schema": { "type": "string" } });
    let mut headers = json!({
        "X-Request-Id": text("The ID of the request in the server's log."),
        "Cache-Control": text("`no-store`."),
        "Idempotency-Replayed": text("`true` if the request was already carried out and this is its first response."),
    });
    for (name, says) in RATE {
        headers[name] = json!({ "description": says, "schema": { "type": "integer" } });
    }
    headers
}

/// A header that is described for all.
fn header(name: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{name}") })
}

/// The answer of a kind of problem.
fn problem(code: Code) -> Value {
    let mut headers = json!({});
    for name in ["X-Request-Id", "Cache-Control"].into_iter().chain(RATE.map(|(name, _)| name)) {
        headers[name] = header(name);
    }
    if code == Code::MethodNotAllowed {
        headers["Allow"] = json!({ "description": "The allowed methods.", "schema": { "type": "string" } });
    }
    if code == Code::Unauthenticated {
        headers["WWW-Authenticate"] =
            json!({ "description": "`Bearer …` (RFC 6750).", "schema": { "type": "string" } });
    }
    if matches!(code, Code::RateLimited | Code::Unavailable) {
        headers["Retry-After"] =
            json!({ "description": "Seconds to wait.", "schema": { "type": "integer" } });
    }
    // Two kinds share a status.
    let says = match code {
        Code::Unprocessable => format!("{} Or: {}", code.says(), Code::IdempotencyMismatch.says()),
        _ => code.says().to_owned(),
    };
    json!({
        "description": says,
        "headers": headers,
        "content": { KIND: { "schema": { "$ref": "#/components/schemas/Problem" } } },
    })
}

fn add_parameter(operation: &mut Value, parameter: Value) {
    match operation.get_mut("parameters").and_then(Value::as_array_mut) {
        Some(parameters) => parameters.push(parameter),
        None => operation["parameters"] = json!([parameter]),
    }
}

/// A parameter that is left out is not there; it is not null.
fn forbid_null(schema: &mut Value) {
    if let Some(kinds) = schema.get_mut("type").and_then(Value::as_array_mut) {
        kinds.retain(|kind| kind != "null");
        if let [kind] = &kinds[..] {
            schema["type"] = kind.clone();
        }
    }
}

/// The same operation, of an organization that the path names.
fn name_organization(operation: &mut Value) {
    let name = json!({
        "name": "organization", "in": "path", "required": true, "schema": { "type": "string" },
        "description": "The slug of the key's organization.",
    });
    add_parameter(operation, name);
    if let Some(id) = operation["operationId"].as_str() {
        operation["operationId"] = format!("{id}_of_organization").into();
    }
}
