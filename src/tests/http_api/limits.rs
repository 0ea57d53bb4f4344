use super::{Service, TestApp, acme, both_databases, door::ROUTES, problem, told};
use crate::{key_scope::KeyScope, role::Role, time::Span};
use axum::{body::Body, http::Method};
use serde_json::json;

both_databases!(
    a_scope_opens_what_it_says,
    a_key_that_is_refused_again_and_again_fills_no_log,
    a_key_reaches_its_environments_and_folders,
    a_key_of_some_folders_reads_no_people,
    an_invitation_that_has_expired_is_not_pending,
    what_a_key_does_not_reach_is_not_put_into_what_it_does,
    an_import_follows_no_environment_beyond_its_key,
    another_organization_is_not_there,
);

/// The scope that a route needs; none for those that any key may ask.
fn needs(method: &str, path: &str) -> Option<KeyScope> {
    match (method, path.split(['/', '?']).nth(1)) {
        (_, Some("whoami")) => None,
        (_, Some("members" | "invitations" | "audit-log")) => Some(KeyScope::ReadAudit),
        (_, Some("usage")) => Some(KeyScope::ReadUsage),
        ("GET", Some("prompts" | "folders" | "export")) => Some(KeyScope::ReadPrompts),
        ("POST", Some("prompts")) if path.ends_with("/render") => Some(KeyScope::ReadPrompts),
        ("DELETE", Some("prompts" | "folders")) => Some(KeyScope::DeletePrompts),
        (_, Some("prompts" | "folders" | "import")) => Some(KeyScope::WritePrompts),
        ("POST", Some("deployments")) => Some(KeyScope::WriteDeployments),
        _ => Some(KeyScope::ReadDeployments),
    }
}

async fn a_scope_opens_what_it_says(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let mut grid = Vec::new();
    for scope in KeyScope::ALL {
        let service = Service::of(&app, &acme, scope.code()).await;
        // A stream does not end; its scope is tried with it.
        for (method, path) in ROUTES.iter().filter(|(_, path)| *path != "/events") {
            let json = [("content-type", "application/json")];
            let body = match *path {
                "/deployments" => json!({ "prompt": "Tone", "environment": "staging", "version": 9 }),
                "/import" => json!({ "format": "" }),
                "/prompts/batch-order" => json!({ "prompts": [] }),
                "/prompts" | "/folders" => json!({ "name": "" }),
                "/prompts/Tone/versions" => json!({ "text": "x" }),
                _ => json!({}),
            };
            let verb = Method::from_bytes(method.as_bytes()).unwrap();
            let answer = service.send(verb, path, &json, Body::from(body.to_string())).await;
            let status = answer.status;
            let may = needs(method, path).is_none_or(|needed| needed == *scope);
            // Which rollback there is, only those who may roll back are told.
            assert_eq!(status == 403, !may, "{} {method} {path}: {answer}", scope.code());
            if status == 403 {
                let needed = needs(method, path).unwrap().code();
                assert!(told(&answer)["detail"].as_str().unwrap().contains(needed), "{answer}");
                grid.push(());
            }
        }
    }
    app.writes_notes().await.unwrap();
    let denied = acme.count("SELECT count(*) FROM audit_log WHERE org_id = $1 AND action = 'access.denied' AND actor_kind = 'key'");
    assert_eq!(denied.await, i64::try_from(grid.len()).unwrap(), "each refusal is written down");
}

async fn a_key_that_is_refused_again_and_again_fills_no_log(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:usage").await;
    let other = Service::of(&app, &acme, "read:usage").await;
    let written = async || {
        app.writes_notes().await.unwrap();
        let told = "SELECT count(*) FROM audit_log WHERE org_id = $1 AND action = 'access.denied'";
        acme.count(told).await
    };
    for _ in 0..100 {
        problem(service.get("/prompts").await, 403, "forbidden");
    }
    assert_eq!(written().await, 60);
    // Others are written down, and so is this one a while later.
    problem(other.get("/prompts").await, 403, "forbidden");
    app.clock.advance(Span::minutes(2));
    for _ in 0..10 {
        problem(service.get("/prompts").await, 403, "forbidden");
    }
    assert_eq!(written().await, 63);
}

async fn a_key_reaches_its_environments_and_folders(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let scopes = "read:prompts read:deployments write:deployments";
    let staging = Some(format!("[\"{}\"]", stock.empty));
    let (_, key) = acme.has_limited_key(scopes, staging, None).await;
    let service = Service::with(&app, key.as_str());
    problem(service.get("/prompts/Tone?environment=development").await, 404, "not_found");
    problem(service.get("/prompts/Tone").await, 404, "not_found");
    problem(service.get(&format!("/prompts/Tone?label={}", stock.environment)).await, 404, "not_found");
    problem(service.get("/deployments?environment=development").await, 404, "not_found");
    let environments = told(&service.get("/environments").await.status(200));
    assert_eq!(environments["data"].as_array().unwrap().len(), 1);
    assert_eq!(told(&service.get("/deployments").await.status(200))["data"], json!([]));
    let deploy = |environment: &str, prompt: &str| json!({ "prompt": prompt, "environment": environment, "version": 1 });
    problem(service.post("/deployments", deploy("production", "Tone")).await, 404, "not_found");
    service.post("/deployments", deploy("staging", "Tone")).await.status(201);
    service.get("/prompts/Tone?environment=staging").await.status(200);

    let support = Some(format!("[\"{}\"]", stock.folder));
    let (_, key) = acme.has_limited_key(scopes, None, support).await;
    let service = Service::with(&app, key.as_str());
    service.get("/prompts/Support%2FTriage?version=1").await.status(200);
    service.get(&format!("/prompts/{}?version=1", stock.prompt)).await.status(200);
    for path in [
        "/prompts/Tone?version=1",
        &format!("/prompts/{}?version=1", stock.live),
        "/prompts/Tone/versions",
        "/prompts/Tone/versions/1",
        "/deployments?prompt=Tone",
    ] {
        problem(service.get(path).await, 404, "not_found");
    }
    problem(service.post("/prompts/Tone/render", json!({ "label": "latest" })).await, 404, "not_found");
    problem(service.post("/deployments", deploy("development", "Tone")).await, 404, "not_found");
    let listed = told(&service.get("/prompts").await.status(200));
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    assert_eq!(told(&service.get("/deployments").await.status(200))["data"], json!([]));
    // A deployment of something else is not rolled back by its id either.
    let theirs = Service::of(&app, &acme, "read:deployments").await;
    let theirs = told(&theirs.get("/deployments?prompt=Tone").await.status(200));
    let path = format!("/deployments/{}/rollback", theirs["data"][0]["id"].as_str().unwrap());
    problem(service.post(&path, json!({})).await, 404, "not_found");
}

async fn an_invitation_that_has_expired_is_not_pending(app: TestApp) {
    let (ana, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:audit").await;
    ana.invites(&acme, "old@example.com", Role::Viewer).await.status(200);
    let state = async || told(&service.get("/invitations").await.status(200))["data"][0]["state"].clone();
    assert_eq!(state().await, "pending");
    app.execute("UPDATE invitations SET expires_at = 1").await;
    assert_eq!(state().await, "expired");
}

async fn a_key_of_some_folders_reads_no_people(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let folders = Some(format!("[\"{}\"]", stock.folder));
    let (_, key) = acme.has_limited_key("read:audit read:prompts", None, folders).await;
    let (limited, whole) = (Service::with(&app, key.as_str()), Service::of(&app, &acme, "read:audit").await);
    for path in ["/members", "/invitations"] {
        problem(limited.get(path).await, 403, "forbidden");
        whole.get(path).await.status(200);
    }
}

async fn what_a_key_does_not_reach_is_not_put_into_what_it_does(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let support = Some(format!("[\"{}\"]", stock.folder));
    let (_, key) = acme.has_limited_key("read:prompts write:prompts", None, support).await;
    let service = Service::with(&app, key.as_str());
    service.post("/prompts", json!({ "name": "Near", "folder": "Support" })).await.status(201);
    let saves = async |key: &Service, prompt: &str, engine: &str, text: &str| {
        let path = format!("/prompts/Support%2F{prompt}/versions");
        key.post(&path, json!({ "engine": engine, "text": text })).await
    };
    for engine in ["plain", "jinja"] {
        for text in ["[[Tone]]", "[[ Tone@1 | tone=loud ]]", "[[Tone@development]]"] {
            let refused = problem(saves(&service, "Near", engine, text).await, 422, "unprocessable");
            assert!(refused.to_string().contains("this key has no access to Tone"), "{refused}");
        }
    }
    // What it reaches it may put in; and a prompt that leads to another already may go on with it, in the same
    // words.
    saves(&service, "Near", "plain", "Near").await.status(201);
    saves(&service, "Triage", "plain", "[[Support/Near]] [[ Tone ]]").await.status(201);
    problem(saves(&service, "Triage", "plain", "[[Tone@1]]").await, 422, "unprocessable");
    saves(&service, "Triage", "plain", "Alone").await.status(201);
    problem(saves(&service, "Triage", "plain", "[[Tone]]").await, 422, "unprocessable");
    let all = Service::of(&app, &acme, "read:prompts write:prompts").await;
    saves(&all, "Triage", "plain", "[[Tone]]").await.status(201);
}

async fn an_import_follows_no_environment_beyond_its_key(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let (staging, scopes) = (Some(format!("[\"{}\"]", stock.empty)), "read:prompts write:prompts");
    let (_, key) = acme.has_limited_key(scopes, staging, None).await;
    let (limited, all) = (Service::with(&app, key.as_str()), Service::of(&app, &acme, scopes).await);
    let file = |text: &str| {
        let target = text.trim_start_matches("[[ ").split(" ]]").next().unwrap();
        let environment = target.split('@').nth(1).unwrap_or("development");
        let lead = json!({ "path": "Tone", "environment": environment });
        let version =
            json!({ "number": 1, "content": { "body": { "text": text } }, "references": { target: lead } });
        let prompts = json!([{ "path": "Near", "versions": [version] }]);
        json!({ "format": "prompt-studio/library/1", "prompts": prompts })
    };
    let says = async |key: &Service, path: &str, text: &str| {
        let told = told(&key.post(path, file(text)).await.status(200));
        told["lines"][0]["says"].as_str().unwrap().to_owned()
    };
    // Whether there is one of the name is not told, and the same is said when it is saved.
    for environment in ["development", "nowhere"] {
        let text = format!("[[ Tone@{environment} ]]");
        let why = format!("{text}: there is no environment {environment}, or this key has no access to it.");
        for path in ["/import?dry_run=true", "/import"] {
            let said = says(&limited, path, &text).await;
            assert!(said.ends_with(&format!("skipped: version 1 and later: {why}")), "{said}");
        }
        let saved = limited.post("/prompts/Near/versions", json!({ "text": text })).await;
        let refused = problem(saved, 422, "unprocessable");
        assert!(refused.to_string().contains(&why), "{refused}");
    }
    // A text that names no environment follows none.
    for key in [&limited, &all] {
        let said = says(key, "/import", "[[ Tone ]]").await;
        assert_eq!(said, "the references of version 1 don't match its text");
    }
    // What is there already is nothing new; and what the newest version follows may be followed on, as in saving.
    let first = "[[ Tone@development ]]";
    assert_eq!(says(&all, "/import", first).await, "1 version added to the existing ones");
    assert_eq!(says(&limited, "/import", first).await, "nothing new");
    let added = says(&limited, "/import", "[[ Tone@development ]] more").await;
    assert!(added.starts_with("1 version added"), "{added}");
    all.post("/prompts/Near/versions", json!({ "text": "Alone" })).await.status(201);
    assert_eq!(says(&limited, "/import", first).await, "nothing new");
    let again = says(&limited, "/import", "[[ Tone@development ]] again").await;
    assert!(again.contains("or this key has no access to it"), "{again}");
}

async fn another_organization_is_not_there(app: TestApp) {
    let (ana, _, stock) = acme(&app).await;
    let other = app.org("Other", &ana).await;
    let all: Vec<_> = KeyScope::ALL.iter().map(|scope| scope.code()).collect();
    let service = Service::of(&app, &other, &all.join(" ")).await;
    let (live, environment) = (stock.live, stock.environment);
    for path in [
        format!("/prompts/{live}"),
        format!("/prompts/{live}?version=1"),
        format!("/prompts/{live}/versions"),
        format!("/prompts/{live}/versions/1"),
        "/prompts/Tone".to_owned(),
        format!("/deployments?prompt={live}"),
        format!("/deployments?environment={environment}"),
        "/organizations/acme/prompts".to_owned(),
        "/organizations/acme/environments".to_owned(),
        "/organizations/nobody/environments".to_owned(),
    ] {
        problem(service.get(&path).await, 404, "not_found");
    }
    service.get("/organizations/other/environments").await.status(200);
    let deploy =
        |environment: &str| json!({ "prompt": live.to_string(), "environment": environment, "version": 1 });
    for environment in ["development", &environment.to_string()] {
        problem(service.post("/deployments", deploy(environment)).await, 404, "not_found");
    }
    assert_eq!(app.rows("deployments", "1 = 1").await.len(), 1);
    let seen = told(&service.get("/deployments").await.status(200));
    assert_eq!(seen["data"], json!([]));
    assert_eq!(told(&service.get("/prompts").await.status(200))["data"], json!([]));
}
