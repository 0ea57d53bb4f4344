use super::{Answer, Service, TestApp, acme, both_databases, hardening::asks, problem, told};
use crate::{
    api::forget_old,
    error::Error,
    fields::PathName,
    library::folders,
    tenancy::{Scope, client::Client},
    tests::support::{cut_off, eventually},
    time::Span,
};
use axum::{body::Body, http::Method};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::sync::Arc;

both_databases!(
    the_same_request_is_carried_out_once,
    it_is_answered_with_the_same_headers,
    as_much_may_be_sent_as_without_a_name,
    another_request_under_the_name_is_refused,
    of_many_at_once_one_is_carried_out,
    it_is_carried_out_once_though_nobody_waits_for_it,
    a_name_is_the_key_s_own_for_a_day,
    what_was_refused_may_be_sent_again,
    what_was_done_is_not_done_again_though_its_answer_is_lost,
    what_was_done_is_not_done_again_though_it_failed_afterwards,
    what_is_overtaken_does_nothing,
    of_what_only_reads_nothing_is_kept,
    so_many_are_kept_and_no_more,
);

async fn send(service: &Service, path: &str, name: &str, body: Value) -> Answer {
    let headers = [("content-type", "application/json"), ("idempotency-key", name)];
    service.send(Method::POST, path, &headers, Body::from(body.to_string())).await
}

fn new(name: &str) -> Value {
    json!({ "name": name })
}

async fn the_same_request_is_carried_out_once(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:prompts write:prompts").await;
    let first = send(&service, "/prompts", "one", new("Fresh")).await.status(201);
    assert_eq!(first.header("idempotency-replayed"), None);
    let again = send(&service, "/prompts", "one", new("Fresh")).await.status(201);
    assert_eq!(again.body, first.body);
    let again = again.has("idempotency-replayed", "true").has("content-type", "application/json");
    assert_ne!(again.header("x-request-id"), first.header("x-request-id"));
    // Without the name it is another request.
    problem(service.post("/prompts", new("Fresh")).await, 422, "unprocessable");
    for name in ["", &"x".repeat(256)] {
        problem(send(&service, "/prompts", name, new("Other")).await, 400, "invalid_request");
    }
}

async fn it_is_answered_with_the_same_headers(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:prompts write:prompts").await;
    let twice = async |path: &str, body: Value, headers: &[&str]| {
        let first = send(&service, path, path, body.clone()).await;
        let again = send(&service, path, path, body).await.has("idempotency-replayed", "true");
        assert_eq!((again.status, &again.body), (first.status, &first.body));
        for name in headers {
            assert!(first.header(name).is_some(), "{path}: {name}");
        }
        for name in ["content-type", "etag"] {
            assert_eq!(again.header(name), first.header(name), "{path}: {name}");
        }
    };
    twice("/prompts/Tone/versions", json!({ "text": "Said" }), &["content-type", "etag"]).await;
    twice("/prompts/batch-order", json!({ "prompts": ["Tone"] }), &[]).await;
}

async fn as_much_may_be_sent_as_without_a_name(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:prompts write:prompts").await;
    let mut file = told(&service.get("/export").await.status(200));
    // The file as it is, with the room that people leave in files.
    let wide = |file: &Value, mib: usize| format!("{file}{}", " ".repeat(mib * 1024 * 1024));
    file["prompts"][0]["description"] = "From a file".into();
    let import = async |mib, name: &str| {
        let headers = [("content-type", "application/json"), ("idempotency-key", name)];
        service.send(Method::POST, "/import", &headers, Body::from(wide(&file, mib))).await
    };
    import(7, "seven").await.status(200);
    import(7, "seven").await.status(200).has("idempotency-replayed", "true");
    problem(import(8, "eight").await, 413, "too_large");
    let headers = [("content-type", "application/json"), ("idempotency-key", "prompt")];
    let large = Body::from(wide(&new("Fresh"), 1));
    problem(service.send(Method::POST, "/prompts", &headers, large).await, 413, "too_large");
    assert_eq!(app.rows("idempotent_requests", "1 = 1").await.len(), 1);
}

async fn another_request_under_the_name_is_refused(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:prompts write:prompts").await;
    send(&service, "/prompts", "one", new("Fresh")).await.status(201);
    problem(send(&service, "/prompts", "one", new("Other")).await, 422, "idempotency_mismatch");
    problem(send(&service, "/folders", "one", new("Fresh")).await, 422, "idempotency_mismatch");
    assert_eq!(acme.count("SELECT count(*) FROM prompts WHERE org_id = $1 AND name = 'Other'").await, 0);
}

async fn of_many_at_once_one_is_carried_out(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:prompts write:prompts").await;
    for n in 0..10 {
        let (name, text) = (format!("race {n}"), json!({ "text": format!("Said {n}") }));
        let all = (0..5).map(|_| send(&service, "/prompts/Tone/versions", &name, text.clone()));
        for answer in join_all(all).await {
            assert!([201, 409].contains(&answer.status), "{answer}");
        }
        let kept = send(&service, "/prompts/Tone/versions", &name, text).await.status(201);
        assert_eq!(told(&kept)["version"], n + 2);
    }
}

async fn it_is_carried_out_once_though_nobody_waits_for_it(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "write:prompts").await;
    let mut replayed = 0;
    for polls in 1..=60 {
        let name = format!("Cut {polls}");
        cut_off(send(&service, "/folders", &name, new(&name)), polls).await;
        let again = eventually("the request to be carried out", || async {
            let again = send(&service, "/folders", &name, new(&name)).await;
            (again.status != 409).then_some(again)
        });
        let again = again.await.status(201);
        replayed += usize::from(again.header("idempotency-replayed").is_some());
    }
    assert!((1..=60).contains(&replayed), "{replayed} were replayed");
    let made = acme.count("SELECT count(*) FROM folders WHERE org_id = $1 AND name LIKE 'Cut %'").await;
    assert_eq!(made, 60);
}

async fn a_name_is_the_key_s_own_for_a_day(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let one = Service::of(&app, &acme, "write:prompts").await;
    let other = Service::of(&app, &acme, "write:prompts").await;
    send(&one, "/prompts", "same", new("A")).await.status(201);
    send(&other, "/prompts", "same", new("B")).await.status(201);
    app.clock.advance(Span::hours(24));
    problem(send(&one, "/prompts", "same", new("A")).await, 422, "unprocessable");
    send(&one, "/prompts", "same", new("C")).await.status(201);
    app.clock.advance(Span::hours(24));
    forget_old(&app).await.unwrap();
    assert!(app.rows("idempotent_requests", "1 = 1").await.is_empty());
}

async fn what_was_refused_may_be_sent_again(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "write:prompts").await;
    problem(send(&service, "/prompts", "one", new("")).await, 422, "unprocessable");
    send(&service, "/prompts", "one", new("Fresh")).await.status(201);
    problem(send(&Service::with(&app, "x"), "/prompts", "one", new("Fresh")).await, 401, "unauthenticated");
    assert_eq!(app.rows("idempotent_requests", "1 = 1").await.len(), 1);
}

async fn what_was_done_is_not_done_again_though_its_answer_is_lost(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "write:prompts").await;
    let first = send(&service, "/folders", "one", new("Made")).await.status(201);
    assert_eq!(told(&first)["path"], "Made");
    // The process ended between the two.
    app.execute("UPDATE idempotent_requests SET status = NULL, headers = NULL, body = NULL").await;
    app.execute("UPDATE folders SET name = 'Other', path = 'Other' WHERE name = 'Made'").await;
    let again = problem(send(&service, "/folders", "one", new("Made")).await, 409, "conflict");
    assert!(again["detail"].as_str().unwrap().contains("is still in progress"), "{again}");
    app.clock.advance(Span::minutes(2));
    let again = problem(send(&service, "/folders", "one", new("Made")).await, 409, "conflict");
    assert!(again["detail"].as_str().unwrap().contains("its response was lost"), "{again}");
    problem(send(&service, "/folders", "one", new("Else")).await, 422, "idempotency_mismatch");
    assert_eq!(acme.count("SELECT count(*) FROM folders WHERE org_id = $1 AND name = 'Made'").await, 0);
    app.clock.advance(Span::hours(24));
    send(&service, "/folders", "one", new("Made")).await.status(201);
    // What had done nothing when it was cut off may be sent again.
    app.execute("UPDATE idempotent_requests SET status = NULL, body = NULL, carried_out = 0").await;
    app.clock.advance(Span::minutes(2));
    problem(send(&service, "/folders", "one", new("Made")).await, 422, "unprocessable");
}

async fn what_was_done_is_not_done_again_though_it_failed_afterwards(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "write:prompts").await;
    let made = "SELECT count(*) FROM folders WHERE org_id = $1 AND name LIKE 'Made%'";
    for _ in 0..2 {
        assert_eq!(asks(&app, &service, "POST", "/breaks", Body::empty()).await.status, 500);
        let again = problem(asks(&app, &service, "POST", "/breaks", Body::empty()).await, 409, "conflict");
        assert!(again["detail"].as_str().unwrap().contains("its response was lost"), "{again}");
        app.clock.advance(Span::hours(25));
    }
    assert_eq!(acme.count(made).await, 2);
}

async fn what_is_overtaken_does_nothing(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let (_, key) = acme.has_key("write:prompts").await;
    let key = app.shown(key.as_str()).await.unwrap();
    // It began, and another one has begun under its name since.
    let named = Some(("one".to_owned(), app.clock.now()));
    let client = Arc::new(Client { named, ..Client::default() });
    send(&Service::of(&app, &acme, "write:prompts").await, "/folders", "one", new("Other")).await.status(201);
    let scope = Scope::of_key(&app, client, key).await.unwrap();
    let made = folders::create(&scope.require().unwrap(), None, &PathName::parse("Made").unwrap()).await;
    assert!(matches!(made, Err(Error::Conflict { .. })), "{made:?}");
    assert_eq!(acme.count("SELECT count(*) FROM folders WHERE org_id = $1 AND name = 'Made'").await, 0);
}

async fn of_what_only_reads_nothing_is_kept(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:prompts write:prompts").await;
    let file = told(&service.get("/export").await.status(200));
    for _ in 0..2 {
        for (path, body) in [
            ("/prompts/Tone/render", json!({ "version": 1, "variables": { "tone": "kind" } })),
            (
                "/organizations/acme/prompts/Tone/render",
                json!({ "version": 1, "variables": { "tone": "dry" } }),
            ),
            ("/import?dry_run=true", file.clone()),
        ] {
            let answer = send(&service, path, path, body).await.status(200);
            assert_eq!(answer.header("idempotency-replayed"), None);
        }
    }
    assert!(app.rows("idempotent_requests", "1 = 1").await.is_empty());
}

async fn so_many_are_kept_and_no_more(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "write:prompts").await;
    send(&service, "/folders", "one", new("A")).await.status(201);
    let others = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
        INSERT INTO idempotent_requests (org_id, key_id, name, request_hash, created_at)
        SELECT org_id, key_id, 'n' || i, request_hash, created_at FROM n, idempotent_requests";
    assert_eq!(app.execute(others).await, 9999);
    app.clock.advance(Span::hours(1));
    let refused = send(&service, "/folders", "two", new("B")).await;
    let after = refused.header("retry-after").unwrap().parse::<i64>().unwrap();
    assert!((80_000..=23 * 3600 + 1).contains(&after), "{after}");
    problem(refused, 429, "rate_limited");
    // Without a name, under one that is there, and with another key it is as before.
    service.post("/folders", new("B")).await.status(201);
    send(&service, "/folders", "one", new("A")).await.status(201).has("idempotency-replayed", "true");
    let other = Service::of(&app, &acme, "write:prompts").await;
    send(&other, "/folders", "two", new("C")).await.status(201);
    app.clock.advance(Span::hours(23));
    send(&service, "/folders", "two", new("D")).await.status(201);
}
