use super::{Service, TestApp, acme, both_databases, problem};
use crate::{
    deployments::{
        deploy::deploy,
        model::{self as deployments, DeployCommand},
    },
    tenancy::Scope,
    tests::api_keys::key,
    time::Span,
};
use axum::{
    body::{Body, BodyDataStream},
    http::{Method, Request, header},
};
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::time::Duration;

both_databases!(
    what_is_deployed_is_told,
    what_is_put_together_of_it_is_told_too,
    what_folders_hand_down_is_told,
    a_key_hears_only_what_it_reaches,
    whoever_listens_for_the_path_of_then_hears_of_it,
    what_was_missed_is_told_first,
    whoever_was_away_for_long_begins_anew,
    what_becomes_of_environments_is_told,
    a_revoked_key_hears_no_more,
    a_key_that_runs_out_hears_no_more,
    a_quiet_stream_ends_with_its_key,
    a_secret_that_was_replaced_hears_no_more,
    only_who_may_read_prompts_may_listen,
);

/// Long enough, on a machine with much else to do, for what takes some milliseconds.
const SOON: Duration = Duration::from_secs(10);
pub(super) const SCOPES: &str = "read:prompts read:deployments write:deployments";

/// An open stream.
pub(super) struct Stream {
    body: BodyDataStream,
    heard: String,
}

/// An event: its id, its name, and what it tells.
pub(super) type Told = (String, String, Value);

impl Stream {
    pub(super) async fn open(service: &Service, last: Option<&str>) -> Self {
        let mut request = Request::builder().method(Method::GET).uri("/api/v1/events");
        request = request.header(header::AUTHORIZATION, format!("Bearer {}", service.key));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = service.app.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-cache");
        let mut stream = Self { body: response.into_body().into_data_stream(), heard: String::new() };
        assert_eq!(stream.block().await.as_deref(), Some(": open"));
        stream
    }

    /// The next block of the stream; none at its end.
    async fn block(&mut self) -> Option<String> {
        let read = async {
            loop {
                if let Some((block, rest)) = self.heard.split_once("\n\n") {
                    let block = block.to_owned();
                    self.heard = rest.to_owned();
                    return Some(block);
                }
                let chunk = self.body.next().await?;
                self.heard += std::str::from_utf8(&chunk.unwrap()).unwrap();
            }
        };
        tokio::time::timeout(SOON, read).await.expect("something is heard in time")
    }

    pub(super) async fn next(&mut self) -> Told {
        let block = self.block().await.expect("the stream goes on");
        let line = |name: &str| {
            let found = block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            found.map(|value| value.trim_start().to_owned()).unwrap_or_default()
        };
        (line("id"), line("event"), serde_json::from_str(&line("data")).unwrap_or(Value::Null))
    }
}

impl Stream {
    /// The next event that tells of a prompt that a version of it is live in staging. On PostgreSQL what was
    /// done to set the stage may still be told, and with it again of those that refer to it.
    pub(super) async fn told_of(&mut self, path: &str, version: i64) -> (String, Value) {
        loop {
            let (id, name, told) = self.next().await;
            if name == "deployment.changed" && told["path"] == path && told["live"]["staging"] == version {
                return (id, told);
            }
        }
    }
}

pub(super) fn order(prompt: &str, environment: &str, version: i64) -> Value {
    json!({ "prompt": prompt, "environment": environment, "version": version })
}

async fn what_is_deployed_is_told(app: TestApp) {
    app.hears().await;
    let (_, acme, stock) = acme(&app).await;
    let service = Service::of(&app, &acme, SCOPES).await;
    let mut stream = Stream::open(&service, None).await;
    service.post("/deployments", order("Support/Triage", "staging", 2)).await.status(201);
    let (id, told) = stream.told_of("Support/Triage", 2).await;
    assert!(id.parse::<i64>().is_ok(), "{id}");
    let live = json!({ "development": null, "staging": 2, "production": null });
    assert_eq!(told, json!({ "prompt": stock.prompt.to_string(), "path": "Support/Triage", "live": live }));
    // Who fetches then has what was told of.
    let fetched = service.get("/prompts/Support%2FTriage?environment=staging").await.status(200);
    assert_eq!(super::told(&fetched)["version"], 2);
    // What happens in another organization is not heard.
    let other = app.org("Other", &app.somebody("Olga").await).await;
    other.has_library().await;
    service.post("/deployments", order("Support/Triage", "staging", 1)).await.status(201);
    stream.told_of("Support/Triage", 1).await;
}

async fn what_is_put_together_of_it_is_told_too(app: TestApp) {
    app.hears().await;
    let (_, acme, stock) = acme(&app).await;
    let service = Service::of(&app, &acme, SCOPES).await;
    service.post("/deployments", order("Support/Triage", "staging", 1)).await.status(201);
    let folders = Some(format!("[\"{}\"]", stock.folder));
    let (_, limited) = acme.has_limited_key("read:prompts", None, folders).await;
    let mut stream = Stream::open(&service, None).await;
    let mut limited = Stream::open(&Service::with(&app, limited.as_str()), None).await;
    service.post("/deployments", order("Tone", "staging", 1)).await.status(201);
    // What waits to be told on PostgreSQL has another id.
    let newest = acme.count("SELECT max(seq) FROM events WHERE org_id = $1").await.to_string();
    // Only the last of what came of it has its id: a client that is cut off before is told all of it again.
    let (mut tone, mut triage) = (None, String::new());
    while triage != newest {
        let (id, _, told) = stream.next().await;
        match told["path"].as_str() {
            Some("Tone") if told["live"]["staging"] == 1 => tone = Some(id),
            Some("Support/Triage") => triage = id,
            _ => {}
        }
    }
    assert_eq!(tone.as_deref(), Some(""));
    // A key that does not reach what was deployed hears of what it does reach.
    while limited.told_of("Support/Triage", 1).await.0 != newest {}
}

async fn what_folders_hand_down_is_told(app: TestApp) {
    app.hears().await;
    let (ana, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, SCOPES).await;
    let mut stream = Stream::open(&service, None).await;
    service.post("/deployments", order("Tone", "staging", 1)).await.status(201);
    let (seen, _) = stream.told_of("Tone", 1).await;
    let variables = [("org", "acme"), ("folder", ""), ("name-0", "tone"), ("value-0", "brief")];
    ana.call("/api/variables/set", &variables).await.status(200);
    for mut stream in [stream, Stream::open(&service, Some(&seen)).await] {
        while stream.next().await.1 != "prompts.changed" {}
    }
    let by_version = super::told(&service.get("/prompts/Tone?version=1").await.status(200));
    assert_eq!(by_version["variables"][0]["default"], "brief");
    let deployed = super::told(&service.get("/prompts/Tone?environment=staging").await.status(200));
    assert_eq!(deployed["variables"][0].get("default"), None, "what is live keeps what it inherited");
}

async fn a_key_hears_only_what_it_reaches(app: TestApp) {
    app.hears().await;
    let (_, acme, stock) = acme(&app).await;
    let all = Service::of(&app, &acme, SCOPES).await;
    let folders = Some(format!("[\"{}\"]", stock.folder));
    let environments = Some(format!("[\"{}\"]", stock.empty));
    let (_, key) = acme.has_limited_key("read:prompts", environments, folders).await;
    let mut stream = Stream::open(&Service::with(&app, key.as_str()), None).await;
    all.post("/deployments", order("Tone", "staging", 1)).await.status(201);
    all.post("/deployments", order("Support/Triage", "staging", 1)).await.status(201);
    let told = loop {
        let (_, name, told) = stream.next().await;
        if name == "deployment.changed" {
            break told;
        }
    };
    assert_eq!((&told["path"], &told["live"]), (&json!("Support/Triage"), &json!({ "staging": 1 })));
}

async fn whoever_listens_for_the_path_of_then_hears_of_it(app: TestApp) {
    app.hears().await;
    let (ana, acme, stock) = acme(&app).await;
    app.execute("UPDATE environments SET approvals = 1, others = 0 WHERE name = 'staging'").await;
    let scope = Scope::of_chore(&app, acme.id, "a test").await.unwrap();
    let deploys = async |version: i64| {
        let order = DeployCommand {
            environment: stock.empty,
            prompt: stock.prompt,
            kind: deployments::Kind::Deploy,
            version: Some(version),
            reason: String::new(),
            seen: version - 1,
        };
        deploy(&scope.clone().require().unwrap(), &order).await.unwrap();
    };
    deploys(1).await;
    let moved = [("org", "acme"), ("prompt", &*stock.prompt.to_string()), ("folder", "")];
    ana.call("/api/prompts/move", &moved).await.status(200);
    let service = Service::of(&app, &acme, SCOPES).await;
    service.get("/prompts/Triage?environment=staging").await.status(404);
    let mut stream = Stream::open(&service, None).await;
    deploys(2).await;
    stream.told_of("Support/Triage", 2).await;
    stream.told_of("Triage", 2).await;
}

async fn what_was_missed_is_told_first(app: TestApp) {
    app.hears().await;
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, SCOPES).await;
    let mut stream = Stream::open(&service, None).await;
    service.post("/deployments", order("Tone", "staging", 1)).await.status(201);
    let (seen, _) = stream.told_of("Tone", 1).await;
    drop(stream);
    service.post("/deployments", order("Support/Triage", "staging", 1)).await.status(201);
    let mut stream = Stream::open(&service, Some(&seen)).await;
    // It is told with what it refers to, too, which was heard of before.
    let seen = seen.parse::<i64>().unwrap();
    while stream.told_of("Support/Triage", 1).await.0.parse::<i64>().is_ok_and(|next| next <= seen) {}
}

async fn whoever_was_away_for_long_begins_anew(app: TestApp) {
    app.hears().await;
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, SCOPES).await;
    for (n, unknown) in (1..).zip(["1", "999999999999", "-1"]) {
        let mut stream = Stream::open(&service, Some(unknown)).await;
        let (id, name, _) = stream.next().await;
        assert_eq!(name, "reset", "{unknown}");
        // From there it goes on.
        let order = order("Support/Triage", "staging", 1 + n % 2);
        service.post("/deployments", order).await.status(201);
        let mut again = Stream::open(&service, Some(&id)).await;
        again.told_of("Support/Triage", 1 + n % 2).await;
    }
    for wrong in ["x", "1.5", "99999999999999999999"] {
        let headers = [("last-event-id", wrong)];
        let answer = service.send(Method::GET, "/events", &headers, Body::empty()).await;
        problem(answer, 400, "invalid_request");
    }
}

async fn what_becomes_of_environments_is_told(app: TestApp) {
    app.hears().await;
    let (ana, acme, stock) = acme(&app).await;
    let service = Service::of(&app, &acme, SCOPES).await;
    service.post("/deployments", order("Tone", "staging", 1)).await.status(201);
    let mut stream = Stream::open(&service, None).await;
    service.post("/deployments", order("Support/Triage", "staging", 1)).await.status(201);
    let (seen, _) = stream.told_of("Support/Triage", 1).await;
    let fields = [("org", "acme"), ("environment", &*stock.empty.to_string()), ("name", "canary")];
    let fields = [&fields[..], &[("approvals", "0"), ("seen", "0")]].concat();
    ana.call("/api/environments/set", &fields).await.status(200);
    for mut stream in [stream, Stream::open(&service, Some(&seen)).await] {
        while stream.next().await.1 != "prompts.changed" {}
    }
    problem(service.get("/prompts/Tone?environment=staging").await, 404, "not_found");
}

async fn a_revoked_key_hears_no_more(app: TestApp) {
    app.hears().await;
    let (ana, acme, _) = acme(&app).await;
    let other = Service::of(&app, &acme, SCOPES).await;
    let (id, shown) = key(&ana.makes_key(&acme, &[]).await.status(200));
    let stream = Stream::open(&Service::with(&app, &shown), None).await;
    ana.call("/api/api_keys/revoke", &[("org", "acme"), ("key", &*id)]).await.status(200);
    other.post("/deployments", order("Tone", "staging", 1)).await.status(201);
    ends(stream).await;
}

/// Reads a stream to its end, which tells of nothing that was deployed to staging.
async fn ends(mut stream: Stream) {
    while let Some(block) = stream.block().await {
        assert!(!block.contains("staging\":1"), "{block}");
    }
}

async fn a_key_that_runs_out_hears_no_more(app: TestApp) {
    app.hears().await;
    let (_, acme, _) = acme(&app).await;
    let (other, service) =
        (Service::of(&app, &acme, SCOPES).await, Service::of(&app, &acme, "read:prompts").await);
    let soon = app.clock.now() + Span::minutes(5);
    app.execute(&format!("UPDATE api_keys SET expires_at = {} WHERE scopes = 'read:prompts'", soon.0)).await;
    let mut stream = Stream::open(&service, None).await;
    other.post("/deployments", order("Support/Triage", "staging", 2)).await.status(201);
    stream.told_of("Support/Triage", 2).await;
    app.clock.advance(Span::minutes(5));
    other.post("/deployments", order("Tone", "staging", 1)).await.status(201);
    ends(stream).await;
}

/// Nothing happens, and nobody says so.
async fn a_quiet_stream_ends_with_its_key(app: TestApp) {
    app.hears().await;
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:prompts").await;
    let soon = app.clock.now() + Span::minutes(5);
    app.execute(&format!("UPDATE api_keys SET expires_at = {} WHERE scopes = 'read:prompts'", soon.0)).await;
    let other = Service::of(&app, &acme, SCOPES).await;
    let (stream, mut goes_on) = (Stream::open(&service, None).await, Stream::open(&other, None).await);
    app.clock.advance(Span::minutes(5));
    ends(stream).await;
    other.post("/deployments", order("Tone", "staging", 1)).await.status(201);
    goes_on.told_of("Tone", 1).await;
}

async fn a_secret_that_was_replaced_hears_no_more(app: TestApp) {
    app.hears().await;
    let (ana, acme, _) = acme(&app).await;
    let other = Service::of(&app, &acme, SCOPES).await;
    let (id, first) = key(&ana.makes_key(&acme, &[]).await.status(200));
    let rotate = async |overlap: &str| {
        let fields = [("org", "acme"), ("key", &*id), ("overlap", overlap)];
        key(&ana.call("/api/api_keys/rotate", &fields).await.status(200)).1
    };
    // Without an overlap it ends with the rotation.
    let mut stream = Stream::open(&Service::with(&app, &first), None).await;
    let first = rotate("0").await;
    while stream.block().await.is_some() {}
    let mut old = Stream::open(&Service::with(&app, &first), None).await;
    let second = rotate("30").await;
    let mut new = Stream::open(&Service::with(&app, &second), None).await;
    other.post("/deployments", order("Support/Triage", "staging", 2)).await.status(201);
    old.told_of("Support/Triage", 2).await;
    new.told_of("Support/Triage", 2).await;
    app.clock.advance(Span::minutes(30));
    other.post("/deployments", order("Tone", "staging", 1)).await.status(201);
    ends(old).await;
    new.told_of("Tone", 1).await;
}

async fn only_who_may_read_prompts_may_listen(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:deployments write:deployments").await;
    problem(service.get("/events").await, 403, "forbidden");
}
