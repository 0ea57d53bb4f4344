//! What a request says of the state that it is for.

use super::{Answer, Service, TestApp, acme, both_databases, problem, told};
use axum::{
    body::Body,
    http::{Method, Request, header},
};
use serde_json::json;

both_databases!(a_version_is_saved_over_those_that_are_named, a_version_is_not_sent_twice);

/// Saves a version with lines of headers, which may be several of one name.
async fn saves(service: &Service, prompt: &str, text: &str, lines: &[(&str, &str)]) -> Answer {
    let path = format!("/api/v1/prompts/{prompt}/versions");
    let mut request = Request::builder().method(Method::POST).uri(path);
    request = request.header(header::AUTHORIZATION, format!("Bearer {}", service.key));
    request = request.header(header::CONTENT_TYPE, "application/json");
    for (name, value) in lines {
        request = request.header(*name, *value);
    }
    let body = Body::from(json!({ "text": text }).to_string());
    Answer::read(service.app.send(request.body(body).unwrap()).await).await
}

async fn a_version_is_saved_over_those_that_are_named(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:prompts write:prompts").await;
    let newest = async || {
        let one = told(&service.get("/prompts/Tone/versions?limit=1").await.status(200));
        format!("\"{}\"", one["data"][0]["hash"].as_str().unwrap())
    };
    let seen = newest().await;
    let (weak, other) = (format!("W/{seen}"), "\"00\"");
    for lines in
        [&[("if-match", other)][..], &[("if-match", &*weak)], &[("if-match", other), ("if-match", &*weak)]]
    {
        problem(saves(&service, "Tone", "Late", lines).await, 412, "precondition_failed");
    }
    for wrong in ["", "00", seen.trim_matches('"'), "\"00\" \"01\"", "*, \"00\""] {
        for name in ["If-Match", "If-None-Match"] {
            let answer = saves(&service, "Tone", "Late", &[(name, wrong)]).await;
            assert_eq!(problem(answer, 400, "invalid_request")["errors"][0]["field"], *name, "{wrong}");
        }
    }
    saves(&service, "Tone", "One", &[("if-match", other), ("if-match", &*seen)]).await.status(201);
    let list = format!("{weak}, {other} , {}", newest().await);
    saves(&service, "Tone", "Two", &[("if-match", &*list)]).await.status(201);
    saves(&service, "Tone", "Three", &[("if-match", "*")]).await.status(201);
    // Only the first.
    problem(saves(&service, "Tone", "Four", &[("if-none-match", "*")]).await, 412, "precondition_failed");
    service.post("/prompts", json!({ "name": "Fresh" })).await.status(201);
    let none = saves(&service, "Fresh", "One", &[("if-match", "*")]).await;
    assert_eq!(problem(none, 412, "precondition_failed")["detail"], "The prompt has no version yet.");
    saves(&service, "Fresh", "One", &[("if-none-match", "*")]).await.status(201);
    problem(saves(&service, "Fresh", "Two", &[("if-none-match", "*")]).await, 412, "precondition_failed");
}

async fn a_version_is_not_sent_twice(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:prompts").await;
    let by_id = format!("/prompts/{}/versions/1", stock.live);
    for (path, lasting) in
        [(&*by_id, "private, max-age=31536000, immutable"), ("/prompts/Tone/versions/1", "private, no-cache")]
    {
        let first = service.get(path).await.status(200).has("cache-control", lasting);
        let tag = first.header("etag").unwrap().to_owned();
        assert_eq!(tag, format!("\"{}\"", told(&first)["hash"].as_str().unwrap()));
        for known in [&*tag, &format!("\"x\", W/{tag}"), "*"] {
            let again = service.send(Method::GET, path, &[("if-none-match", known)], Body::empty()).await;
            let again = again.status(304).has("cache-control", lasting).has("etag", &tag);
            assert_eq!(again.body, "");
        }
        service.send(Method::GET, path, &[("if-none-match", "\"x\"")], Body::empty()).await.status(200);
    }
    let unknown = [("if-none-match", "*")];
    let gone = service.send(Method::GET, "/prompts/Tone/versions/9", &unknown, Body::empty()).await;
    problem(gone, 404, "not_found");
}
