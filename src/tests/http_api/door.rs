use super::{Service, TestApp, acme, both_databases, problem, told};
use crate::{delivery::keys::KeyToken, key_scope::KeyScope, tests::support::BASE};
use axum::{body::Body, http::Method};
use serde_json::json;

both_databases!(
    only_a_key_opens_it,
    a_session_opens_nothing,
    what_is_wrong_is_a_problem,
    a_key_tells_whose_it_is,
    what_is_asked_wrong_is_refused,
    a_name_that_is_not_known_is_refused_everywhere,
);

/// All routes, with an id or a path where one is.
pub(super) const ROUTES: &[(&str, &str)] = &[
    ("GET", "/whoami"),
    ("GET", "/events"),
    ("GET", "/audit-log"),
    ("GET", "/export"),
    ("POST", "/import"),
    ("GET", "/members"),
    ("GET", "/invitations"),
    ("GET", "/usage"),
    ("GET", "/prompts"),
    ("POST", "/prompts"),
    ("POST", "/prompts/batch-order"),
    ("GET", "/prompts/Tone?environment=development"),
    ("GET", "/prompts/Tone/diff?from=1&to=1"),
    ("PATCH", "/prompts/Tone"),
    ("DELETE", "/prompts/Support%2FTriage"),
    ("PATCH", "/prompts/Tone/move"),
    ("POST", "/prompts/Tone/render"),
    ("GET", "/prompts/Tone/versions"),
    ("POST", "/prompts/Tone/versions"),
    ("GET", "/prompts/Tone/versions/1"),
    ("GET", "/folders"),
    ("POST", "/folders"),
    ("GET", "/folders/Support"),
    ("PATCH", "/folders/Support"),
    ("DELETE", "/folders/Support"),
    ("GET", "/environments"),
    ("GET", "/deployments"),
    ("POST", "/deployments"),
    ("POST", "/deployments/00000000-0000-0000-0000-000000000000/rollback"),
];

async fn only_a_key_opens_it(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let (_, good) = acme.has_key("read:prompts").await;
    let other = KeyToken::new(Some(good.public_id()));
    for key in ["", "x", other.as_str(), "ps_0_0_0"] {
        let service = Service::with(&app, key);
        for (method, path) in ROUTES {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let answer = service.send(method, path, &[], Body::empty()).await;
            let challenge = answer.header("www-authenticate").unwrap_or_default().to_owned();
            problem(answer, 401, "unauthenticated");
            assert!(challenge.starts_with("Bearer realm="), "{challenge}");
            // Of a key that was not shown it is not said that it is wrong.
            assert_eq!(challenge.contains("error=\"invalid_token\""), !key.is_empty(), "{challenge}");
        }
    }
    let nobody = Service::with(&app, "");
    for header in [format!("Basic {}", good.as_str()), good.as_str().to_owned(), "Bearer".to_owned()] {
        let answer = nobody.send(Method::GET, "/whoami", &[("authorization", &header)], Body::empty()).await;
        problem(answer, 401, "unauthenticated");
    }
    let header = format!("bEARER {}", good.as_str());
    nobody.send(Method::GET, "/whoami", &[("authorization", &header)], Body::empty()).await.status(200);
}

async fn a_session_opens_nothing(app: TestApp) {
    let (ana, acme, _) = acme(&app).await;
    for path in ["whoami", "prompts", "environments"] {
        problem(ana.get(&format!("/api/v1/{path}")).await, 401, "unauthenticated");
    }
    // And a key opens no page.
    let service = Service::of(&app, &acme, "read:prompts").await;
    let request = axum::http::Request::builder().uri("/acme/prompts").header("accept", "text/html");
    let request = request.header("authorization", format!("Bearer {}", service.key));
    let answer = app.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.headers()["location"], "/sign-in?next=/acme/prompts");
}

async fn what_is_wrong_is_a_problem(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:prompts write:deployments").await;
    problem(service.get("/nothing").await, 404, "not_found");
    problem(service.get("/").await, 404, "not_found");
    problem(service.get("").await, 404, "not_found");
    problem(service.get("/organizations/acme/nothing").await, 404, "not_found");
    for (path, allowed) in [("/whoami", "GET,HEAD"), ("/prompts", "GET,HEAD,POST")] {
        let answer = service.send(Method::DELETE, path, &[], Body::empty()).await.has("allow", allowed);
        problem(answer, 405, "method_not_allowed");
    }
    let told = problem(service.post("/deployments", json!({})).await, 400, "invalid_request");
    assert!(told["errors"].is_array(), "{told}");
    assert_eq!(told["title"], "Invalid request");
    assert_eq!(told["type"], format!("{BASE}/api/docs#invalid_request"));
    let answer = service.get("/prompts/Nowhere").await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    problem(answer, 404, "not_found");
}

async fn a_key_tells_whose_it_is(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let folders = format!("[\"{}\"]", stock.folder);
    let (id, key) = acme.has_limited_key("read:prompts read:audit", None, Some(folders)).await;
    let answer = Service::with(&app, key.as_str()).get("/whoami").await.status(200);
    let expected = json!({
        "key": {
            "id": id.to_string(), "name": "Sample key", "scopes": ["read:prompts", "read:audit"],
            "environments": null, "folders": [stock.folder.to_string()], "expires_at": null,
        },
        "organization": { "id": acme.id.to_string(), "slug": "acme", "name": "Acme" },
    });
    assert_eq!(told(&answer), expected);
}

async fn a_name_that_is_not_known_is_refused_everywhere(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let all: Vec<_> = KeyScope::ALL.iter().map(|scope| scope.code()).collect();
    let service = Service::of(&app, &acme, &all.join(" ")).await;
    let json = [("content-type", "application/json")];
    for (method, path) in ROUTES {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let path = path.split('?').next().unwrap();
        for path in [path.to_owned(), format!("/organizations/acme{path}")] {
            if path.starts_with("/organizations/acme/whoami")
                || path.starts_with("/organizations/acme/events")
            {
                continue;
            }
            let answer =
                service.send(method.clone(), &format!("{path}?nonsense=1"), &json, Body::from("{}")).await;
            let told = problem(answer, 400, "invalid_request");
            assert_eq!(told["errors"][0]["field"], "nonsense", "{method} {path}: {told}");
        }
    }
}

async fn what_is_asked_wrong_is_refused(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let scopes = "read:prompts read:deployments write:deployments write:prompts";
    let service = Service::of(&app, &acme, scopes).await;
    for path in [
        "/prompts?limit=0",
        "/prompts?limit=101",
        "/prompts?limit=-1",
        "/prompts?limit=x",
        "/prompts?cursor=%00",
        "/prompts?cursor=_w",
        "/prompts?updated_after=yesterday",
        "/prompts?nonsense=1",
        "/prompts?limit=1&limit=2",
        "/prompts/Tone?environment=development&version=1",
        "/prompts/Tone?version=x",
        "/prompts/Tone?resolve=maybe",
        "/prompts/Tone/versions?cursor=eA",
        "/prompts/Tone/versions/one",
        "/deployments?cursor=eA",
        "/environments?nonsense=1",
        "/organizations/acme/environments?limit=1",
        "/prompts/Tone/versions/1?resolve=true",
        "/whoami?x",
    ] {
        problem(service.get(path).await, 400, "invalid_request");
    }
    for body in ["", "{", "[]", "null", "{\"prompt\":1}", "{\"variables\":[]}", "{\"nonsense\":1}"] {
        let json = [("content-type", "application/json")];
        for path in ["/prompts/Tone/render", "/deployments"] {
            let answer = service.send(Method::POST, path, &json, Body::from(body)).await;
            problem(answer, 400, "invalid_request");
        }
    }
    // Not even where every field may be left out.
    let json = [("content-type", "application/json")];
    let answer = service.send(Method::PATCH, "/prompts/Tone/move", &json, Body::from("[null,null]")).await;
    problem(answer, 400, "invalid_request");
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let answer = service.send(Method::POST, "/deployments", &form, Body::from("prompt=Tone")).await;
    problem(answer, 415, "unsupported_media_type");
    let long = "x".repeat(2 * 1024 * 1024);
    let json = [("content-type", "application/json")];
    let answer = service.send(Method::POST, "/deployments", &json, Body::from(long)).await;
    assert!(matches!(answer.status, 400 | 413), "{answer}");
}
