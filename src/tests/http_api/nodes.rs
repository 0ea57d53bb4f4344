//! Several processes on one database: what one revokes, none lets in.

use super::{Service, TestApp, acme, problem};
use crate::tests::{
    api_keys::key,
    support::{Kind, run},
};
use serde_json::json;

const PATH: &str = "/prompts/Tone?environment=development";

#[test]
fn what_one_process_revokes_no_other_lets_in() {
    run(Kind::Postgres, revoked_elsewhere);
}

#[test]
fn what_one_process_deploys_the_others_serve_soon() {
    run(Kind::Postgres, deployed_elsewhere);
}

async fn revoked_elsewhere(app: TestApp) {
    let (ana, acme, _) = acme(&app).await;
    let other = app.another(|_| {}).await;
    other.hears().await;
    for n in 0..100 {
        let (id, shown) = key(&ana.makes_key(&acme, &[("name", &format!("Robot {n}"))]).await.status(200));
        let service = Service::with(&other, &shown);
        for _ in 0..2 {
            service.get(PATH).await.status(200);
        }
        ana.call("/api/api_keys/revoke", &[("org", "acme"), ("key", &*id)]).await.status(200);
        problem(service.get(PATH).await, 401, "unauthenticated");
    }
    assert!(other.hot.size().0 > 0, "the other process served from memory");
}

async fn deployed_elsewhere(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let other = app.another(|_| {}).await;
    other.hears().await;
    let here = Service::of(&app, &acme, "read:prompts write:deployments").await;
    let there = Service::with(&other, &here.key);
    let path = "/prompts/Support%2FTriage?environment=staging";
    for n in 0..10 {
        let version = 1 + n % 2;
        let body = json!({ "prompt": "Support/Triage", "environment": "staging", "version": version });
        here.post("/deployments", body).await.status(201);
        crate::tests::support::eventually("the other process to serve it", || async {
            let fetched = super::told(&there.get(path).await);
            (fetched["version"] == version).then_some(())
        })
        .await;
    }
}
