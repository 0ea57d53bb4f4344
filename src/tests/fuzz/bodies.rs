//! Bodies of requests to the HTTP API: whatever is sent, the answer is no fault of ours. The first line of an input is
//! the route, the rest the body.

use super::{Stage, org, run, server};
use crate::{
    key_scope::KeyScope,
    tests::support::{Answer, TestApp},
};
use axum::{
    body::Body,
    http::{Method, Request, header},
};

const ROUTES: &[&str] = &[
    "POST /prompts",
    "POST /prompts/batch-order",
    "PATCH /prompts/Tone",
    "PATCH /prompts/Tone/move",
    "POST /prompts/Tone/render",
    "POST /prompts/Tone/versions",
    "POST /folders",
    "PATCH /folders/Support",
    "POST /deployments",
    "POST /deployments/00000000-0000-0000-0000-000000000000/rollback",
    "POST /import",
    "POST /import?dry_run=true",
];

const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "true",
    "\"name\":\"A\"",
    "\"folder\":\"Support\"",
    "\"parent\":\"\"",
    "\"place\":\"last\"",
    "\"before\":\"Tone\"",
    "\"description\":\"x\"",
    "\"tags\":[\"y\"]",
    "\"prompts\":[\"Tone\"]",
    "\"text\":\"{{ x }}\"",
    "\"text\":\"[[ Support/Triage@1 ]]\"",
    "\"message\":\"y\"",
    "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]",
    "\"engine\":\"jinja\"",
    "\"variables\":{\"x\":[1]}",
    "\"variables\":[{\"name\":\"x\"}]",
    "\"model\":{\"temperature\":1}",
    "\"environment\":\"development\"",
    "\"label\":\"latest\"",
    "\"version\":1",
    "\"prompt\":\"Tone\"",
    "\"reason\":\"x\"",
    "\"format\":\"prompt-studio/library/1\"",
    "\"role\":\"placeholder\"",
    "\\u0000",
    "\\ud800",
    "\"default\":",
    "1e300",
    "-0.0",
    "{% for i in x %}",
];

#[test]
fn bodies() {
    let mut stage = Stage::new(async || {
        let app = server().await;
        let acme = org(&app, "Acme").await;
        acme.has_library().await;
        let all: Vec<_> = KeyScope::ALL.iter().map(|scope| scope.code()).collect();
        let (_, key) = acme.has_key(&all.join(" ")).await;
        (app, key)
    });
    run("bodies", WORDS, |input| {
        let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
        let (line, body) = (&input[..end], input.get(end + 1..).unwrap_or_default());
        let sum: usize = line.iter().map(|byte| usize::from(*byte)).sum();
        let named = ROUTES.iter().find(|route| route.as_bytes() == line);
        let route = named.unwrap_or(&ROUTES[sum % ROUTES.len()]);
        let answer = stage.act(async |(app, key)| asks(app, key.as_str(), route, body).await);
        assert!(answer.status < 500, "{route}: {answer}");
        let kind = answer.header("content-type").unwrap_or_default();
        let is_json = kind == "application/json" || kind == "application/problem+json";
        assert!(answer.status == 204 || is_json, "{route}: {answer}");
        assert_eq!(answer.status >= 400, kind == "application/problem+json", "{route}: {answer}");
    });
}

async fn asks(app: &TestApp, key: &str, route: &str, body: &[u8]) -> Answer {
    let (method, path) = route.split_once(' ').unwrap();
    let request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap());
    let request =
        request.uri(format!("/api/v1{path}")).header(header::AUTHORIZATION, format!("Bearer {key}"));
    let request = request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_vec()));
    Answer::read(app.send(request.unwrap()).await).await
}
