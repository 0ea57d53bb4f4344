use super::{Service, TestApp, acme, both_databases, problem, told};
use crate::{
    tenancy::Scope,
    tests::support::{Answer, Kind},
};
use axum::{body::Body, http::Method};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

both_databases!(
    prompts_are_listed_page_by_page,
    lists_hold_what_is_asked_for,
    a_search_among_many_ends,
    folders_are_listed_whatever_the_database_s_language,
    what_is_moved_has_changed,
);

#[track_caller]
fn paths(answer: &Answer) -> (Vec<String>, Option<String>) {
    let told = told(answer);
    let path = |prompt: &Value| prompt["path"].as_str().unwrap().to_owned();
    let paths = told["data"].as_array().unwrap().iter().map(path).collect();
    (paths, told["next_cursor"].as_str().map(ToOwned::to_owned))
}

async fn prompts_are_listed_page_by_page(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let scope = Scope::of_chore(&app, acme.id, "a test").await.unwrap();
    let edit = scope.require::<crate::role::EditContent>().unwrap();
    for n in 0..5 {
        let name = crate::fields::PathName::parse(&format!("P{n}")).unwrap();
        crate::prompts::store::create(&edit, None, &name, crate::prompts::content::Kind::Text).await.unwrap();
    }
    let service = Service::of(&app, &acme, "read:prompts").await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for _ in 0..4 {
        let answer = service.get(&format!("/prompts?limit=2{cursor}")).await.status(200);
        let (paths, next) = paths(&answer);
        assert!(paths.len() <= 2);
        seen.extend(paths);
        let Some(next) = next else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, ["P0", "P1", "P2", "P3", "P4", "Support/Triage", "Tone"]);
}

async fn lists_hold_what_is_asked_for(app: TestApp) {
    let (ana, acme, stock) = acme(&app).await;
    let describe = [
        ("org", "acme"),
        ("prompt", &*stock.prompt.to_string()),
        ("name", "Triage"),
        ("description", "Sorts"),
        ("tags", "a, b"),
    ];
    ana.call("/api/prompts/describe", &describe).await.status(200);
    let service = Service::of(&app, &acme, "read:prompts read:deployments").await;
    let all = ["Support/Triage", "Tone"];
    for (query, expected) in [
        ("", &all[..]),
        ("?folder=Support", &all[..1]),
        ("?folder=Support%2F", &all[..1]),
        ("?folder=Sup", &[]),
        ("?tag=b", &all[..1]),
        ("?tag=c", &[]),
        ("?q=TRI", &all[..1]),
        ("?q=o", &all),
        ("?label=development", &all[1..]),
        ("?label=latest", &all),
        ("?updated_after=2001-01-01T00:00:00Z", &all),
        ("?updated_after=2999-01-01T00:00:00%2B02:00", &[]),
    ] {
        let answer = service.get(&format!("/prompts{query}")).await.status(200);
        assert_eq!(paths(&answer).0, expected, "{query}");
    }
    let environments = told(&service.get("/environments").await.status(200));
    let names: Vec<_> =
        environments["data"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["development", "staging", "production"]);
    let deployments =
        told(&service.get("/deployments?prompt=Tone&environment=development").await.status(200));
    let one = &deployments["data"][0];
    assert_eq!((&one["path"], &one["kind"], &one["version"]), (&json!("Tone"), &json!("deploy"), &json!(1)));
    let none = told(&service.get("/deployments?environment=staging").await.status(200));
    assert_eq!(none, json!({ "data": [], "next_cursor": null }));
}

/// All that a list holds, and how many pages it has.
async fn listed(service: &Service, path: &str) -> (Vec<Value>, usize) {
    let (mut all, mut pages, mut next) = (Vec::new(), 0, path.to_owned());
    loop {
        let page = told(&service.get(&next).await.status(200));
        all.extend(page["data"].as_array().unwrap().iter().cloned());
        pages += 1;
        let Some(cursor) = page["next_cursor"].as_str() else { return (all, pages) };
        next = format!("{path}{}cursor={cursor}", if path.contains('?') { '&' } else { '?' });
    }
}

async fn a_search_among_many_ends(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let id = match app.database.kind {
        Kind::Sqlite => "randomblob(16)",
        Kind::Postgres => "gen_random_uuid()",
    };
    let many = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)";
    app.execute(&format!(
        "{many} INSERT INTO prompts (org_id, id, name, path, position, kind, description, tags, latest, created_at, updated_at)
         SELECT org_id, {id}, 'P' || i, 'P' || i, i, kind, '', '', 0, created_at, updated_at FROM n, prompts WHERE name = 'Tone'"
    ))
    .await;
    app.execute(&format!(
        "{many} INSERT INTO deployments (org_id, id, environment_id, prompt_id, number, kind, version, reason, actor_kind, actor_id, created_at)
         SELECT org_id, {id}, environment_id, prompt_id, number + i, kind, version, '', actor_kind, actor_id, created_at FROM n, deployments"
    ))
    .await;
    let (_, key) = acme
        .has_limited_key("read:prompts read:deployments", None, Some(format!("[\"{}\"]", stock.folder)))
        .await;
    let limited = Service::with(&app, key.as_str());
    let all = Service::of(&app, &acme, "read:prompts").await;
    // No page looks at more than 5000.
    let (found, pages) = listed(&all, "/prompts?q=nothing%20like%20it").await;
    assert_eq!((found.len(), pages), (0, 3));
    let (found, pages) = listed(&limited, "/prompts").await;
    assert_eq!((found.len(), pages), (1, 3));
    // Where its next page begins, it can't read: that is beyond its limit.
    let mut cursors = Vec::new();
    for path in ["/prompts?q=t", "/prompts", "/deployments"] {
        let page = told(&limited.get(path).await.status(200));
        let cursor = page["next_cursor"].as_str().unwrap().to_owned();
        assert!(!URL_SAFE_NO_PAD.decode(&cursor).unwrap().is_ascii(), "{path}: {page}");
        cursors.push(cursor);
    }
    assert!(cursors.iter().all(|cursor| cursor.len() == cursors[0].len()), "a length tells of a name");
    // Nor is it one of another list, where what comes of it would tell more.
    for cursor in ["UDE", &cursors[0], &cursors[2]] {
        problem(limited.get(&format!("/prompts?cursor={cursor}")).await, 400, "invalid_request");
    }
    for path in ["/deployments", "/folders", "/prompts?q=o"] {
        let sign = if path.contains('?') { '&' } else { '?' };
        problem(limited.get(&format!("{path}{sign}cursor={}", cursors[1])).await, 400, "invalid_request");
    }
    limited.get(&format!("/prompts?cursor={}&limit=3", cursors[1])).await.status(200);
    let (found, pages) = listed(&limited, "/deployments").await;
    assert_eq!((found.len(), pages), (0, 3));
    let (found, pages) = listed(&all, "/prompts?limit=100").await;
    assert_eq!((found.len(), pages), (12_002, 121));
}

async fn folders_are_listed_whatever_the_database_s_language(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    if app.database.kind == Kind::Postgres {
        app.execute("ALTER TABLE folders ALTER COLUMN path TYPE TEXT COLLATE \"en-x-icu\"").await;
    }
    // With connections that have prepared nothing yet.
    let app = app.another(|_| {}).await;
    let service = Service::of(&app, &acme, "read:prompts write:prompts").await;
    let names = ["a", "B", "c", "D", "é", "Z", "support"];
    for name in names {
        service.post("/folders", json!({ "name": name })).await.status(201);
    }
    service.post("/folders", json!({ "name": "x", "parent": "Support" })).await.status(201);
    let paths = async |service: &Service| {
        let (all, _) = listed(service, "/folders?limit=1").await;
        let mut paths: Vec<_> = all.iter().map(|one| one["path"].as_str().unwrap().to_owned()).collect();
        paths.sort();
        paths
    };
    let mut expected: Vec<_> = [&names[..], &["Support", "Support/x"]].concat();
    expected.sort_unstable();
    assert_eq!(paths(&service).await, expected);
    let (_, key) = acme.has_limited_key("read:prompts", None, Some(format!("[\"{}\"]", stock.folder))).await;
    assert_eq!(paths(&Service::with(&app, key.as_str())).await, ["Support", "Support/x"]);
}

async fn what_is_moved_has_changed(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:prompts write:prompts").await;
    let json = [("content-type", "application/json")];
    for (path, body, expected) in [
        ("/prompts/Tone/move", json!({ "folder": "Support" }), &["Support/Tone"][..]),
        ("/folders/Support", json!({ "name": "Help" }), &["Help/Tone", "Help/Triage"]),
        // Where it stands among others is nothing to who keeps it.
        ("/prompts/Help%2FTone/move", json!({ "place": "first" }), &[]),
    ] {
        app.clock.advance(crate::time::Span::minutes(1));
        let moment = crate::ui::rfc3339(app.clock.now());
        app.clock.advance(crate::time::Span::minutes(1));
        service.send(Method::PATCH, path, &json, Body::from(body.to_string())).await.status(200);
        let changed = service.get(&format!("/prompts?updated_after={moment}")).await.status(200);
        let mut paths = paths(&changed).0;
        paths.sort();
        assert_eq!(paths, expected, "{path}");
    }
}
