use super::{Service, TestApp, acme, both_databases, told};
use crate::{server::Scope, tests::support::Answer};
use serde_json::{Value, json};

both_databases!(prompts_are_listed_page_by_page, lists_hold_what_is_asked_for);

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
