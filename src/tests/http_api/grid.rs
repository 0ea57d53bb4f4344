//! Keys × scopes × environments × folders: which request a key may make is what its scopes and limits say,
//! and nothing else. What is out of its reach is as if it were not there.

use super::{Service, TestApp, acme, both_databases, told};
use crate::key_scope::KeyScope::{self, *};
use axum::{
    body::Body,
    http::{Method, Request},
};
use serde_json::{Value, json};

both_databases!(each_key_may_do_what_it_says);

/// A request, what it needs, and what it touches.
struct Asked {
    method: Method,
    path: String,
    body: Value,
    scope: KeyScope,
    /// Whether it is of an environment.
    environment: Option<&'static str>,
    /// Whether it names the top, which is there for everybody to know.
    names_top: bool,
    /// Whether it is of something at the top, or in `Support`.
    folder: Option<&'static str>,
    /// Whether it tells of everything there is in all folders, and in all environments.
    whole: (bool, bool),
}

/// What is said of what is not there, or out of reach.
const HIDDEN: (&str, &str) = ("Not found, or not visible to this key.", "that this key has access to.");
const ENVIRONMENTS: [&str; 3] = ["development", "staging", "production"];
/// The prompts with the folders that they are in.
const PROMPTS: [(&str, &str); 2] = [("Tone", ""), ("Support%2FTriage", "Support")];

/// What is asked of the top itself.
const TOP: [&str; 5] = ["/prompts", "/prompts/batch-order", "/folders", "/export", "/import"];

/// What is asked; nothing of it changes what the next one meets. `live` is a deployment of `Tone` to development.
fn requests(live: &str) -> Vec<Asked> {
    let mut all = Vec::new();
    let mut ask = |(method, path): (&str, String), body, scope, environment, folder| {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let names_top = folder == Some("") && TOP.contains(&path.as_str());
        all.push(Asked { method, path, body, scope, environment, names_top, folder, whole: (false, false) });
    };
    for (prompt, folder) in PROMPTS {
        let (of, folder) = (format!("/prompts/{prompt}"), Some(folder));
        for at in ENVIRONMENTS {
            let named = Some(at);
            ask(("GET", format!("{of}?environment={at}")), Value::Null, ReadPrompts, named, folder);
            ask(("GET", format!("{of}?label={at}")), Value::Null, ReadPrompts, named, folder);
            let body = json!({ "environment": at, "variables": {} });
            ask(("POST", format!("{of}/render")), body, ReadPrompts, named, folder);
            let listed = format!("/deployments?environment={at}&prompt={prompt}");
            ask(("GET", listed), Value::Null, ReadDeployments, named, folder);
            let prompt = prompt.replace("%2F", "/");
            let body = json!({ "prompt": prompt, "environment": at, "version": 9 });
            ask(("POST", "/deployments".into()), body, WriteDeployments, named, folder);
        }
        for path in ["?version=1", "?label=latest", "/versions", "/versions/1", "/diff?from=1&to=1"] {
            ask(("GET", format!("{of}{path}")), Value::Null, ReadPrompts, None, folder);
        }
        ask(("POST", format!("{of}/versions")), json!({ "text": "{{" }), WritePrompts, None, folder);
        ask(("PATCH", of.clone()), json!({ "name": "" }), WritePrompts, None, folder);
        let body = json!({ "folder": folder.filter(|name| !name.is_empty()), "place": "nowhere" });
        ask(("PATCH", format!("{of}/move")), body, WritePrompts, None, folder);
        // What is deployed, or used by others, stays.
        ask(("DELETE", of.clone()), Value::Null, DeletePrompts, None, folder);
        ask(("GET", format!("/export?prompt={prompt}")), Value::Null, ReadPrompts, None, folder);
        let twice = vec![prompt.replace("%2F", "/"); 2];
        let body = json!({ "folder": folder.filter(|name| !name.is_empty()), "prompts": twice });
        ask(("POST", "/prompts/batch-order".into()), body, WritePrompts, None, folder);
    }
    let rollback = ("POST", format!("/deployments/{live}/rollback"));
    ask(rollback, Value::Null, WriteDeployments, Some("development"), Some(""));
    for (path, named) in [(Value::Null, ""), (json!("Support"), "Support")] {
        let body = json!({ "name": "", "folder": path });
        ask(("POST", "/prompts".into()), body, WritePrompts, None, Some(named));
        let body = json!({ "name": "", "parent": path });
        ask(("POST", "/folders".into()), body, WritePrompts, None, Some(named));
    }
    ask(("GET", "/folders/Support".into()), Value::Null, ReadPrompts, None, Some("Support"));
    ask(("PATCH", "/folders/Support".into()), json!({ "name": "" }), WritePrompts, None, Some("Support"));
    ask(("DELETE", "/folders/Support".into()), Value::Null, DeletePrompts, None, Some("Support"));
    ask(("GET", "/export?folder=Support".into()), Value::Null, ReadPrompts, None, Some("Support"));
    ask(("GET", "/export".into()), Value::Null, ReadPrompts, None, Some(""));
    ask(("POST", "/import".into()), json!({ "format": "" }), WritePrompts, None, Some(""));
    ask(("GET", "/folders".into()), Value::Null, ReadPrompts, None, None);
    ask(("GET", "/deployments".into()), Value::Null, ReadDeployments, None, None);
    ask(("GET", "/events".into()), Value::Null, ReadPrompts, None, None);
    ask(("GET", "/prompts".into()), Value::Null, ReadPrompts, None, None);
    ask(("GET", "/environments".into()), Value::Null, ReadDeployments, None, None);
    ask(("GET", "/usage".into()), Value::Null, ReadUsage, None, None);
    for (path, scope, whole) in [
        ("/audit-log", ReadAudit, (true, true)),
        ("/invitations", ReadAudit, (true, false)),
        ("/members", ReadAudit, (true, false)),
        ("/usage?group_by=key", ReadUsage, (true, false)),
        ("/usage?group_by=day", ReadUsage, (true, false)),
    ] {
        let (method, path, body) = (Method::GET, path.to_owned(), Value::Null);
        let (environment, names_top, folder) = (None, false, None);
        all.push(Asked { method, path, body, scope, environment, names_top, folder, whole });
    }
    all
}

async fn each_key_may_do_what_it_says(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let ids = |ids: &[String]| Some(serde_json::to_string(ids).unwrap());
    let (staging, support) = (stock.empty.to_string(), stock.folder.to_string());
    let scopes: [&[KeyScope]; 5] = [
        &[],
        &[ReadPrompts],
        &[ReadPrompts, ReadDeployments],
        &[WritePrompts, WriteDeployments, DeployProtected],
        KeyScope::ALL,
    ];
    // No limit, one thing, and nothing at all: the thing it was limited to is not there any more.
    let limits: [(Option<String>, &[&str]); 3] =
        [(None, &ENVIRONMENTS), (ids(&[staging]), &["staging"]), (ids(&[]), &[])];
    let folders: [(Option<String>, &[&str]); 3] =
        [(None, &["", "Support"]), (ids(&[support]), &["Support"]), (ids(&[]), &[])];
    let all: Vec<_> = KeyScope::ALL.iter().map(|scope| scope.code()).collect();
    let all = Service::of(&app, &acme, &all.join(" ")).await;
    all.post("/prompts", json!({ "name": "User" })).await.status(201);
    let uses = json!({ "text": "[[ Support/Triage ]]" });
    all.post("/prompts/User/versions", uses).await.status(201);
    let live = told(&all.get("/deployments").await.status(200))["data"][0]["id"].clone();
    let requests = requests(live.as_str().unwrap());
    let (mut let_in, mut refused) = (0, 0);
    for scopes in scopes {
        for (environments, reached) in &limits {
            for (within, folders) in &folders {
                let codes: Vec<_> = scopes.iter().map(|scope| scope.code()).collect();
                let codes = codes.join(" ");
                let (_, key) = acme.has_limited_key(&codes, environments.clone(), within.clone()).await;
                let service = Service::with(&app, key.as_str());
                for asked in &requests {
                    let sees_all = (folders.len() == 2, reached.len() == ENVIRONMENTS.len());
                    let may = (sees_all.0 || !asked.whole.0)
                        && (sees_all.1 || !asked.whole.1)
                        && scopes.contains(&asked.scope)
                        && asked.environment.is_none_or(|at| reached.contains(&at))
                        && asked.folder.is_none_or(|folder| folders.contains(&folder));
                    let json = [("content-type", "application/json"), ("if-match", "\"9\"")];
                    let body = if asked.body.is_null() { String::new() } else { asked.body.to_string() };
                    let Asked { method, path, .. } = asked;
                    if path == "/events" {
                        // A stream does not end: what counts is whether there is one.
                        let request = Request::builder().uri("/api/v1/events");
                        let bearer = format!("Bearer {}", service.key);
                        let request = request.header("authorization", bearer).body(Body::empty()).unwrap();
                        assert_eq!(app.send(request).await.status() != 403, may, "{codes:?}: {path}");
                        continue;
                    }
                    let answer = service.send(method.clone(), path, &json, Body::from(body)).await;
                    let told = format!("{codes:?}, {reached:?}, {folders:?}: {method} {path} {}", asked.body);
                    let is_there = scopes.contains(&asked.scope)
                        && !asked.names_top
                        && (sees_all.0 || !asked.whole.0)
                        && (sees_all.1 || !asked.whole.1);
                    // Beyond a limit nothing is; all else that a key may not do, it is told that it may not.
                    let refused_as = if is_there { 404 } else { 403 };
                    let is_let_in = answer.status != 403
                        && !answer.body.contains(HIDDEN.0)
                        && !answer.body.contains(HIDDEN.1);
                    assert_eq!(is_let_in, may, "{told}: {answer}");
                    assert!(may || answer.status == refused_as, "{told}: {answer}");
                    assert!(answer.status < 500 && answer.status != 401, "{told}: {answer}");
                    *if may { &mut let_in } else { &mut refused } += 1;
                }
            }
        }
    }
    assert!(let_in > 300 && refused > 1_000, "{let_in} let in, {refused} refused");
}
