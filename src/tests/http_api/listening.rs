//! How often a key listens, and what it is told again.

use super::{
    Service, TestApp, acme, both_databases,
    events::{SCOPES, Stream, order},
    problem,
};
use crate::{tests::support::eventually, time::Span};
use axum::{
    body::Body,
    http::{Method, Request, header},
};
use serde_json::json;

both_databases!(what_happened_shortly_before_is_told_again, a_key_listens_so_often_at_once);

async fn what_happened_shortly_before_is_told_again(app: TestApp) {
    app.hears().await;
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, SCOPES).await;
    app.clock.advance(Span::minutes(5));
    service.post("/deployments", order("Tone", "staging", 1)).await.status(201);
    app.clock.advance(Span::minutes(5));
    for version in [1, 2] {
        service.post("/deployments", order("Support/Triage", "staging", version)).await.status(201);
    }
    let last = acme.count("SELECT max(seq) FROM events WHERE org_id = $1").await.to_string();
    let mut stream = Stream::open(&service, Some(&last)).await;
    let (id, _, told) = stream.next().await;
    assert_eq!((&told["path"], &told["live"]["staging"]), (&json!("Support/Triage"), &json!(2)));
    assert_eq!(id, last);
}

async fn a_key_listens_so_often_at_once(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:prompts").await;
    let mut open = Vec::new();
    for _ in 0..100 {
        open.push(Stream::open(&service, None).await);
    }
    let answer = service.send(Method::GET, "/events", &[], Body::empty()).await.has("retry-after", "60");
    problem(answer, 429, "rate_limited");
    // Another key may, and so may this one when it has closed some.
    Stream::open(&Service::of(&app, &acme, "read:prompts").await, None).await;
    open.truncate(90);
    eventually("a stream to be closed", || async {
        let request = Request::builder().uri("/api/v1/events");
        let request = request.header(header::AUTHORIZATION, format!("Bearer {}", service.key));
        let status = app.send(request.body(Body::empty()).unwrap()).await.status();
        (status == 200).then_some(())
    })
    .await;
}
