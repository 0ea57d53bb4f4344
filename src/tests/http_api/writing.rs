use super::{Service, TestApp, acme, both_databases, problem, told};
use crate::delivery::keys::KeyToken;
use axum::{body::Body, http::Method};
use futures_util::future::join_all;
use serde_json::{Value, json};

both_databases!(
    a_prompt_is_made_described_moved_and_thrown_away,
    a_version_is_saved_once,
    prompts_are_put_in_order,
    a_folder_is_made_changed_and_thrown_away,
    what_is_written_wrong_is_told_at_its_field,
    a_limit_to_folders_holds_for_writing,
);

const WRITES: &str = "read:prompts write:prompts delete:prompts";

impl Service {
    pub(super) async fn patch(&self, path: &str, body: Value) -> super::Answer {
        let json = [("content-type", "application/json")];
        self.send(Method::PATCH, path, &json, Body::from(body.to_string())).await
    }

    async fn delete(&self, path: &str) -> super::Answer {
        self.send(Method::DELETE, path, &[], Body::empty()).await
    }
}

async fn a_prompt_is_made_described_moved_and_thrown_away(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let service = Service::of(&app, &acme, WRITES).await;
    let new = json!({ "name": "Greeting", "kind": "chat", "description": "Says hello", "tags": ["hello"] });
    let made = told(&service.post("/prompts", new.clone()).await.status(201));
    assert_eq!(
        (&made["path"], &made["kind"], &made["tags"]),
        (&json!("Greeting"), &json!("chat"), &json!(["hello"]))
    );
    problem(service.post("/prompts", new).await, 422, "unprocessable");
    // What is left out stays.
    let described = told(&service.patch("/prompts/Greeting", json!({ "name": "Hello" })).await.status(200));
    assert_eq!(
        (&described["path"], &described["description"], &described["tags"]),
        (&json!("Hello"), &json!("Says hello"), &json!(["hello"]))
    );
    let moved = service.patch("/prompts/Hello/move", json!({ "folder": "Support" })).await.status(200);
    assert_eq!(told(&moved)["path"], "Support/Hello");
    let place = json!({ "folder": stock.folder.to_string(), "place": "first" });
    service.patch("/prompts/Support%2FHello/move", place).await.status(200);
    // What is left out stays; null, and nothing, are the top.
    for body in [json!({}), json!({ "place": "last" })] {
        let stays = service.patch("/prompts/Support%2FHello/move", body).await.status(200);
        assert_eq!(told(&stays)["path"], "Support/Hello");
    }
    for top in [json!(null), json!("")] {
        let moved =
            service.patch("/prompts/Support%2FHello/move", json!({ "folder": top })).await.status(200);
        assert_eq!(told(&moved)["path"], "Hello");
        service.patch("/prompts/Hello/move", json!({ "folder": "Support" })).await.status(200);
        let made = service.post("/prompts", json!({ "name": "At the top", "folder": top })).await.status(201);
        assert_eq!(told(&made)["path"], "At the top");
        service.delete("/prompts/At%20the%20top").await.status(204);
    }
    service.patch("/prompts/Support%2FHello/move", json!({ "folder": null })).await.status(200);
    service.delete("/prompts/Hello").await.status(204);
    problem(service.get("/prompts/Hello/versions").await, 404, "not_found");
    problem(service.delete("/prompts/Hello").await, 404, "not_found");
    let by_key =
        "SELECT count(*) FROM audit_log WHERE org_id = $1 AND actor_kind = 'key' AND action LIKE 'prompt%'";
    assert!(acme.count(by_key).await >= 4, "what a key does is written down");
}

async fn a_version_is_saved_once(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, WRITES).await;
    let path = "/prompts/Tone/versions";
    let first = told(&service.get("/prompts/Tone/versions/1").await.status(200));
    let seen = format!("\"{}\"", first["hash"].as_str().unwrap());
    let save = async |tag: &str, body: Value| {
        let headers = [("content-type", "application/json"), ("if-match", tag)];
        service.send(Method::POST, path, &headers, Body::from(body.to_string())).await
    };
    let version = json!({
        "text": "Be {{ tone }}, {{ name }}.",
        "variables": [{ "name": "name", "default": "Ada" }],
        "model": { "temperature": 0.2 },
        "message": "Says the name",
    });
    problem(save("\"00\"", version.clone()).await, 412, "precondition_failed");
    let saved = save(&seen, version.clone()).await.status(201);
    let tag = saved.header("etag").unwrap().to_owned();
    let saved = told(&saved);
    assert_eq!(
        (&saved["version"], &saved["text"], &saved["message"], &saved["author"]),
        (&json!(2), &version["text"], &version["message"], &json!("Sample key"))
    );
    assert_eq!(tag, format!("\"{}\"", saved["hash"].as_str().unwrap()));
    // What it was saved over is not the newest any more.
    problem(save(&seen, json!({ "text": "Late" })).await, 412, "precondition_failed");
    // The same again is no version, as in the editor.
    problem(save(&tag, version).await, 409, "conflict");
    // Of several at once over the same version, one is saved.
    let race = (0..6).map(|n| save(&tag, json!({ "text": format!("Text {n}") })));
    let answers = join_all(race).await;
    let saved = answers.iter().filter(|answer| answer.status == 201).count();
    let late = answers.iter().filter(|answer| answer.status == 412).count();
    assert_eq!((saved, late), (1, 5), "{answers:?}");
    // Without a condition the newest wins.
    assert_eq!(told(&service.post(path, json!({ "text": "Plain" })).await.status(201))["version"], 4);
    let fetched = told(&service.get("/prompts/Tone?label=latest").await.status(200));
    assert_eq!(fetched["text"], "Plain");
}

async fn prompts_are_put_in_order(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, WRITES).await;
    for name in ["A", "B", "C"] {
        service.post("/prompts", json!({ "name": name, "folder": "Support" })).await.status(201);
    }
    let order = json!({ "folder": "Support", "prompts": ["Support/C", "Support/A"] });
    service.post("/prompts/batch-order", order).await.status(204);
    let names = app.outside_tenancy().query(
        "SELECT name FROM prompts WHERE org_id = $1 AND folder_id IS NOT NULL AND trash_id IS NULL ORDER BY position",
    );
    let names: Vec<(String,)> = names.bind(acme.id).all().await.unwrap();
    let names: Vec<_> = names.iter().map(|(name,)| name.as_str()).collect();
    assert_eq!(names, ["C", "A", "Triage", "B"]);
    // What is in another folder has no place in this one's order.
    let order = json!({ "folder": "Support", "prompts": ["Tone"] });
    assert!((400..500).contains(&service.post("/prompts/batch-order", order).await.status));
    let many: Vec<_> = (0..101).map(|_| "Support/A").collect();
    let order = json!({ "folder": "Support", "prompts": many });
    problem(service.post("/prompts/batch-order", order).await, 422, "unprocessable");
    // They are counted before any of them is looked up.
    let order = json!({ "folder": "Support", "prompts": vec!["Nowhere"; 101] });
    problem(service.post("/prompts/batch-order", order).await, 422, "unprocessable");
}

async fn a_folder_is_made_changed_and_thrown_away(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let service = Service::of(&app, &acme, WRITES).await;
    let new =
        json!({ "name": "Billing", "parent": "Support", "variables": { "currency": "EUR", "days": 14 } });
    let made = told(&service.post("/folders", new.clone()).await.status(201));
    assert_eq!(
        (&made["path"], &made["parent"], &made["depth"], &made["variables"]),
        (&json!("Support/Billing"), &json!(stock.folder.to_string()), &json!(2), &new["variables"])
    );
    problem(service.post("/folders", new).await, 422, "unprocessable");
    let listed = told(&service.get("/folders?limit=1").await.status(200));
    assert_eq!(listed["data"][0]["path"], "Support");
    let next = format!("/folders?cursor={}", listed["next_cursor"].as_str().unwrap());
    let listed = told(&service.get(&next).await.status(200));
    assert_eq!((&listed["data"][0]["path"], &listed["next_cursor"]), (&made["path"], &Value::Null));
    let renamed = json!({ "name": "Invoices", "variables": { "days": 30 } });
    let changed = told(&service.patch("/folders/Support%2FBilling", renamed).await.status(200));
    assert_eq!(
        (&changed["path"], &changed["variables"]),
        (&json!("Support/Invoices"), &json!({ "days": 30 }))
    );
    let stays = json!({ "place": "first" });
    let stays = told(&service.patch("/folders/Support%2FInvoices", stays).await.status(200));
    assert_eq!(stays["path"], "Support/Invoices");
    for top in [json!(""), json!(null)] {
        let body = json!({ "parent": top });
        let up = told(&service.patch("/folders/Support%2FInvoices", body).await.status(200));
        assert_eq!((&up["path"], &up["parent"]), (&json!("Invoices"), &Value::Null));
        service.patch("/folders/Invoices", json!({ "parent": "Support" })).await.status(200);
        service.post("/folders", json!({ "name": format!("Top {top}"), "parent": top })).await.status(201);
    }
    // A folder is not put into itself.
    let itself = service.patch("/folders/Support", json!({ "parent": "Support" })).await;
    assert!([409, 422].contains(&itself.status), "{itself}");
    service.delete("/folders/Support").await.status(204);
    problem(service.get("/folders/Support").await, 404, "not_found");
    problem(service.get("/prompts/Support%2FTriage/versions").await, 404, "not_found");
}

async fn what_is_written_wrong_is_told_at_its_field(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, WRITES).await;
    let long = "x".repeat(300);
    service.post("/prompts", json!({ "name": "Talk" })).await.status(201);
    let user = |text: &str| json!({ "role": "user", "content": text });
    for (path, body, status, field) in [
        ("/prompts", json!({ "name": "" }), 422, "name"),
        ("/prompts", json!({ "name": "a/b" }), 422, "name"),
        ("/prompts", json!({ "name": long }), 422, "name"),
        ("/prompts", json!({ "name": "Fresh", "tags": [long] }), 422, "tags"),
        ("/prompts", json!({ "name": "Fresh", "description": "x".repeat(5000) }), 422, "description"),
        ("/folders", json!({ "name": "..", "variables": {} }), 422, "name"),
        (
            "/folders",
            json!({ "name": "Fresh", "variables": { "not a name": 1 } }),
            422,
            "variables.not a name",
        ),
        ("/prompts/Tone/versions", json!({}), 400, "text"),
        ("/prompts/Tone/versions", json!({ "text": "a", "messages": [] }), 400, "text"),
        (
            "/prompts/Tone/versions",
            json!({ "messages": [{ "role": "user", "text": "a" }] }),
            400,
            "messages[0].text",
        ),
        (
            "/prompts/Tone/versions",
            json!({ "text": "x", "model": { "temperature": "hot" } }),
            400,
            "model.temperature",
        ),
        ("/prompts/Tone/versions", json!({ "text": "x", "message": "y".repeat(501) }), 422, "message"),
        (
            "/prompts/Tone/versions",
            json!({ "text": "x", "variables": [{ "name": "a" }, { "name": "a b" }] }),
            422,
            "variables[1].name",
        ),
        (
            "/prompts/Tone/versions",
            json!({ "text": "x", "variables": [{ "name": "a", "type": "number", "default": "b" }] }),
            422,
            "variables[0].default",
        ),
        (
            "/prompts/Tone/versions",
            json!({ "text": "x", "variables": [{ "name": "a", "description": "b".repeat(301) }] }),
            422,
            "variables[0].description",
        ),
        (
            "/prompts/Talk/versions",
            json!({ "engine": "jinja", "messages": [user("x"), user("y"), user("{% if %}")] }),
            422,
            "messages[2].content",
        ),
        (
            "/prompts/Talk/versions",
            json!({ "messages": [user("x"), { "role": "placeholder", "name": "", "content": "" }] }),
            422,
            "messages[1].name",
        ),
        ("/prompts/Tone/versions", json!({ "engine": "jinja", "text": "{% if %}" }), 422, "text"),
        (
            "/prompts/Tone/versions",
            json!({ "text": "x", "model": { "temperature": 9.5 } }),
            422,
            "model.temperature",
        ),
    ] {
        let code = if status == 400 { "invalid_request" } else { "unprocessable" };
        let told = problem(service.post(path, body.clone()).await, status, code);
        assert_eq!(told["errors"][0]["field"], field, "{path} {body}: {told}");
    }
    for (path, field) in [
        ("/prompts?limit=x", "limit"),
        ("/prompts?nonsense=1", "nonsense"),
        ("/prompts?limit=1&limit=2", "limit"),
        ("/prompts/Tone/diff?from=1", "to"),
        ("/prompts/Tone?resolve=maybe", "resolve"),
    ] {
        let told = problem(service.get(path).await, 400, "invalid_request");
        assert_eq!(told["errors"][0]["field"], field, "{path}: {told}");
    }
    // Nothing of it was made.
    assert_eq!(told(&service.get("/prompts?q=Fresh").await.status(200))["data"], json!([]));
    assert_eq!(acme.count("SELECT count(*) FROM folders WHERE org_id = $1").await, 1);
}

async fn a_limit_to_folders_holds_for_writing(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let folders = Some(format!("[\"{}\"]", stock.folder));
    let (_, key): (_, KeyToken) = acme.has_limited_key(WRITES, None, folders).await;
    let service = Service::with(&app, key.as_str());
    service.post("/prompts", json!({ "name": "In", "folder": "Support" })).await.status(201);
    let version = || json!({ "text": "Said" });
    service.post("/prompts/Support%2FIn/versions", version()).await.status(201);
    service.post("/folders", json!({ "name": "Deep", "parent": "Support" })).await.status(201);
    service.patch("/prompts/Support%2FIn/move", json!({ "folder": "Support/Deep" })).await.status(200);
    problem(service.post("/prompts", json!({ "name": "Out" })).await, 403, "forbidden");
    problem(service.post("/folders", json!({ "name": "Out" })).await, 403, "forbidden");
    problem(service.post("/prompts/Tone/versions", version()).await, 404, "not_found");
    problem(service.patch("/prompts/Tone", json!({ "name": "Ours" })).await, 404, "not_found");
    problem(service.patch("/prompts/Tone/move", json!({ "folder": "Support" })).await, 404, "not_found");
    let top = json!({ "folder": null });
    problem(service.patch("/prompts/Support%2FTriage/move", top).await, 403, "forbidden");
    problem(service.patch("/folders/Support%2FDeep", json!({ "parent": "" })).await, 403, "forbidden");
    problem(service.delete("/prompts/Tone").await, 404, "not_found");
    problem(service.post("/prompts/batch-order", json!({ "prompts": ["Tone"] })).await, 403, "forbidden");
    // The folder itself is reached, and no way leads from it to what is above.
    service.get("/folders/Support").await.status(200);
    service.patch("/folders/Support", json!({ "variables": { "tone": "dry" } })).await.status(200);
    for change in
        [json!({ "name": "Ours" }), json!({ "place": "first" }), json!({ "parent": "Support/Deep" })]
    {
        problem(service.patch("/folders/Support", change).await, 403, "forbidden");
    }
    let listed = told(&service.get("/folders").await.status(200));
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);
}
