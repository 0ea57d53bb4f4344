//! What is large in any part is answered. In tests the server notices where it is written by a thread that answers
//! requests.

use super::{Service, TestApp, acme, both_databases, events::order, problem, told};
use crate::{
    id::FolderId,
    library::variables,
    prompts::{
        content::Content,
        references::{ResolvedRef, To},
        store, versions,
    },
    role::EditContent,
    tenancy::{Grant, Scope},
};
use serde_json::{Value, json};

both_databases!(
    what_is_large_in_any_part_is_fetched,
    what_a_prompt_does_not_name_is_not_sent_with_it,
    defaults_have_so_much_room,
    larger_defaults_from_before_are_served,
    what_is_too_much_together_is_not_served_in_part,
    a_folder_with_many_large_values_is_read,
);

const SCOPES: &str = "read:prompts write:prompts read:deployments write:deployments";

/// Saves a version of a new prompt.
async fn saves(service: &Service, name: &str, version: Value) {
    service.post("/prompts", json!({ "name": name })).await.status(201);
    service.post(&format!("/prompts/{name}/versions"), version).await.status(201);
}

async fn what_is_large_in_any_part_is_fetched(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, SCOPES).await;
    let long = "x".repeat(40_000);
    let list = json!({ "name": "a", "type": "list", "default": vec!["x"; 8_000] });
    for (name, version) in [
        ("Default", json!({ "text": "{{ a }}", "variables": [{ "name": "a", "default": long }] })),
        ("Unnamed", json!({ "text": "x", "variables": [{ "name": "a", "default": long }] })),
        ("List", json!({ "text": "{{ a }}", "variables": [list] })),
        ("Tools", json!({ "text": "x", "model": { "tools": [{ "name": long }] } })),
        // Each end of a line takes two bytes in JSON.
        ("Lines", json!({ "text": "\n".repeat(12_000) })),
    ] {
        saves(&service, name, version.clone()).await;
        for asked in ["label=latest", "label=latest&resolve=false"] {
            let fetched = told(&service.get(&format!("/prompts/{name}?{asked}")).await.status(200));
            assert_eq!(fetched["text"], version["text"], "{name}");
        }
        let one = told(&service.get(&format!("/prompts/{name}/versions/1")).await.status(200));
        assert_eq!(one["text"], version["text"], "{name}");
        service.post(&format!("/prompts/{name}/render"), json!({ "label": "latest" })).await.status(200);
    }
}

async fn what_a_prompt_does_not_name_is_not_sent_with_it(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, SCOPES).await;
    let edit: Grant<EditContent> = Scope::of_chore(&app, acme.id, "a test").await.unwrap().require().unwrap();
    let long = json!("x".repeat(19_000));
    let mut values = vec![("named".to_owned(), long.clone())];
    values.extend((0..20).map(|n| (format!("other_{n}"), long.clone())));
    variables::set(&edit, None, &values).await.unwrap();
    // It cannot be put together without values.
    let jinja = json!({ "engine": "jinja", "text": "{{ named }}{% if named %}[[ Tone ]]{% endif %}" });
    saves(&service, "Jinja", jinja).await;
    let order = order("Jinja", "staging", 1);
    service.post("/deployments", order).await.status(201);
    for asked in ["label=latest", "environment=staging", "environment=staging&resolve=false"] {
        let answer = service.get(&format!("/prompts/Jinja?{asked}")).await.status(200);
        assert_eq!(told(&answer)["inherited"], json!({ "named": long }), "{asked}");
    }
}

async fn a_folder_with_many_large_values_is_read(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:prompts write:prompts read:audit").await;
    let made = service.post("/folders", json!({ "name": "Large" })).await.status(201);
    let id: FolderId = told(&made)["id"].as_str().unwrap().parse().unwrap();
    let edit: Grant<EditContent> = Scope::of_chore(&app, acme.id, "a test").await.unwrap().require().unwrap();
    let values: Vec<_> = (0..100).map(|n| (format!("v{n}"), json!("x".repeat(19_000)))).collect();
    variables::set(&edit, Some(id), &values).await.unwrap();
    let read = told(&service.get("/folders/Large").await.status(200));
    assert_eq!(read["variables"].as_object().unwrap().len(), 100);
    let renamed = json!({ "name": "Larger" });
    let renamed = told(&service.patch("/folders/Large", renamed).await.status(200));
    assert_eq!(renamed["variables"], read["variables"]);
    let log = told(&service.get("/audit-log?action=variables.updated").await.status(200));
    assert_eq!(log["data"][0]["details"]["after"]["v99"], values[99].1);
}

async fn defaults_have_so_much_room(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, SCOPES).await;
    let variables = json!([{ "name": "a", "default": "x" }, { "name": "b", "default": "x".repeat(50_000) }]);
    let version = json!({ "text": "x", "variables": variables });
    let refused = problem(service.post("/prompts/Tone/versions", version).await, 422, "unprocessable");
    let message = "Too long: the default values of all variables can have at most 50,000 bytes.";
    assert_eq!(refused["errors"], json!([{ "field": "variables[1].default", "message": message }]));
}

async fn larger_defaults_from_before_are_served(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let service = Service::of(&app, &acme, SCOPES).await;
    saves(&service, "Part", json!({ "text": "Be kind." })).await;
    let scope = Scope::of_chore(&app, acme.id, "a test").await.unwrap();
    let part = store::at_path(&scope, "Part").await.unwrap().id;
    let large = json!([{ "name": "a", "default": "x".repeat(4_300_000) }]);
    let old: Content =
        serde_json::from_value(json!({ "body": { "text": "[[ Part ]]" }, "variables": large })).unwrap();
    let to = To::Version { number: 1, hash: Vec::new() };
    let pins = [ResolvedRef { target: "Part".to_owned(), prompt: part, to }];
    let mut change = scope.require::<EditContent>().unwrap().change().await.unwrap();
    let new = versions::New { content: &old, pins: &pins, message: "", restores: None, origin: None };
    versions::insert(&mut change, stock.live, 1, new).await.unwrap();
    change.commit().await.unwrap();
    // What is put into it is held against the bound of a prompt, not the prompt itself.
    let fetched = told(&service.get("/prompts/Tone?version=2").await.status(200));
    assert_eq!(fetched["text"], "Be kind.");
    let rendered = service.post("/prompts/Tone/render", json!({ "version": 2 })).await.status(200);
    assert_eq!(told(&rendered)["text"], "Be kind.");
    let version = service.get("/prompts/Tone/versions/2").await.status(200);
    assert!(version.body.len() > 4_300_000, "{} bytes", version.body.len());
}

async fn what_is_too_much_together_is_not_served_in_part(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, SCOPES).await;
    saves(&service, "Part", json!({ "text": "Be kind." })).await;
    let scope = Scope::of_chore(&app, acme.id, "a test").await.unwrap();
    let part = store::at_path(&scope, "Part").await.unwrap().id;
    let variables = json!([{ "name": "a", "default": "x".repeat(4_300_000) }]);
    let large = json!({ "body": { "text": "Be brief." }, "variables": variables });
    let large: Content = serde_json::from_value(large).unwrap();
    let mut change = scope.require::<EditContent>().unwrap().change().await.unwrap();
    let new = versions::New { content: &large, pins: &[], message: "", restores: None, origin: None };
    versions::insert(&mut change, part, 1, new).await.unwrap();
    change.commit().await.unwrap();
    saves(&service, "Whole", json!({ "text": "[[ Part ]]!" })).await;
    let refused = problem(service.get("/prompts/Whole?version=1").await, 422, "unprocessable");
    let says = "Whole: This prompt includes too many other prompts, or too much of their text and of inherited values.";
    assert_eq!(refused["detail"], says);
    let written = told(&service.get("/prompts/Whole?version=1&resolve=false").await.status(200));
    assert_eq!(written["text"], "[[ Part ]]!");
}
