//! What is served from memory: as true as what is served the long way.

use super::{Service, TestApp, acme, both_databases, problem, told};
use crate::{
    delivery::keys::KeyToken,
    tests::{
        api_keys::key,
        support::{Answer, Kind, PASSWORD, cut_off, eventually},
    },
    time::Span,
};
use axum::{body::Body, http::Method};
use futures_util::future::join;
use std::time::Duration;

both_databases!(
    what_is_kept_is_what_is_sent,
    what_changes_is_fetched_anew,
    a_revoked_key_is_let_in_no_more,
    what_commits_counts_though_nobody_waits_for_it,
    a_key_runs_out_in_memory_too,
    limits_hold_in_memory_too,
    what_is_deployed_while_it_is_fetched_is_never_forgotten,
    it_is_sent_compressed_to_those_who_take_it,
    its_use_is_noted_in_memory_too,
    what_is_being_written_down_is_waited_for,
);

const PATH: &str = "/prompts/Tone?environment=development";

/// The parts of an answer that do not differ from one request to the next.
fn lasting(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["x-request-id", "content-length"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    (answer.status, headers, answer.body.clone())
}

async fn what_is_kept_is_what_is_sent(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:prompts").await;
    let kept = || app.delivery().size().0;
    assert_eq!(kept(), 0);
    let first = service.get(PATH).await.status(200);
    assert_eq!(kept(), 1);
    let second = service.get(PATH).await.status(200);
    assert_eq!(lasting(&second), lasting(&first));
    assert_ne!(second.header("x-request-id"), first.header("x-request-id"));
    // What was refused, and what is asked for in another way, is not the same.
    problem(service.get("/prompts/Tone").await, 404, "not_found");
    assert_eq!(kept(), 1);
    let (method, empty) = (Method::HEAD, Body::empty());
    let head = service.send(method, PATH, &[], empty).await.status(200);
    assert!(head.body.is_empty());
    // Another key, which may not read, is not served from what the first one left behind.
    let other = Service::of(&app, &acme, "read:usage").await;
    for _ in 0..2 {
        problem(other.get(PATH).await, 403, "forbidden");
    }
    problem(Service::with(&app, KeyToken::new(None).as_str()).get(PATH).await, 401, "unauthenticated");
}

async fn what_changes_is_fetched_anew(app: TestApp) {
    let (ana, acme, stock) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:prompts").await;
    let fetch = async || told(&service.get(PATH).await.status(200));
    let before = fetch().await;
    assert_eq!(fetch().await, before);
    let prompt = stock.live.to_string();
    let describe = [
        ("org", "acme"),
        ("prompt", &*prompt),
        ("name", "Tone"),
        ("description", "How to speak"),
        ("tags", ""),
    ];
    ana.call("/api/prompts/describe", &describe).await.status(200);
    assert_eq!(fetch().await, before, "what is live keeps what it was said to be for");
    let variables = [("org", "acme"), ("folder", ""), ("name-0", "tone"), ("value-0", "brief")];
    ana.call("/api/variables/set", &variables).await.status(200);
    let newest = told(&service.get("/prompts/Tone?label=latest").await.status(200));
    assert_eq!(newest["variables"][0]["default"], "brief");
    let environment = stock.environment.to_string();
    let order = [("org", "acme"), ("environment", &*environment), ("prompt", &*prompt), ("kind", "deploy")];
    let order = [&order[..], &[("version", "1"), ("seen", "1")]].concat();
    ana.call("/api/deployments/deploy", &order).await.status(200);
    let after = fetch().await;
    assert_eq!(
        (&after["variables"][0]["default"], &after["description"]),
        (&serde_json::json!("brief"), &serde_json::json!("How to speak"))
    );
    let rename = [("org", "acme"), ("environment", &*environment), ("name", "dev"), ("approvals", "0")];
    let rename = [&rename[..], &[("seen", "0")]].concat();
    ana.call("/api/environments/set", &rename).await.status(200);
    problem(service.get(PATH).await, 404, "not_found");
    ana.call("/api/organizations/delete", &[("org", "acme"), ("slug", "acme"), ("password", PASSWORD)])
        .await
        .status(200);
    problem(service.get(PATH).await, 401, "unauthenticated");
}

async fn a_revoked_key_is_let_in_no_more(app: TestApp) {
    let (ana, acme, _) = acme(&app).await;
    for _ in 0..20 {
        let (id, shown) = key(&ana.makes_key(&acme, &[]).await.status(200));
        let service = Service::with(&app, &shown);
        service.get(PATH).await.status(200);
        service.get(PATH).await.status(200);
        let about = [("org", "acme"), ("key", &*id)];
        // While it is revoked it is used; afterwards it is not.
        let used = async {
            for _ in 0..5 {
                let answer = service.get(PATH).await;
                assert!([200, 401].contains(&answer.status), "{answer}");
            }
        };
        let (revoked, ()) = join(ana.call("/api/api_keys/revoke", &about), used).await;
        revoked.status(200);
        problem(service.get(PATH).await, 401, "unauthenticated");
    }
}

async fn what_commits_counts_though_nobody_waits_for_it(app: TestApp) {
    let (ana, acme, _) = acme(&app).await;
    let mut revoked = 0;
    for polls in (1..=10).cycle().take(60) {
        let (id, shown) = acme.has_key("read:prompts").await;
        let (service, key) = (Service::with(&app, shown.as_str()), id.to_string());
        service.get(PATH).await.status(200);
        cut_off(ana.call("/api/api_keys/revoke", &[("org", "acme"), ("key", &*key)]), polls).await;
        // What has begun to commit does so by then.
        tokio::time::sleep(Duration::from_millis(50)).await;
        let good = "SELECT count(*) FROM api_keys WHERE id = $1 AND revoked_at IS NULL";
        let (good,): (i64,) = app.outside_tenancy().query(good).bind(id).one().await.unwrap();
        let status = service.get(PATH).await.status;
        assert_eq!(status, if good == 1 { 200 } else { 401 }, "after {polls} polls");
        revoked += usize::from(status == 401);
    }
    assert!((1..60).contains(&revoked), "{revoked} were revoked");
}

async fn a_key_runs_out_in_memory_too(app: TestApp) {
    let (ana, acme, _) = acme(&app).await;
    let (id, old) = key(&ana.makes_key(&acme, &[("expires", "30")]).await.status(200));
    let rotate = [("org", "acme"), ("key", &*id), ("overlap", "30")];
    let (_, new) = key(&ana.call("/api/api_keys/rotate", &rotate).await.status(200));
    let (old, new) = (Service::with(&app, &old), Service::with(&app, &new));
    for service in [&old, &new] {
        service.get(PATH).await.status(200);
    }
    app.clock.advance(Span::minutes(30));
    problem(old.get(PATH).await, 401, "unauthenticated");
    new.get(PATH).await.status(200);
    app.clock.advance(Span::days(30));
    problem(new.get(PATH).await, 401, "unauthenticated");
}

async fn limits_hold_in_memory_too(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let all = Service::of(&app, &acme, "read:prompts").await;
    let triage = "/prompts/Support%2FTriage?version=1";
    for path in [PATH, triage] {
        all.get(path).await.status(200);
    }
    let only = |id: String| Some(format!("[\"{id}\"]"));
    let (_, staging) = acme.has_limited_key("read:prompts", only(stock.empty.to_string()), None).await;
    let (_, support) = acme.has_limited_key("read:prompts", None, only(stock.folder.to_string())).await;
    let (staging, support) = (Service::with(&app, staging.as_str()), Service::with(&app, support.as_str()));
    for _ in 0..2 {
        problem(staging.get(PATH).await, 404, "not_found");
        problem(support.get(PATH).await, 404, "not_found");
        support.get(triage).await.status(200);
        staging.get(triage).await.status(200);
    }
}

async fn what_is_deployed_while_it_is_fetched_is_never_forgotten(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:prompts read:deployments write:deployments").await;
    let path = "/prompts/Support%2FTriage?environment=staging";
    for n in 0..100 {
        let version = 1 + n % 2;
        let body =
            serde_json::json!({ "prompt": "Support/Triage", "environment": "staging", "version": version });
        let fetches = async {
            for _ in 0..3 {
                drop(service.get(path).await);
            }
        };
        let (deployed, ()) = join(service.post("/deployments", body), fetches).await;
        deployed.status(201);
        assert_eq!(told(&service.get(path).await.status(200))["version"], version);
    }
}

async fn it_is_sent_compressed_to_those_who_take_it(app: TestApp) {
    let (ana, acme, stock) = acme(&app).await;
    let text = "Say it kindly. ".repeat(200);
    let prompt = stock.live.to_string();
    let draft =
        [("org", "acme"), ("prompt", &*prompt), ("revision", "3"), ("kind", "text"), ("text", &*text)];
    ana.call("/api/prompts/save_draft", &draft).await.status(200);
    let save = [("org", "acme"), ("prompt", &*prompt), ("revision", "4"), ("latest", "1"), ("message", "")];
    ana.call("/api/prompts/save_version", &save).await.status(200);
    let service = Service::of(&app, &acme, "read:prompts").await;
    let path = "/prompts/Tone?version=2";
    for _ in 0..2 {
        let plain = service.get(path).await.status(200);
        assert_eq!(plain.header("content-encoding"), None);
        assert_eq!(told(&plain)["text"], text);
        for (accepts, is_small) in
            [("br", true), ("gzip, br;q=0.5", true), ("gzip", false), ("br;q=0", false), ("*", false)]
        {
            let answer =
                service.send(Method::GET, path, &[("accept-encoding", accepts)], Body::empty()).await;
            let answer = answer.status(200);
            assert_eq!(answer.header("content-encoding") == Some("br"), is_small, "{accepts}");
            assert_eq!(answer.header("etag") != plain.header("etag"), is_small, "{accepts}");
        }
        let known = [("if-none-match", plain.header("etag").unwrap()), ("accept-encoding", "br")];
        service.send(Method::GET, path, &known, Body::empty()).await.status(304);
    }
}

async fn its_use_is_noted_in_memory_too(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:prompts").await;
    let noted = async || app.rows("api_keys", "last_used_at IS NOT NULL").await;
    service.get(PATH).await.status(200);
    app.writes_notes().await.unwrap();
    let first = noted().await;
    assert_eq!(first.len(), 1);
    app.clock.advance(Span::seconds(59));
    service.get(PATH).await.status(200);
    assert_eq!(noted().await, first);
    app.clock.advance(Span::seconds(1));
    service.get(PATH).await.status(200);
    let changed =
        eventually("the use to be noted", || async { Some(noted().await).filter(|rows| *rows != first) })
            .await;
    assert_eq!(changed.len(), 1);
}

async fn what_is_being_written_down_is_waited_for(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:prompts").await;
    for _ in 0..2 {
        service.get(PATH).await.status(200);
    }
    // The database is busy.
    let mut busy = app.outside_tenancy().begin().await.unwrap();
    if app.database.kind == Kind::Postgres {
        busy.query("LOCK TABLE key_usage IN EXCLUSIVE MODE").execute().await.unwrap();
    }
    service.get(PATH).await.status(200);
    let folds = || {
        let app = app.clone();
        tokio::spawn(async move { app.delivery().flush().await })
    };
    let first = folds();
    tokio::time::sleep(Duration::from_millis(100)).await;
    // As when the process is told to stop meanwhile.
    let last = folds();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!last.is_finished(), "what was counted is not written down yet");
    drop(busy);
    last.await.unwrap();
    assert_eq!(acme.count("SELECT CAST(sum(fetches) AS BIGINT) FROM key_usage WHERE org_id = $1").await, 3);
    first.await.unwrap();
}
