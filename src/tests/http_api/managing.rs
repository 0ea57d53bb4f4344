use super::{Service, TestApp, acme, both_databases, problem, told};
use crate::{tests::support::Answer, time::Span};
use axum::{body::Body, http::Method};
use serde_json::{Value, json};

both_databases!(
    the_audit_log_is_read,
    members_and_invitations_are_read,
    the_library_goes_out_and_comes_in,
    a_limited_key_exports_what_it_reaches,
    versions_are_compared,
    fetches_are_counted,
    prompts_are_listed_by_what_is_live,
);

async fn the_audit_log_is_read(app: TestApp) {
    let (ana, acme, stock) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:audit").await;
    let all = told(&service.get("/audit-log?limit=3").await.status(200));
    assert_eq!(all["data"].as_array().unwrap().len(), 3);
    let next = format!("/audit-log?limit=100&cursor={}", all["next_cursor"].as_str().unwrap());
    let rest = told(&service.get(&next).await.status(200));
    assert!(rest["data"].as_array().unwrap().len() > 3);
    let path = format!("/audit-log?action=prompt.deployed&target={}", stock.live);
    let told_of = told(&service.get(&path).await.status(200));
    let path = format!("/audit-log?action=prompt.created&target={}", stock.live);
    let made = told(&service.get(&path).await.status(200));
    assert_eq!(made["data"][0]["target"], json!({ "id": stock.live.to_string(), "name": "Tone" }));
    assert_eq!(told_of["next_cursor"], Value::Null);
    let nobody = told(&service.get("/audit-log?actor=nobody@example.com").await.status(200));
    assert_eq!(nobody["data"], json!([]));
    for wrong in ["action=x", "from=yesterday", "to=2026-02-30", "cursor=_w", "cursor=eA", "limit=0", "x=1"] {
        problem(service.get(&format!("/audit-log?{wrong}")).await, 400, "invalid_request");
    }
    // What is somebody else's is not in it.
    let other = app.org("Other", &ana).await;
    let theirs = Service::of(&app, &other, "read:audit").await;
    let path = format!("/audit-log?target={}", stock.live);
    assert_eq!(told(&theirs.get(&path).await.status(200))["data"], json!([]));
}

async fn members_and_invitations_are_read(app: TestApp) {
    use crate::role::Role;
    let (ana, acme, _) = acme(&app).await;
    acme.has("Eve", Role::Editor).await;
    acme.has("Zoe", Role::Viewer).await;
    for n in 0..3 {
        acme.planted(&ana, &format!("guest{n}@example.com"), Role::Viewer).await;
    }
    let service = Service::of(&app, &acme, "read:audit").await;
    for (path, count) in [("/members", 3), ("/invitations", 3)] {
        let mut seen = Vec::new();
        let mut next = format!("{path}?limit=2");
        loop {
            let page = told(&service.get(&next).await.status(200));
            let data = page["data"].as_array().unwrap();
            assert!(data.len() <= 2, "{page}");
            seen.extend(data.iter().map(|one| one["id"].as_str().unwrap().to_owned()));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            next = format!("{path}?limit=2&cursor={cursor}");
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), count, "{path}");
    }
    for wrong in ["AA", "eA", "_w"] {
        problem(service.get(&format!("/members?cursor={wrong}")).await, 400, "invalid_request");
        problem(service.get(&format!("/invitations?cursor={wrong}")).await, 400, "invalid_request");
    }
    let first = told(&service.get("/members?limit=1").await.status(200));
    assert_eq!((&first["data"][0]["name"], &first["data"][0]["role"]), (&json!("Ana"), &json!("owner")));
}

async fn the_library_goes_out_and_comes_in(app: TestApp) {
    let (ana, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:prompts write:prompts").await;
    let file = told(&service.get("/export").await.status(200));
    let part = told(&service.get("/export?prompt=Support%2FTriage").await.status(200));
    assert_eq!(part["prompts"].as_array().unwrap().len(), 1);
    let folder = told(&service.get("/export?folder=Support").await.status(200));
    assert_eq!(folder["prompts"][0]["path"], "Support/Triage");
    problem(service.get("/export?folder=Support&prompt=Tone").await, 400, "invalid_request");
    let other = app.org("Other", &ana).await;
    let theirs = Service::of(&app, &other, "read:prompts write:prompts").await;
    problem(theirs.get("/export?prompt=Tone").await, 404, "not_found");
    let would = told(&theirs.post("/import?dry_run=true", file.clone()).await.status(200));
    assert_eq!(told(&theirs.get("/prompts").await.status(200))["data"], json!([]));
    let did = told(&theirs.post("/import", file.clone()).await.status(200));
    assert_eq!(did, would);
    assert!(did["created"].as_u64().unwrap() >= 3, "{did}");
    let paths = told(&theirs.get("/prompts").await.status(200));
    assert_eq!(paths["data"].as_array().unwrap().len(), 2);
    // Again, nothing is new.
    let again = told(&theirs.post("/import", file.clone()).await.status(200));
    assert_eq!((&again["created"], &again["changed"]), (&json!(0), &json!(0)));
    problem(theirs.post("/import", json!({ "format": "x", "prompts": [] })).await, 422, "unprocessable");
    problem(theirs.post("/import", json!({ "prompts": 1 })).await, 400, "invalid_request");
    // A file may be larger than other bodies, and not without end.
    let padded = |bytes: usize| {
        let mut file = file.clone();
        file["prompts"][0]["description"] = "x".repeat(bytes).into();
        Body::from(file.to_string())
    };
    let json = [("content-type", "application/json")];
    let large = theirs.send(Method::POST, "/import", &json, padded(2 * 1024 * 1024)).await;
    assert_eq!(large.status, 200, "{}", large.status);
    problem(theirs.send(Method::POST, "/import", &json, padded(9 * 1024 * 1024)).await, 413, "too_large");
}

async fn a_limited_key_exports_what_it_reaches(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let folders = Some(format!("[\"{}\"]", stock.folder));
    let (_, key) = acme.has_limited_key("read:prompts write:prompts", None, folders).await;
    let service = Service::with(&app, key.as_str());
    service.get("/export?folder=Support").await.status(200);
    service.get("/export?prompt=Support%2FTriage").await.status(200);
    problem(service.get("/export").await, 403, "forbidden");
    problem(service.get("/export?prompt=Tone").await, 404, "not_found");
    let file = json!({ "format": "prompt-studio/library/1", "folders": [], "prompts": [] });
    problem(service.post("/import", file).await, 403, "forbidden");
}

async fn versions_are_compared(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:prompts").await;
    let told = told(&service.get("/prompts/Support%2FTriage/diff?from=1&to=2").await.status(200));
    let lines = told["parts"][0]["lines"].as_array().unwrap();
    let of = |side: &str| lines.iter().find(|line| line["side"] == side).unwrap()["text"].clone();
    assert_eq!((of("-"), of("+")), (json!("[[ Tone ]]"), json!("[[ Tone ]]!")));
    problem(service.get("/prompts/Support%2FTriage/diff?from=1&to=9").await, 404, "not_found");
    problem(service.get("/prompts/Support%2FTriage/diff?from=1").await, 400, "invalid_request");
    problem(service.get("/prompts/Support%2FTriage/diff?from=1&to=x").await, 400, "invalid_request");
}

async fn fetches_are_counted(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:prompts read:usage").await;
    for _ in 0..5 {
        service.get("/prompts/Tone?environment=development").await.status(200);
    }
    service.get("/prompts/Support%2FTriage?version=1").await.status(200);
    let used = async |query: &str| {
        app.delivery().flush().await;
        told(&service.get(&format!("/usage{query}")).await.status(200))["data"].clone()
    };
    let tone = json!({ "of": stock.live.to_string(), "name": "Tone", "fetches": 5 });
    let triage = json!({ "of": stock.prompt.to_string(), "name": "Support/Triage", "fetches": 1 });
    assert_eq!(used("").await, json!([tone, triage]));
    let (_, key) = acme.has_limited_key("read:usage", None, Some(format!("[\"{}\"]", stock.folder))).await;
    let limited = Service::with(&app, key.as_str());
    assert_eq!(told(&limited.get("/usage").await.status(200))["data"], json!([triage]));
    assert_eq!(used("?group_by=key").await[0]["fetches"], 6);
    assert_eq!(used("?group_by=key").await[0]["name"], "Sample key");
    app.clock.advance(Span::days(1));
    service.get("/prompts/Tone?environment=development").await.status(200);
    let days = used("?group_by=day").await;
    let counts: Vec<_> =
        days.as_array().unwrap().iter().map(|day| day["fetches"].as_i64().unwrap()).collect();
    assert_eq!(counts, [6, 1]);
    let today = days[1]["of"].as_str().unwrap();
    assert_eq!(used(&format!("?from={today}&group_by=prompt")).await[0]["fetches"], 1);
    problem(service.get("/usage?group_by=x").await, 400, "invalid_request");
    problem(service.get("/usage?from=x").await, 400, "invalid_request");
}

async fn prompts_are_listed_by_what_is_live(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:prompts").await;
    let paths = |answer: &Answer| -> Vec<String> {
        let data = told(answer)["data"].clone();
        data.as_array().unwrap().iter().map(|one| one["path"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(paths(&service.get("/prompts?label=development").await.status(200)), ["Tone"]);
    assert!(paths(&service.get("/prompts?label=staging").await.status(200)).is_empty());
    problem(service.get("/prompts?label=nowhere").await, 404, "not_found");
}
