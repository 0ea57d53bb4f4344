//! What no service means well: it is refused in the API's own words, and never a fault of ours.

use super::{Answer, Org, Service, TestApp, acme, both_databases, describing::operations, problem, told};
use crate::{
    api::around,
    delivery::Delivery,
    error::Error,
    key_scope::KeyScope,
    tenancy::{Scope, api_key::Key, client::Client},
    tests::support::eventually,
};
use axum::{
    Extension, Router,
    body::{Body, Bytes},
    extract::State,
    http::{Method, Request, StatusCode, header},
    routing::{get, post},
};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::Semaphore;
use tower::ServiceExt;

both_databases!(
    no_parameter_is_a_fault,
    no_text_of_a_body_is_a_fault,
    an_organization_that_is_no_text_is_not_there,
    a_panic_is_a_problem,
    what_takes_too_long_is_ended,
    so_many_requests_of_one_are_answered_at_once,
);

async fn all_powerful(app: &TestApp) -> Service {
    let (_, acme, _) = acme(app).await;
    all_of(app, &acme).await
}

/// A service that may do everything in an organization.
async fn all_of(app: &TestApp, org: &Org) -> Service {
    let all: Vec<_> = KeyScope::ALL.iter().map(|scope| scope.code()).collect();
    Service::of(app, org, &all.join(" ")).await
}

/// A path with a value for one of its parameters, and names of nothing for the others.
fn filled(path: &str, name: &str, value: &str) -> String {
    let path = path.replace(&format!("{{{name}}}"), value);
    [
        ("organization", "acme"),
        ("prompt", "Nowhere"),
        ("folder", "Nowhere"),
        ("deployment", "x"),
        ("number", "1"),
    ]
    .iter()
    .fold(path, |path, (name, value)| path.replace(&format!("{{{name}}}"), value))
}

async fn no_parameter_is_a_fault(app: TestApp) {
    let service = all_powerful(&app).await;
    let json = [("content-type", "application/json")];
    let mut asked = 0;
    for (method, path, operation) in operations().into_iter().filter(|(_, path, _)| path != "/events") {
        let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let (name, place) = (parameter["name"].as_str().unwrap(), parameter["in"].as_str().unwrap());
            for value in ["%00", "a%00b", "%ff", "%C3%28", "AA", "AGE", "_w"] {
                let path = match place {
                    "path" => filled(&path, name, value),
                    "query" => format!("{}?{name}={value}", filled(&path, "", "")),
                    _ => continue,
                };
                let answer = service.send(method.clone(), &path, &json, Body::from("{}")).await;
                let what = format!("{method} {path}");
                assert!(answer.status < 500, "{what}: {answer}");
                if value.contains("%00")
                    || place == "path" && value != "AA" && value != "AGE" && value != "_w"
                {
                    let (status, code) =
                        if place == "path" { (404, "not_found") } else { (400, "invalid_request") };
                    let told = problem(answer, status, code);
                    assert!(place == "path" || told["errors"][0]["field"] == *name, "{what}: {told}");
                }
                asked += 1;
            }
        }
    }
    assert!(asked > 500, "{asked}");
}

/// All values that are like `value` but for one text, which holds a NUL.
fn spoilt(value: &Value) -> Vec<Value> {
    match value {
        Value::String(text) => vec![format!("{text}\0").into()],
        Value::Array(all) => {
            let each = all.iter().enumerate().flat_map(|(n, one)| {
                spoilt(one).into_iter().map(move |spoilt| {
                    let mut all = all.clone();
                    all[n] = spoilt;
                    Value::from(all)
                })
            });
            each.collect()
        }
        Value::Object(fields) => {
            let each = fields.iter().flat_map(|(name, one)| {
                spoilt(one).into_iter().map(move |spoilt| {
                    let mut fields = fields.clone();
                    fields.insert(name.clone(), spoilt);
                    Value::from(fields)
                })
            });
            each.collect()
        }
        _ => Vec::new(),
    }
}

async fn no_text_of_a_body_is_a_fault(app: TestApp) {
    let service = all_powerful(&app).await;
    let variables = json!({ "tone": "kind", "list": ["a", { "b": "c" }] });
    let messages = json!([{ "role": "user", "content": "x" }]);
    let file = told(&service.get("/export").await.status(200));
    let mut asked = 0;
    for (method, path, body) in [
        ("POST", "/prompts", json!({ "name": "A", "folder": "Support", "description": "x", "tags": ["y"] })),
        ("PATCH", "/prompts/Tone", json!({ "name": "A", "description": "x", "tags": ["y"] })),
        ("PATCH", "/prompts/Tone/move", json!({ "folder": "Support", "place": "first" })),
        ("POST", "/prompts/batch-order", json!({ "folder": "Support", "prompts": ["Tone"] })),
        ("POST", "/prompts/Tone/versions", json!({ "text": "x", "message": "y" })),
        ("POST", "/prompts/Tone/versions", json!({ "messages": messages, "variables": [{ "name": "x" }] })),
        ("POST", "/prompts/Tone/render", json!({ "environment": "development", "variables": variables })),
        ("POST", "/prompts/Tone/render", json!({ "label": "latest" })),
        ("POST", "/folders", json!({ "name": "A", "parent": "Support", "variables": variables })),
        (
            "PATCH",
            "/folders/Support",
            json!({ "name": "A", "parent": "", "place": "last", "variables": variables }),
        ),
        (
            "POST",
            "/deployments",
            json!({ "prompt": "Tone", "environment": "staging", "version": 1, "reason": "x" }),
        ),
        ("POST", "/import", file),
    ] {
        for body in spoilt(&body) {
            let json = [("content-type", "application/json")];
            let verb = Method::from_bytes(method.as_bytes()).unwrap();
            let answer = service.send(verb, path, &json, Body::from(body.to_string())).await;
            let told = problem(answer, 400, "invalid_request");
            assert!(told["detail"].as_str().unwrap().contains("NUL"), "{method} {path} {body}: {told}");
            assert_ne!(told["errors"][0]["field"], "", "{method} {path} {body}: {told}");
            asked += 1;
        }
    }
    assert!(asked > 40, "{asked}");
    // What only speaks of it is text like any other.
    service.post("/prompts/Tone/versions", json!({ "text": "Not \\u0000" })).await.status(201);
}

async fn an_organization_that_is_no_text_is_not_there(app: TestApp) {
    let service = all_powerful(&app).await;
    for path in ["environments", "prompts", "members", "folders/Support", "prompts/Tone?version=1"] {
        service.get(&format!("/organizations/acme/{path}")).await.status(200);
        for named in ["%ff", "%00", "acme%00", "acme%ff", "Acme"] {
            problem(service.get(&format!("/organizations/{named}/{path}")).await, 404, "not_found");
        }
    }
    problem(service.get("/prompts/%ff").await, 404, "not_found");
}

/// Routes of a test with what stands around those of the API.
pub(super) async fn asks(app: &TestApp, service: &Service, method: &str, path: &str, body: Body) -> Answer {
    let routes = Router::new()
        .route("/panics", get(async || -> () { panic!("a test") }))
        .route("/reads", post(async |_: Bytes| ()))
        .route("/hangs", get(async || std::future::pending::<()>().await))
        .route("/breaks", post(breaks));
    let routes = around(app.delivery(), routes, Duration::from_millis(1500));
    let request = Request::builder().method(method).uri(path).header("idempotency-key", "one");
    let request = request.header(header::AUTHORIZATION, format!("Bearer {}", service.key));
    Answer::read(routes.oneshot(request.body(body).unwrap()).await.unwrap()).await
}

/// Makes a folder, and fails when that is done.
async fn breaks(
    State(delivery): State<Delivery>,
    Extension(client): Extension<Arc<Client>>,
    Extension(key): Extension<Arc<Key>>,
) -> StatusCode {
    let server = &delivery.server;
    let made = async {
        let scope = Scope::of_key(server, client, key).await?;
        let name = format!("Made {}", server.clock.now().0);
        let name = crate::fields::PathName::parse(&name).unwrap();
        crate::library::folders::create(&scope.require()?, None, &name).await?;
        Ok::<_, Error>(())
    };
    made.await.unwrap();
    StatusCode::INTERNAL_SERVER_ERROR
}

async fn a_panic_is_a_problem(app: TestApp) {
    let service = all_powerful(&app).await;
    let told = problem(asks(&app, &service, "GET", "/panics", Body::empty()).await, 500, "internal");
    assert!(!told.to_string().contains("a test"), "{told}");
}

async fn what_takes_too_long_is_ended(app: TestApp) {
    let service = all_powerful(&app).await;
    problem(asks(&app, &service, "GET", "/hangs", Body::empty()).await, 503, "unavailable");
    // A body that does not end, of a request with a name, too.
    let endless = || Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
    problem(asks(&app, &service, "POST", "/reads", endless()).await, 503, "unavailable");
    assert_eq!(asks(&app, &service, "POST", "/reads", Body::empty()).await.status, 200);
}

async fn so_many_requests_of_one_are_answered_at_once(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let other = app.org("Other", &app.somebody("Ben").await).await;
    let (one, also) = (all_of(&app, &acme).await, all_of(&app, &acme).await);
    let theirs = all_of(&app, &other).await;
    let (gate, begun) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
    let (closed, counts) = (gate.clone(), begun.clone());
    let waits = move || {
        let (closed, counts) = (closed.clone(), counts.clone());
        async move {
            counts.fetch_add(1, Ordering::Relaxed);
            drop(closed.acquire().await);
        }
    };
    let routes = Router::new().route("/waits", get(waits)).route("/quick", get(async || ()));
    let routes = around(app.delivery(), routes, Duration::from_secs(20));
    let asks = |service: &Service, path: &str| {
        let request = Request::builder().uri(path);
        let request = request.header(header::AUTHORIZATION, format!("Bearer {}", service.key));
        tokio::spawn(routes.clone().oneshot(request.body(Body::empty()).unwrap()))
    };
    // With two keys that the same person made.
    let crowd: Vec<_> = (0..20).map(|n| asks(if n % 2 == 0 { &one } else { &also }, "/waits")).collect();
    eventually("the first of them", || async { (begun.load(Ordering::Relaxed) >= 16).then_some(()) }).await;
    for _ in 0..3 {
        assert_eq!(asks(&theirs, "/quick").await.unwrap().unwrap().status(), 200, "others do not wait");
    }
    assert_eq!(begun.load(Ordering::Relaxed), 16);
    gate.add_permits(1);
    for one in crowd {
        assert_eq!(one.await.unwrap().unwrap().status(), 200);
    }
}
