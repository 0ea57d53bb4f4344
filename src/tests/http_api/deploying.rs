use super::{Service, TestApp, acme, both_databases, problem, told};
use crate::{
    role::Role,
    tests::{api_keys::key, support::Answer},
};
use axum::{body::Body, http::Method};
use futures_util::future::join_all;
use serde_json::{Value, json};

both_databases!(
    a_key_deploys_and_rolls_back,
    of_many_who_roll_back_one_does,
    what_is_protected_people_approve,
    a_key_changes_nothing_protected_beyond_its_environments,
    environments_tell_who_must_approve,
    who_was_shown_a_key_does_not_approve_what_it_asks_for,
);

const DEPLOYS: &str = "read:prompts read:deployments write:deployments";

impl Service {
    async fn deploys(&self, prompt: &str, environment: &str, version: Value) -> Answer {
        let body = json!({ "prompt": prompt, "environment": environment, "version": version, "reason": "By a test" });
        self.post("/deployments", body).await
    }
}

async fn a_key_deploys_and_rolls_back(app: TestApp) {
    let (ana, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, DEPLOYS).await;
    let first = told(&service.deploys("Support/Triage", "development", json!(1)).await.status(201));
    assert_eq!(
        (&first["by"], &first["number"], &first["kind"]),
        (&json!("Sample key"), &json!(1), &json!("deploy"))
    );
    service
        .get("/prompts/Support%2FTriage?environment=development")
        .await
        .status(200)
        .has("x-prompt-version", "1");
    problem(service.deploys("Support/Triage", "development", json!(1)).await, 409, "conflict");
    let gone = problem(service.deploys("Support/Triage", "development", json!(3)).await, 404, "not_found");
    assert_eq!(gone["detail"], "Support/Triage has no version 3.");
    let gone = problem(service.get("/prompts/Support%2FTriage?version=3").await, 404, "not_found");
    assert_eq!(gone["detail"], "Support/Triage has no version 3.");
    // What is left out undeploys nothing.
    let forgot = json!({ "prompt": "Support/Triage", "environment": "development" });
    let forgot = problem(service.post("/deployments", forgot).await, 400, "invalid_request");
    assert!(forgot["detail"].as_str().unwrap().contains("version"), "{forgot}");
    let second = told(&service.deploys("Support/Triage", "development", json!(2)).await.status(201));
    let back = |id: &Value| format!("/deployments/{}/rollback", id.as_str().unwrap());
    problem(service.post(&back(&first["id"]), json!({})).await, 409, "conflict");
    let third = told(&service.post(&back(&second["id"]), json!({ "reason": "Too long" })).await.status(201));
    assert_eq!(
        (&third["version"], &third["kind"], &third["reason"]),
        (&json!(1), &json!("rollback"), &json!("Too long"))
    );
    problem(service.post(&back(&third["id"]), json!({})).await, 409, "conflict");
    // It needs no body.
    let fourth = told(&service.deploys("Support/Triage", "development", json!(2)).await.status(201));
    let empty = service.send(Method::POST, &back(&fourth["id"]), &[], Body::empty()).await.status(201);
    assert_eq!(told(&empty)["version"], 1);
    let form = service.send(Method::POST, &back(&fourth["id"]), &[], Body::from("reason=x")).await;
    problem(form, 415, "unsupported_media_type");
    service.deploys("Support/Triage", "development", json!(null)).await.status(201);
    problem(service.deploys("Support/Triage", "development", json!(null)).await, 409, "conflict");
    // People see who it was.
    let log = ana.get("/acme/settings/audit-log").await.status(200);
    assert!(log.body.contains("Sample key"), "{log}");
    let wordy =
        json!({ "prompt": "Tone", "environment": "staging", "version": 1, "reason": "x".repeat(501) });
    let told = problem(service.post("/deployments", wordy).await, 422, "unprocessable");
    assert_eq!(told["errors"][0]["field"], "reason");
}

async fn of_many_who_roll_back_one_does(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, DEPLOYS).await;
    for _ in 0..5 {
        service.deploys("Support/Triage", "development", json!(1)).await.status(201);
        let newest = told(&service.deploys("Support/Triage", "development", json!(2)).await.status(201));
        let back = format!("/deployments/{}/rollback", newest["id"].as_str().unwrap());
        let all = join_all((0..4).map(|_| service.post(&back, json!({})))).await;
        let done = all.iter().filter(|one| one.status == 201).count();
        assert!(done == 1 && all.iter().all(|one| [201, 409].contains(&one.status)), "{all:?}");
        service.deploys("Support/Triage", "development", json!(null)).await.status(201);
    }
}

async fn environments_tell_who_must_approve(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:deployments").await;
    let mut rules = Vec::new();
    for rule in ["approvals = 0, others = 0", "approvals = 1", "others = 1", "approvals = 2, others = 0"] {
        app.execute(&format!("UPDATE environments SET {rule} WHERE name = 'production'")).await;
        let all = told(&service.get("/environments").await.status(200));
        let production =
            all["data"].as_array().unwrap().iter().find(|one| one["name"] == "production").unwrap();
        rules.push(json!([production["approvals"], production["others_approve"]]));
    }
    assert_eq!(json!(rules), json!([[0, false], [1, false], [1, true], [2, true]]));
}

async fn what_is_protected_people_approve(app: TestApp) {
    let (ana, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, DEPLOYS).await;
    let request = told(&service.deploys("Tone", "production", json!(1)).await.status(202));
    assert_eq!(request["approvals"], 1);
    problem(service.get("/prompts/Tone").await, 404, "not_found");
    ana.get("/acme/deployments").await.status(200).says("Sample key wants to deploy version 1 of");
    // Whoever made the key does not approve what it asks for.
    let seen = acme.fingerprint(request["request"].as_str().unwrap().parse().unwrap()).await;
    let approve =
        [("org", "acme"), ("request", request["request"].as_str().unwrap()), ("fingerprint", &*seen)];
    ana.call("/api/deployments/approve", &approve).await.status(403);
    let adam = acme.has("Adam", Role::Admin).await;
    adam.call("/api/deployments/approve", &approve).await.status(200);
    service.get("/prompts/Tone").await.status(200);
    // With the scope for it, a key deploys where one approval is enough.
    let trusted = Service::of(&app, &acme, &format!("{DEPLOYS} deploy:protected")).await;
    trusted.deploys("Tone", "production", json!(null)).await.status(201);
    app.execute("UPDATE environments SET approvals = 2 WHERE name = 'production'").await;
    trusted.deploys("Tone", "production", json!(1)).await.status(202);
}

async fn a_key_changes_nothing_protected_beyond_its_environments(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let scopes = format!("{DEPLOYS} write:prompts deploy:protected");
    let owner = Service::of(&app, &acme, &scopes).await;
    owner.post("/prompts/Tone/versions", json!({ "text": "Be bold." })).await.status(201);
    owner.post("/prompts", json!({ "name": "Ad" })).await.status(201);
    owner.post("/prompts/Ad/versions", json!({ "text": "[[ Tone@development ]]" })).await.status(201);
    owner.deploys("Ad", "production", json!(1)).await.status(201);
    let development = Some(format!("[\"{}\"]", stock.environment));
    let (_, key) = acme.has_limited_key(&scopes, development, None).await;
    let limited = Service::with(&app, key.as_str());
    let refused = problem(limited.deploys("Tone", "development", json!(2)).await, 409, "conflict");
    let says = "This would also change a prompt this key has no access to, where others must approve, because it refers to what is live here. Make it refer to a fixed version first.";
    assert_eq!(refused["detail"], says);
    assert_eq!(told(&owner.get("/prompts/Ad").await.status(200))["text"], "Be {{ tone }}.");
    owner.deploys("Tone", "development", json!(2)).await.status(201);
    assert_eq!(told(&owner.get("/prompts/Ad").await.status(200))["text"], "Be bold.");
}

async fn who_was_shown_a_key_does_not_approve_what_it_asks_for(app: TestApp) {
    let (ana, acme, _) = acme(&app).await;
    let (adam, ada) = (acme.has("Adam", Role::Admin).await, acme.has("Ada", Role::Admin).await);
    let scopes = [("preset", "ci-cd")];
    let (id, _) = key(&ana.makes_key(&acme, &scopes).await.status(200));
    let rotate = [("org", "acme"), ("key", &*id), ("overlap", "0")];
    let (_, shown) = key(&adam.call("/api/api_keys/rotate", &rotate).await.status(200));
    let request =
        told(&Service::with(&app, &shown).deploys("Tone", "production", json!(1)).await.status(202));
    let seen = acme.fingerprint(request["request"].as_str().unwrap().parse().unwrap()).await;
    let approve =
        [("org", "acme"), ("request", request["request"].as_str().unwrap()), ("fingerprint", &*seen)];
    let refused = adam.call("/api/deployments/approve", &approve).await.status(409);
    let says = "You know the secret of the key Robot, so someone else must approve its requests.";
    assert!(refused.body.contains(says), "{refused}");
    ana.call("/api/deployments/approve", &approve).await.status(403);
    ada.call("/api/deployments/approve", &approve).await.status(200);
}
