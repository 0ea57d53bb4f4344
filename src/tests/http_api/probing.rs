//! A limited key can't find out what is beyond its limits: what is there and what is not are answered alike, in status,
//! headers and body.

use super::{Answer, Service, TestApp, acme, both_databases, problem, told};
use crate::key_scope::KeyScope;
use axum::{body::Body, http::Method};
use serde_json::{Value, json};

both_databases!(
    what_is_in_other_folders_is_as_if_it_were_not,
    what_is_in_other_environments_is_as_if_it_were_not,
    a_place_out_of_reach_is_neither_free_nor_taken,
    a_reference_out_of_reach_leads_nowhere,
    what_is_beyond_is_written_down_for_those_inside,
);

/// Everything but what would let it out of its limits.
fn all_scopes() -> String {
    KeyScope::ALL.iter().map(|scope| scope.code()).collect::<Vec<_>>().join(" ")
}

/// The id of nothing.
const NO_ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// A request.
type Asked = (Method, String, Value);
/// A request about something that has a name.
type Ask = Box<dyn Fn(&str) -> Asked + Send + Sync>;

fn ask(about: impl Fn(&str) -> Asked + Send + Sync + 'static) -> Ask {
    Box::new(about)
}

impl Service {
    async fn asks(&self, (method, path, body): Asked) -> Answer {
        let json = [("content-type", "application/json")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(method, &path, &json, Body::from(body)).await
    }

    /// Claims that requests of these two are answered alike but for their names, and tells the status.
    async fn asks_of_both(&self, about: impl Fn(&str) -> Asked, (there, nowhere): (&str, &str)) -> u16 {
        let mut alike = Vec::new();
        for name in [there, nowhere] {
            let asked = about(name);
            let what = format!("{} {} {}", asked.0, asked.1, asked.2);
            let answer = self.asks(asked).await;
            let mut headers: Vec<_> = answer
                .headers
                .iter()
                .filter(|(name, _)| !["x-request-id", "content-length"].contains(&name.as_str()))
                .map(|(name, value)| format!("{name}: {value:?}"))
                .collect();
            headers.sort();
            let id = answer.header("x-request-id").unwrap_or_default().to_owned();
            let body = answer.body.replace(&id, "ID").replace(name, "NAME");
            alike.push((what, answer.status, headers, body));
        }
        let [(what, status, headers, body), (_, other, others, another)] = &alike[..] else { panic!() };
        assert_eq!((status, headers, body), (other, others, another), "{what}");
        *status
    }
}

fn get(path: String) -> Asked {
    (Method::GET, path, Value::Null)
}

fn post(path: &str, body: Value) -> Asked {
    (Method::POST, path.to_owned(), body)
}

fn patch(path: String, body: Value) -> Asked {
    (Method::PATCH, path, body)
}

/// All that can be asked of a prompt that somebody names.
fn of_prompt() -> Vec<Ask> {
    let path = |named: &str| format!("/prompts/{}", named.replace('/', "%2F"));
    let mut all: Vec<Ask> = Vec::new();
    for rest in [
        "",
        "?environment=development",
        "?environment=production",
        "?environment=nowhere",
        "?version=1",
        "?version=9",
        "?label=latest",
        "?version=1&resolve=false",
        "/versions",
        "/versions?cursor=MQ",
        "/versions/1",
        "/versions/9",
        "/diff?from=1&to=1",
    ] {
        all.push(ask(move |named| get(format!("{}{rest}", path(named)))));
    }
    for body in [json!({}), json!({ "label": "latest" }), json!({ "environment": "development" })] {
        all.push(ask(move |named| post(&format!("{}/render", path(named)), body.clone())));
    }
    all.push(ask(move |named| post(&format!("{}/versions", path(named)), json!({ "text": "x" }))));
    all.push(ask(move |named| patch(path(named), json!({ "description": "x" }))));
    all.push(ask(move |named| patch(path(named), json!({ "name": "Triage" }))));
    all.push(ask(move |named| patch(format!("{}/move", path(named)), json!({ "folder": "Support" }))));
    all.push(ask(move |named| (Method::DELETE, path(named), Value::Null)));
    all.push(ask(|named| post("/prompts/batch-order", json!({ "folder": "Support", "prompts": [named] }))));
    all.push(ask(|named| get(format!("/deployments?prompt={named}"))));
    all.push(ask(|named| get(format!("/deployments?prompt={named}&environment=development"))));
    all.push(ask(|named| {
        post("/deployments", json!({ "prompt": named, "environment": "development", "version": 1 }))
    }));
    all.push(ask(|named| get(format!("/export?prompt={named}"))));
    all
}

/// All that can be asked of a folder that somebody names.
fn of_folder() -> Vec<Ask> {
    vec![
        ask(|named| get(format!("/folders/{}", named.replace('/', "%2F")))),
        ask(|named| patch(format!("/folders/{named}"), json!({ "variables": {} }))),
        ask(|named| patch(format!("/folders/{named}"), json!({ "name": "Support" }))),
        ask(|named| (Method::DELETE, format!("/folders/{named}"), Value::Null)),
        ask(|named| get(format!("/export?folder={named}"))),
        ask(|named| get(format!("/prompts?folder={named}"))),
        // In it the first name is taken, and the second is not.
        ask(|named| post("/prompts", json!({ "name": "Part", "folder": named }))),
        ask(|named| post("/prompts", json!({ "name": "Fresh", "folder": named }))),
        ask(|named| post("/folders", json!({ "name": "Inner", "parent": named }))),
        ask(|named| post("/folders", json!({ "name": "Fresh", "parent": named }))),
        ask(|named| patch("/prompts/Support%2FTriage/move".into(), json!({ "folder": named }))),
        ask(|named| patch("/folders/Support%2FDeep".into(), json!({ "parent": named }))),
        ask(|named| post("/prompts/batch-order", json!({ "folder": named, "prompts": ["Support/Triage"] }))),
    ]
}

async fn what_is_in_other_folders_is_as_if_it_were_not(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let all = Service::of(&app, &acme, &all_scopes()).await;
    all.post("/folders", json!({ "name": "Secret" })).await.status(201);
    all.post("/folders", json!({ "name": "Inner", "parent": "Secret" })).await.status(201);
    all.post("/folders", json!({ "name": "Deep", "parent": "Support" })).await.status(201);
    all.post("/prompts", json!({ "name": "Part", "folder": "Secret" })).await.status(201);
    all.post("/prompts/Secret%2FPart/versions", json!({ "text": "x" })).await.status(201);
    let part = json!({ "prompt": "Secret/Part", "environment": "development", "version": 1 });
    all.post("/deployments", part).await.status(201);
    // Where a prompt was is no way to it either.
    all.send(
        Method::PATCH,
        "/prompts/Tone",
        &[("content-type", "application/json")],
        Body::from("{\"name\":\"Voice\"}"),
    )
    .await
    .status(200);
    let folders = told(&all.get("/folders").await.status(200));
    let folders = folders["data"].as_array().unwrap();
    let secret = folders.iter().find(|one| one["path"] == "Secret").unwrap()["id"].as_str().unwrap();
    for folders in [format!("[\"{}\"]", stock.folder), "[]".to_owned()] {
        let (_, key) = acme.has_limited_key(&all_scopes(), None, Some(folders)).await;
        let limited = Service::with(&app, key.as_str());
        let live = stock.live.to_string();
        for names in [("Voice", "Nopes"), ("Tone", "Nope"), ("Secret/Part", "Secret/Nope"), (&*live, NO_ID)] {
            for about in of_prompt() {
                assert_eq!(limited.asks_of_both(about, names).await, 404, "{names:?}");
            }
        }
        for names in [("Secret", "Nopene"), ("Secret/Inner", "Secret/Nopes"), (secret, NO_ID)] {
            for about in of_folder() {
                let status = limited.asks_of_both(about, names).await;
                assert!(matches!(status, 404 | 200), "{names:?}: {status}");
            }
        }
        let theirs = told(&all.get("/deployments?prompt=Voice").await.status(200));
        let theirs = theirs["data"][0]["id"].as_str().unwrap().to_owned();
        let roll_back = |named: &str| post(&format!("/deployments/{named}/rollback"), json!({}));
        assert_eq!(limited.asks_of_both(roll_back, (&theirs, NO_ID)).await, 404);
    }
}

async fn what_is_in_other_environments_is_as_if_it_were_not(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let all = Service::of(&app, &acme, &all_scopes()).await;
    for environments in [format!("[\"{}\"]", stock.empty), "[]".to_owned()] {
        let (_, key) = acme.has_limited_key(&all_scopes(), Some(environments), None).await;
        let limited = Service::with(&app, key.as_str());
        let id = stock.environment.to_string();
        for names in [("development", "unknownment"), ("production", "unknowning"), (&*id, NO_ID)] {
            let asks: [Ask; 7] = [
                ask(|named| get(format!("/prompts/Tone?environment={named}"))),
                ask(|named| get(format!("/prompts/Tone?label={named}"))),
                ask(|named| post("/prompts/Tone/render", json!({ "environment": named }))),
                ask(|named| get(format!("/prompts?label={named}"))),
                ask(|named| get(format!("/deployments?environment={named}"))),
                ask(|named| get(format!("/deployments?prompt=Tone&environment={named}"))),
                ask(|named| {
                    post("/deployments", json!({ "prompt": "Tone", "environment": named, "version": 1 }))
                }),
            ];
            for about in asks {
                assert_eq!(limited.asks_of_both(about, names).await, 404, "{names:?}");
            }
        }
        // A reference must not lead there, and does not tell.
        let save = |named: &str| {
            post("/prompts/Support%2FTriage/versions", json!({ "text": format!("[[ Tone@{named} ]]") }))
        };
        assert_eq!(limited.asks_of_both(save, ("development", "unknownment")).await, 422);
        let theirs = told(&all.get("/deployments?prompt=Tone").await.status(200));
        let theirs = theirs["data"][0]["id"].as_str().unwrap().to_owned();
        let roll_back = |named: &str| post(&format!("/deployments/{named}/rollback"), json!({}));
        assert_eq!(limited.asks_of_both(roll_back, (&theirs, NO_ID)).await, 404);
    }
    let says = problem(all.get("/prompts/Tone?environment=nowhere").await, 404, "not_found");
    assert_eq!(says["detail"], "There is no environment “nowhere”.");
}

async fn a_place_out_of_reach_is_neither_free_nor_taken(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let all = Service::of(&app, &acme, &all_scopes()).await;
    all.post("/folders", json!({ "name": "Secret" })).await.status(201);
    let (_, key) = acme.has_limited_key(&all_scopes(), None, Some(format!("[\"{}\"]", stock.folder))).await;
    let limited = Service::with(&app, key.as_str());
    // Beside the folder that it is limited to.
    let rename = |named: &str| patch("/folders/Support".into(), json!({ "name": named }));
    assert_eq!(limited.asks_of_both(rename, ("Secret", "Nopene")).await, 403);
    let create = |named: &str| post("/prompts", json!({ "name": named }));
    assert_eq!(limited.asks_of_both(create, ("Tone", "Nope")).await, 403);
    let create = |named: &str| post("/folders", json!({ "name": named, "parent": "" }));
    assert_eq!(limited.asks_of_both(create, ("Secret", "Nopene")).await, 403);
    // Within it, it is told.
    limited.post("/folders", json!({ "name": "Deep", "parent": "Support" })).await.status(201);
    let taken = limited.post("/folders", json!({ "name": "Deep", "parent": "Support" })).await;
    problem(taken, 422, "unprocessable");
    let renamed = limited.asks(patch("/folders/Support%2FDeep".into(), json!({ "name": "Deeper" }))).await;
    renamed.status(200);
}

async fn a_reference_out_of_reach_leads_nowhere(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let (_, key) = acme.has_limited_key(&all_scopes(), None, Some(format!("[\"{}\"]", stock.folder))).await;
    let limited = Service::with(&app, key.as_str());
    limited.post("/prompts", json!({ "name": "Near", "folder": "Support" })).await.status(201);
    for selector in ["", "@1", "@9", "@development", "@nowhere"] {
        let save = |named: &str| {
            let text = format!("[[ {named}{selector} ]]");
            post("/prompts/Support%2FNear/versions", json!({ "text": text }))
        };
        assert_eq!(limited.asks_of_both(save, ("Tone", "Nope")).await, 422, "{selector}");
    }
    // What it reads of a prompt tells how references call others, not what those are called by now.
    let all = Service::of(&app, &acme, &all_scopes()).await;
    let jinja = json!({ "engine": "jinja", "text": "{% if x %}[[ Tone ]]{% endif %} [[ Tone ]]" });
    all.post("/prompts/Support%2FTriage/versions", jinja).await.status(201);
    let rename = patch("/prompts/Tone".into(), json!({ "name": "Hushed" }));
    all.asks(rename).await.status(200);
    for path in ["/prompts/Support%2FTriage?label=latest", "/prompts/Support%2FTriage?version=1"] {
        let answer = limited.get(path).await.status(200);
        let fetched = told(&answer);
        assert_eq!(fetched["references"][0]["to"], "Tone", "{fetched}");
        assert!(!answer.body.contains("Hushed"), "{answer}");
    }
    let fetched = told(&limited.get("/prompts/Support%2FTriage?label=latest").await);
    assert_eq!(fetched["parts"][0]["path"], "Tone", "{fetched}");
}

async fn what_is_beyond_is_written_down_for_those_inside(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let (_, key) = acme.has_limited_key("read:prompts", None, Some(format!("[\"{}\"]", stock.folder))).await;
    let limited = Service::with(&app, key.as_str());
    for path in ["/prompts/Tone", "/prompts/Nope", "/folders/Nope"] {
        problem(limited.get(path).await, 404, "not_found");
    }
    app.writes_notes().await.unwrap();
    let denied = "SELECT count(*) FROM audit_log WHERE org_id = $1 AND action = 'access.denied'";
    assert_eq!(acme.count(denied).await, 1);
}
