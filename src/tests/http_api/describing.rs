use super::{Answer, Service, TestApp, acme, both_databases, door::ROUTES};
use crate::{api::document, key_scope::KeyScope, tenancy::audit::Action};
use axum::{body::Body, http::Method};
use serde_json::{Value, json};
use std::collections::BTreeSet;

both_databases!(
    the_document_is_there_for_all,
    every_header_that_is_sent_is_described,
    the_page_tells_of_everything,
);

pub(super) fn operations() -> Vec<(String, String, &'static Value)> {
    let paths = document()["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(move |(method, operation)| (method.clone(), path.clone(), operation))
    });
    all.collect()
}

/// A path of the API as the document has it.
fn templated(path: &str) -> String {
    let path = path.split('?').next().unwrap();
    let mut parts: Vec<_> = path.split('/').map(ToOwned::to_owned).collect();
    if parts.len() > 2 && parts[2] != "batch-order" {
        parts[2] = format!("{{{}}}", parts[1].trim_end_matches('s'));
    }
    if parts.len() > 4 {
        parts[4] = "{number}".into();
    }
    parts.join("/")
}

#[test]
fn the_document_has_all_routes_and_no_others() {
    let tried: BTreeSet<_> =
        ROUTES.iter().map(|(method, path)| (method.to_lowercase(), templated(path))).collect();
    let own = |path: &String| !path.starts_with("/organizations/");
    let told: BTreeSet<_> = operations()
        .into_iter()
        .filter(|(_, path, _)| own(path))
        .map(|(method, path, _)| (method, path))
        .collect();
    assert_eq!(tried, told, "ROUTES in door.rs and the document tell of the same");
    for (method, path) in &told {
        let twice = format!("/organizations/{{organization}}{path}");
        let is_there = operations().iter().any(|(other, at, _)| other == method && *at == twice);
        assert_eq!(is_there, !["/whoami", "/events"].contains(&path.as_str()), "{twice}");
    }
}

#[test]
fn every_operation_is_described_to_the_end() {
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations() {
        let what = format!("{method} {path}");
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{what}: its id is taken");
        for text in ["summary", "description"] {
            assert!(operation[text].as_str().is_some_and(|text| !text.is_empty()), "{what}: {text}");
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let says = parameter["description"].as_str();
            assert!(says.is_some_and(|says| !says.is_empty()), "{what}: {parameter}");
        }
        let answers = operation["responses"].as_object().unwrap();
        for status in ["400", "401", "403", "404", "429", "500", "503"] {
            assert!(answers.contains_key(status), "{what}: {status}");
        }
        for name in path.split(['{', '}']).skip(1).step_by(2) {
            let all = operation["parameters"].as_array().unwrap();
            assert!(all.iter().any(|one| one["name"] == name && one["in"] == "path"), "{what}: {name}");
        }
        assert_eq!(operation.get("x-scope").is_none(), path == "/whoami", "{what}: its scope");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn look(value: &Value) {
        match value {
            Value::Object(fields) => {
                if let Some(to) = fields.get("$ref").and_then(Value::as_str) {
                    assert!(document().pointer(to.trim_start_matches('#')).is_some(), "{to}");
                }
                assert!(fields.get("type") != Some(&Value::Null), "{value}");
                fields.values().for_each(look);
            }
            Value::Array(all) => all.iter().for_each(look),
            _ => {}
        }
    }
    look(document());
}

#[test]
fn what_can_be_chosen_is_what_there_is() {
    let told = |name: &str| document()["components"]["schemas"][name]["enum"].clone();
    let scopes: Vec<_> = KeyScope::ALL.iter().map(|scope| scope.code()).collect();
    assert_eq!(told("KeyScope"), json!(scopes));
    let acts: Vec<_> = Action::ALL.iter().map(|act| act.code()).collect();
    assert_eq!(told("AuditAction"), json!(acts));
}

async fn the_document_is_there_for_all(app: TestApp) {
    let answer =
        app.browser().get("/api/openapi.json").await.status(200).has("content-type", "application/json");
    let told: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(told["openapi"], "3.1.0");
    assert_eq!(told, *document());
}

/// What every answer of the studio carries, whatever it is.
const SECURE: [&str; 9] = [
    "content-length",
    "content-security-policy",
    "content-type",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "referrer-policy",
    "x-content-type-options",
    "x-frame-options",
];

/// Claims that an answer has the headers that are told of it, and no others.
#[track_caller]
fn has_what_is_described(method: &str, path: &str, answer: &Answer) {
    let answers = &document()["paths"][templated(path)][method.to_lowercase()]["responses"];
    let mut told = &answers[answer.status.to_string()];
    if let Some(elsewhere) = told["$ref"].as_str() {
        told = document().pointer(elsewhere.trim_start_matches('#')).unwrap();
    }
    let told: BTreeSet<_> =
        told["headers"].as_object().unwrap().keys().map(|name| name.to_lowercase()).collect();
    let sent: BTreeSet<_> = answer.headers.keys().map(|name| name.as_str().to_owned()).collect();
    let sent: BTreeSet<_> = sent.into_iter().filter(|name| !SECURE.contains(&name.as_str())).collect();
    assert_eq!(
        sent.difference(&told).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "{method} {path}: {answer}"
    );
    // Those that are there only at times.
    let not_always = |name: &String| {
        name.starts_with("x-ratelimit")
            || ["idempotency-replayed", "content-encoding", "link"].contains(&name.as_str())
    };
    let missing: Vec<_> = told.difference(&sent).filter(|name| !not_always(name)).collect();
    assert_eq!(missing, Vec::<&String>::new(), "{method} {path}: {answer}");
}

/// Claims that what is null in an answer is told to be there always.
#[track_caller]
fn what_is_null_is_required(value: &Value, schema: &Value, what: &str) {
    if let Some(to) = schema["$ref"].as_str() {
        let schema = document().pointer(to.trim_start_matches('#')).unwrap();
        return what_is_null_is_required(value, schema, what);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        what_is_null_is_required(value, part, what);
    }
    for one in value.as_array().into_iter().flatten() {
        what_is_null_is_required(one, &schema["items"], what);
    }
    for (name, one) in value.as_object().into_iter().flatten() {
        let Some(field) = schema["properties"].get(name) else { continue };
        let required = schema["required"].as_array();
        let is_required = required.is_some_and(|all| all.contains(&Value::from(name.as_str())));
        assert!(is_required || !one.is_null(), "{what}: {name}");
        what_is_null_is_required(one, field, what);
    }
}

async fn every_header_that_is_sent_is_described(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let all =
        "read:prompts write:prompts delete:prompts read:deployments write:deployments read:usage read:audit";
    let service = Service::of(&app, &acme, all).await;
    let ask = async |(method, path): (&str, &str), headers: &[(&str, &str)], body: &str| {
        let headers = [&[("content-type", "application/json")], headers].concat();
        let named = Method::from_bytes(method.as_bytes()).unwrap();
        let answer = service.send(named, path, &headers, Body::from(body.to_owned())).await;
        has_what_is_described(method, path, &answer);
        let schema = &document()["paths"][templated(path)][method.to_lowercase()]["responses"];
        let schema = &schema[answer.status.to_string()]["content"]["application/json"]["schema"];
        let value = serde_json::from_str(&answer.body).unwrap_or_default();
        // The shapes of the log are its own, and shared with its export.
        if path != "/audit-log" {
            what_is_null_is_required(&value, schema, &format!("{method} {path}"));
        }
        answer
    };
    // Each as it is, which is refused where it needs more.
    for route in ROUTES.iter().filter(|(method, path)| *method != "DELETE" && *path != "/events") {
        ask(*route, &[], "").await;
    }
    let long = format!("{{\"text\":\"{}\"}}", "Say it again. ".repeat(200));
    let versions = ("POST", "/prompts/Tone/versions");
    ask(versions, &[("idempotency-key", "one")], &long).await.status(201);
    ask(versions, &[("idempotency-key", "one")], &long).await.status(201).has("idempotency-replayed", "true");
    ask(versions, &[("if-match", "\"x\"")], &long).await.status(412);
    ask(versions, &[], &"x".repeat(1024 * 1024 + 1)).await.status(413);
    let newest = ("GET", "/prompts/Tone?label=latest");
    let packed =
        ask(newest, &[("accept-encoding", "br")], "").await.status(200).has("content-encoding", "br");
    ask(newest, &[("if-none-match", packed.header("etag").unwrap())], "").await.status(304);
    let render = ("POST", "/prompts/Tone/render");
    ask(render, &[], "{\"version\":1,\"variables\":{\"tone\":\"kind\"}}").await.status(200);
    let stranger = Service::with(&app, "x").get("/whoami").await.status(401);
    has_what_is_described("GET", "/whoami", &stranger);
}

async fn the_page_tells_of_everything(app: TestApp) {
    let page = app.browser().get("/api/docs").await.status(200).body;
    for (_, path, operation) in operations() {
        if !path.starts_with("/organizations/") {
            assert!(
                page.contains(&format!("id=\"{}\"", operation["operationId"].as_str().unwrap())),
                "{path}"
            );
        }
    }
    // What it links to on itself is there.
    for link in page.split("href=\"#").skip(1) {
        let id = link.split('"').next().unwrap();
        assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
    }
    assert!(!page.contains("<script src=\"http"), "nothing comes from elsewhere");
}
