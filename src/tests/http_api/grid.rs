//! Keys × scopes × environments × folders: which request a key may make is what its scopes and limits say,
//! and nothing else.

use super::{Service, TestApp, acme, both_databases};
use crate::key_scope::KeyScope::{self, *};
use axum::{body::Body, http::Method};
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
    /// Whether it is of something at the top, or in `Support`.
    folder: Option<&'static str>,
}

const ENVIRONMENTS: [&str; 3] = ["development", "staging", "production"];
/// The prompts with the folders that they are in.
const PROMPTS: [(&str, &str); 2] = [("Tone", ""), ("Support%2FTriage", "Support")];

/// What is asked; nothing of it changes what the next one meets.
fn requests() -> Vec<Asked> {
    let mut all = Vec::new();
    let mut ask = |(method, path): (&str, String), body, scope, environment, folder| {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        all.push(Asked { method, path, body, scope, environment, folder });
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
    }
    for (path, named) in [(Value::Null, ""), (json!("Support"), "Support")] {
        let body = json!({ "name": "", "folder": path });
        ask(("POST", "/prompts".into()), body, WritePrompts, None, Some(named));
        let body = json!({ "name": "", "parent": path });
        ask(("POST", "/folders".into()), body, WritePrompts, None, Some(named));
    }
    ask(("GET", "/folders/Support".into()), Value::Null, ReadPrompts, None, Some("Support"));
    ask(("GET", "/prompts".into()), Value::Null, ReadPrompts, None, None);
    ask(("GET", "/environments".into()), Value::Null, ReadDeployments, None, None);
    ask(("GET", "/usage".into()), Value::Null, ReadUsage, None, None);
    ask(("GET", "/members".into()), Value::Null, ReadAudit, None, None);
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
    let (mut let_in, mut refused) = (0, 0);
    for scopes in scopes {
        for (environments, reached) in &limits {
            for (within, folders) in &folders {
                let codes: Vec<_> = scopes.iter().map(|scope| scope.code()).collect();
                let codes = codes.join(" ");
                let (_, key) = acme.has_limited_key(&codes, environments.clone(), within.clone()).await;
                let service = Service::with(&app, key.as_str());
                for asked in requests() {
                    let may = scopes.contains(&asked.scope)
                        && asked.environment.is_none_or(|at| reached.contains(&at))
                        && asked.folder.is_none_or(|folder| folders.contains(&folder));
                    let json = [("content-type", "application/json"), ("if-match", "\"9\"")];
                    let body = if asked.body.is_null() { String::new() } else { asked.body.to_string() };
                    let answer =
                        service.send(asked.method.clone(), &asked.path, &json, Body::from(body)).await;
                    let Asked { method, path, .. } = &asked;
                    let told = format!("{codes:?}, {reached:?}, {folders:?}: {method} {path} {}", asked.body);
                    assert_eq!(answer.status != 403, may, "{told}: {answer}");
                    assert!(answer.status < 500 && answer.status != 401, "{told}: {answer}");
                    *if may { &mut let_in } else { &mut refused } += 1;
                }
            }
        }
    }
    assert!(let_in > 300 && refused > 1_000, "{let_in} let in, {refused} refused");
}
