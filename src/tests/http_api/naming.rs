//! A key that is limited learns nothing of what lies beyond its limits, not from a refusal either.

use super::{Service, TestApp, acme, both_databases, problem, told};
use crate::{id::FolderId, tests::support::Org};
use axum::{body::Body, http::Method};
use serde_json::{Value, json};

both_databases!(
    what_tells_of_everything_is_not_told,
    who_uses_a_prompt_is_named_as_far_as_it_is_reached,
    what_a_deployment_breaks_is_named_as_far_as_it_is_reached,
    what_is_live_elsewhere_is_named_as_far_as_it_is_reached,
    a_reference_is_refused_in_its_own_words,
    a_file_holds_what_the_key_may_know_of,
    a_part_brings_only_what_it_uses,
    what_is_not_there_is_told_apart_by_a_key_of_all_folders,
);

const ALL: &str =
    "read:prompts write:prompts delete:prompts read:deployments write:deployments read:usage read:audit";

/// A service that may do everything, and one that may in a folder.
async fn both(app: &TestApp, org: &Org, folder: FolderId) -> (Service, Service) {
    let (_, key) = org.has_limited_key(ALL, None, Some(format!("[\"{folder}\"]"))).await;
    (Service::of(app, org, ALL).await, Service::with(app, key.as_str()))
}

/// Makes a prompt that says something.
async fn says(service: &Service, folder: Option<&str>, name: &str, text: &str) {
    service.post("/prompts", json!({ "name": name, "folder": folder })).await.status(201);
    let path = folder.map_or_else(|| name.to_owned(), |folder| format!("{folder}%2F{name}"));
    service.post(&format!("/prompts/{path}/versions"), json!({ "text": text })).await.status(201);
}

async fn delete(service: &Service, path: &str) -> Value {
    let answer = service.send(Method::DELETE, path, &[], Body::empty()).await;
    problem(answer, 409, "conflict")["detail"].clone()
}

async fn what_tells_of_everything_is_not_told(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let (all, limited) = both(&app, &acme, stock.folder).await;
    let environments = Some(format!("[\"{}\"]", stock.empty));
    let (_, key) = acme.has_limited_key(ALL, environments, None).await;
    let staging = Service::with(&app, key.as_str());
    for service in [&limited, &staging] {
        let refused = problem(service.get("/audit-log").await, 403, "forbidden");
        assert!(refused["detail"].as_str().unwrap().contains("audit log"), "{refused}");
    }
    all.get("/audit-log").await.status(200);
    for group in ["key", "day"] {
        let path = format!("/usage?group_by={group}");
        problem(limited.get(&path).await, 403, "forbidden");
        all.get(&path).await.status(200);
        staging.get(&path).await.status(200);
    }
    limited.get("/usage").await.status(200);
}

async fn who_uses_a_prompt_is_named_as_far_as_it_is_reached(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let (all, limited) = both(&app, &acme, stock.folder).await;
    says(&all, Some("Support"), "Used", "x").await;
    says(&all, Some("Support"), "User", "[[ Support/Used ]]").await;
    says(&all, None, "Secret", "[[ Support/Used ]]").await;
    let used = "/prompts/Support%2FUsed";
    let by_all = "Other prompts include this: Secret, Support/User. Change them first.";
    assert_eq!(delete(&all, used).await, by_all);
    let by_limited =
        "Other prompts include this: Support/User, a prompt this key has no access to. Change them first.";
    assert_eq!(delete(&limited, used).await, by_limited);
    let of_folder = "Other prompts include this: a prompt this key has no access to. Change them first.";
    assert_eq!(delete(&limited, "/folders/Support").await, of_folder);
    says(&all, None, "Hidden", "[[ Support/Used ]]").await;
    let many = "Other prompts include this: Support/User, 2 more, some of which this key has no access to. Change them first.";
    assert_eq!(delete(&limited, used).await, many);
    // Where it is deployed, a key of another environment does not learn either.
    let environments = Some(format!("[\"{}\"]", stock.empty));
    let (_, key) = acme.has_limited_key(ALL, environments, None).await;
    let told = delete(&Service::with(&app, key.as_str()), "/prompts/Tone").await;
    assert_eq!(told, "Tone is deployed to an environment this key has no access to. Undeploy it first.");
}

async fn what_a_deployment_breaks_is_named_as_far_as_it_is_reached(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let (all, limited) = both(&app, &acme, stock.folder).await;
    says(&all, Some("Support"), "Used", "x").await;
    let deploy = |prompt: &str, version: Value| json!({ "prompt": prompt, "environment": "staging", "version": version });
    all.post("/deployments", deploy("Support/Used", json!(1))).await.status(201);
    for (folder, name) in [(Some("Support"), "User"), (None, "Secret")] {
        says(&all, folder, name, "[[ Support/Used@staging ]]").await;
        let path = folder.map_or_else(|| name.to_owned(), |folder| format!("{folder}/{name}"));
        all.post("/deployments", deploy(&path, json!(1))).await.status(201);
    }
    let undeploy = deploy("Support/Used", Value::Null);
    let told = |answer| problem(answer, 409, "conflict")["detail"].as_str().unwrap().to_owned();
    let by_all = told(all.post("/deployments", undeploy.clone()).await);
    assert!(by_all.contains("Secret in staging would break."), "{by_all}");
    let by_limited = told(limited.post("/deployments", undeploy).await);
    assert!(by_limited.contains("Support/User in staging would break."), "{by_limited}");
    assert!(by_limited.contains("A prompt this key has no access to would break."), "{by_limited}");
    assert!(!by_limited.contains("Secret"), "{by_limited}");
}

async fn what_is_live_elsewhere_is_named_as_far_as_it_is_reached(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let (all, limited) = both(&app, &acme, stock.folder).await;
    says(&all, Some("Support"), "Used", "x").await;
    says(&all, None, "Secret", "[[ Support/Used@1 ]]").await;
    let deploy = |prompt: &str| json!({ "prompt": prompt, "environment": "staging", "version": 1 });
    all.post("/deployments", deploy("Secret")).await.status(201);
    // No newest version refers to it any more.
    all.post("/prompts/Secret/versions", json!({ "text": "y" })).await.status(201);
    let used = "/prompts/Support%2FUsed";
    let says_all = "Secret is deployed to staging and includes this. First deploy a version without it.";
    assert_eq!(delete(&all, used).await, says_all);
    let says_limited = "A prompt this key has no access to is deployed and includes this. First deploy a version without it.";
    assert_eq!(delete(&limited, used).await, says_limited);
    // What would change where others must approve.
    let owner = Service::of(&app, &acme, "read:prompts write:deployments deploy:protected").await;
    let deploy = |prompt: &str, environment: &str, version: i64| json!({ "prompt": prompt, "environment": environment, "version": version });
    all.post("/deployments", deploy("Support/Used", "staging", 1)).await.status(201);
    says(&all, None, "Hidden", "[[ Support/Used@staging ]]").await;
    owner.post("/deployments", deploy("Hidden", "production", 1)).await.status(201);
    all.post("/prompts/Support%2FUsed/versions", json!({ "text": "z" })).await.status(201);
    for (service, what) in [(&all, "Hidden in production"), (&limited, "a prompt this key has no access to")]
    {
        let refused = problem(
            service.post("/deployments", deploy("Support/Used", "staging", 2)).await,
            409,
            "conflict",
        );
        let says = format!(
            "This would also change {what}, where others must approve, because it refers to what is live here. Make it refer to a fixed version first."
        );
        assert_eq!(refused["detail"], says);
    }
}

async fn a_reference_is_refused_in_its_own_words(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let (all, limited) = both(&app, &acme, stock.folder).await;
    let rename = Body::from(json!({ "name": "Secret" }).to_string());
    let json = [("content-type", "application/json")];
    all.send(Method::PATCH, "/prompts/Tone", &json, rename).await.status(200);
    says(&all, Some("Support"), "Near", "x").await;
    let saves = async |text: &str| {
        let refused = limited.post("/prompts/Support%2FNear/versions", json!({ "text": text })).await;
        problem(refused, 422, "unprocessable").to_string()
    };
    let refused = saves("[[ Tone ]]").await;
    assert!(refused.contains("has no access to Tone.") && !refused.contains("Secret"), "{refused}");
    // A circle that goes through what it does not reach.
    says(&all, None, "Outer", "[[ Support/Near ]]").await;
    says(&all, Some("Support"), "Way", "[[ Outer ]]").await;
    let circle = "Support/Near → Support/Way → a prompt this key has no access to → Support/Near";
    let refused = saves("[[ Support/Way ]]").await;
    assert!(refused.contains(circle) && !refused.contains("Outer"), "{refused}");
}

async fn a_file_holds_what_the_key_may_know_of(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let (all, limited) = both(&app, &acme, stock.folder).await;
    all.post("/prompts", json!({ "name": "Begun", "folder": "Support" })).await.status(201);
    let reader = Service::of(&app, &acme, "read:prompts").await;
    for path in ["/export?prompt=Support%2FTriage", "/export?folder=Support"] {
        let file = told(&all.get(path).await.status(200));
        let triage = &file["prompts"][0];
        assert_eq!(triage["draft"]["body"]["text"], "[[ Tone ]]?", "{file}");
        assert_eq!(triage["old_paths"], json!(["Triage"]), "{file}");
        assert_eq!(triage["versions"][0]["references"]["Tone"]["path"], "Tone", "{file}");
        // What is not saved is for those who write.
        let file = told(&reader.get(path).await.status(200));
        assert_eq!(file["prompts"].as_array().unwrap().len(), 1, "{file}");
        assert!(file["prompts"][0].get("draft").is_none(), "{file}");
        assert_eq!(file["prompts"][0]["versions"].as_array().unwrap().len(), 2, "{file}");
        // Where it was, and where it leads, is for those who reach that.
        let file = told(&limited.get(path).await.status(200));
        let triage = &file["prompts"][0];
        assert!(triage.get("draft").is_some() && triage.get("old_paths").is_none(), "{file}");
        assert!(triage["versions"][0].get("references").is_none(), "{file}");
    }
}

async fn a_part_brings_only_what_it_uses(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let (all, limited) = both(&app, &acme, stock.folder).await;
    let variables = json!({ "user": { "city": "Bern" }, "tone": "dry", "password": "hunter2" });
    all.post("/folders", json!({ "name": "Secret", "variables": variables })).await.status(201);
    says(&all, Some("Secret"), "Part", "{{ user.city }}").await;
    for (n, text) in (1..).zip(["{{ tone }}", "{% if tone %}[[ Secret/Part ]]{% endif %}"]) {
        all.post("/prompts", json!({ "name": format!("Whole {n}"), "folder": "Support" })).await.status(201);
        let whole = format!("/prompts/Support%2FWhole%20{n}");
        let body = json!({ "engine": "jinja", "text": format!("{text} [[ Secret/Part ]]") });
        all.post(&format!("{whole}/versions"), body).await.status(201);
        let fetched = told(&limited.get(&format!("{whole}?label=latest")).await.status(200));
        if let Some(parts) = fetched["parts"].as_array() {
            assert_eq!(parts[0]["inherited"], json!({ "user": { "city": "Bern" } }), "{fetched}");
        }
        assert!(fetched["parts"].is_array() || n == 1, "{fetched}");
        assert!(!fetched.to_string().contains("hunter2"), "{fetched}");
    }
}

async fn what_is_not_there_is_told_apart_by_a_key_of_all_folders(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let (all, limited) = both(&app, &acme, stock.folder).await;
    let (_, key) = acme.has_key("read:deployments").await;
    let deployer = Service::with(&app, key.as_str());
    let long = "n".repeat(300);
    let detail = async |service: &Service, path: &str| {
        problem(service.get(path).await, 404, "not_found")["detail"].as_str().unwrap().to_owned()
    };
    let one = "Not found, or not visible to this key.";
    for (path, says) in [
        ("/prompts/Nowhere", "There is no prompt “Nowhere”."),
        (
            "/prompts/support%2FTRIAGE",
            "There is no prompt “support/TRIAGE”. Paths are case-sensitive: use “Support/Triage”.",
        ),
        ("/prompts/support%2FTRIAGE/versions", "use “Support/Triage”."),
        (
            "/organizations/acme/prompts/tone",
            "There is no prompt “tone”. Paths are case-sensitive: use “Tone”.",
        ),
        (&format!("/prompts/{long}"), "There is no prompt with this path."),
        ("/prompts/01890a5d-ac96-774b-bcce-b302099a8057", "There is no prompt with this ID."),
        ("/prompts/Support/Triage", "Encode slashes in a path as %2F, as in /prompts/Support%2FTriage."),
        ("/prompts/Support/Triage/versions", "Encode slashes in a path as %2F"),
        ("/organizations/acme/folders/Support/Inner", "Encode slashes in a path as %2F, as in /folders/"),
        ("/nowhere/at/all", one),
        ("/prompts/", one),
    ] {
        let told = detail(&all, path).await;
        assert!(told.ends_with(says) || told.starts_with(says), "{path}: {told}");
        assert_eq!(detail(&limited, path).await, one, "{path}");
    }
    let told = detail(&deployer, "/deployments?prompt=tone").await;
    assert_eq!(told, "There is no prompt with this path.", "who may not read prompts learns no path");
    assert_eq!(detail(&all, "/prompts/Tone").await, "Tone isn't deployed to production.");
}
