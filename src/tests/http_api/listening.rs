//! How often a key listens, and what it is told again.

use super::{
    Service, TestApp, acme, both_databases,
    events::{SCOPES, Stream, order},
    problem,
};
use crate::{
    error::Error,
    id::PromptId,
    role::EditContent,
    tenancy::{
        Scope, Topic,
        stream_limit::{MOST, MOST_OF_ORG},
    },
    tests::support::eventually,
    time::Span,
};
use axum::{
    body::Body,
    http::{Method, Request, header},
};
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

both_databases!(
    what_happened_shortly_before_is_told_again,
    a_key_listens_so_often_at_once,
    the_keys_of_an_organization_listen_so_often_at_once,
    what_many_streams_tell_is_read_once,
    a_change_under_many_paths_is_told_at_once,
);

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

async fn the_keys_of_an_organization_listen_so_often_at_once(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let other = app.org("Other", &app.somebody("Olga").await).await;
    let key = |n: usize| Uuid::from_u128(n as u128);
    let seats = (0..MOST_OF_ORG).map(|n| app.streams.take_of_key(key(n / MOST), acme.id));
    let mut seats: Vec<_> = seats.collect::<Result<_, _>>().unwrap();
    let refused = app.streams.take_of_key(key(MOST_OF_ORG), acme.id);
    assert!(
        matches!(&refused, Err(Error::TooMany { message, .. }) if message.contains("500")),
        "{refused:?}"
    );
    assert!(app.streams.take_of_key(key(MOST_OF_ORG), other.id).is_ok());
    seats.pop();
    assert!(app.streams.take_of_key(key(MOST_OF_ORG), acme.id).is_ok());
}

async fn what_many_streams_tell_is_read_once(app: TestApp) {
    app.hears().await;
    let (_, acme, stock) = acme(&app).await;
    let (one, two) = (Service::of(&app, &acme, SCOPES).await, Service::of(&app, &acme, SCOPES).await);
    let folders = Some(format!("[\"{}\"]", stock.folder));
    let (_, limited) = acme.has_limited_key("read:prompts", None, folders).await;
    let mut streams = Vec::new();
    for service in [&one, &two] {
        for _ in 0..10 {
            streams.push(Stream::open(service, None).await);
        }
    }
    streams.push(Stream::open(&Service::with(&app, limited.as_str()), None).await);
    let mut read = 0;
    for version in [1, 2] {
        read = app.streams.readings();
        one.post("/deployments", order("Support/Triage", "staging", version)).await.status(201);
        for stream in &mut streams {
            stream.told_of("Support/Triage", version).await;
        }
    }
    // What is told to keys that reach all and to one that does not, and whether each of the three is still good.
    let read = app.streams.readings() - read;
    assert!(read <= 5, "{read} readings for {} streams", streams.len());
}

/// Reads a stream up to an event, which tells only that something changed, and how many it tells of what is deployed.
async fn told_at_once(stream: &mut Stream, newest: &str) -> usize {
    let mut deployed = 0;
    loop {
        let (id, name, _) = stream.next().await;
        match name.as_str() {
            "prompts.changed" if id == newest => return deployed,
            "deployment.changed" => deployed += 1,
            _ => {}
        }
    }
}

async fn a_change_under_many_paths_is_told_at_once(app: TestApp) {
    app.hears().await;
    let (_, acme, stock) = acme(&app).await;
    let scopes = "read:prompts write:prompts read:deployments write:deployments";
    let service = Service::of(&app, &acme, scopes).await;
    let mut users = Vec::new();
    for n in 0..6 {
        let made = service.post("/prompts", json!({ "name": format!("User{n}") })).await.status(201);
        let id: PromptId = super::told(&made)["id"].as_str().unwrap().parse().unwrap();
        let text = json!({ "text": "[[ Tone ]]" });
        service.post(&format!("/prompts/User{n}/versions"), text).await.status(201);
        acme.deployed_at(stock.empty, id, 50).await;
        users.push(id);
    }
    let newest = async || acme.count("SELECT max(seq) FROM events WHERE org_id = $1").await.to_string();
    // All of it together is more than waits for a reader.
    let before = newest().await;
    let mut stream = Stream::open(&service, None).await;
    service.post("/deployments", order("Tone", "staging", 1)).await.status(201);
    let deployed = newest().await;
    let count = told_at_once(&mut stream, &deployed).await;
    assert!((1..100).contains(&count), "{count}");
    // A client that was away comes past it, too, however slowly it reads.
    let mut stream = Stream::open(&service, Some(&before)).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    told_at_once(&mut stream, &deployed).await;
    // And past many such that follow each other.
    let edit = Scope::of_chore(&app, acme.id, "a test").await.unwrap().require::<EditContent>().unwrap();
    let mut change = edit.change().await.unwrap();
    for id in &users {
        change.announce(Topic::Deployments, id.0).await.unwrap();
    }
    // On PostgreSQL it is heard of a little later.
    let mut heard = app.events.subscribe();
    change.commit().await.unwrap();
    while Some(heard.recv().await.unwrap().entity_id) != users.last().map(|last| last.0) {}
    let mut stream = Stream::open(&service, Some(&deployed)).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let count = told_at_once(&mut stream, &newest().await).await;
    assert!((51..=200).contains(&count), "{count}");
}
