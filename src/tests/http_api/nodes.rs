//! Several processes on one database: what one revokes, none lets in.

use super::{Service, TestApp, acme, problem, told};
use crate::{
    delivery::keys::KeyToken,
    tests::{
        api_keys::key,
        support::{eventually, postgres_only},
    },
};
use serde_json::json;

const PATH: &str = "/prompts/Tone?environment=development";

postgres_only!(
    what_one_process_revokes_no_other_lets_in,
    what_one_process_deploys_the_others_serve,
    a_process_that_is_held_up_lets_in_no_revoked_key,
    a_process_that_was_away_lets_in_no_revoked_key,
    revoking_once_more_waits_once_more,
);

async fn what_one_process_revokes_no_other_lets_in(app: TestApp) {
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
    assert!(other.delivery().size().0 > 0, "the other process served from memory");
}

async fn what_one_process_deploys_the_others_serve(app: TestApp) {
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
        assert_eq!(told(&there.get(path).await.status(200))["version"], version);
        there.get(path).await.status(200);
    }
}

/// Waits until a process lets a key in from memory: what the database says of it counts no more.
async fn remembers(other: &TestApp, key: &str) {
    let public_id = KeyToken::parse(key).unwrap().public_id().to_owned();
    let set = async |from: &str, to: &str| {
        other.execute(&format!("UPDATE api_keys SET public_id = '{to}' WHERE public_id = '{from}'")).await;
    };
    eventually("the key to be let in from memory", async || {
        other.shown(key).await.unwrap();
        set(&public_id, "elsewhere").await;
        let is_known = other.shown(key).await.is_ok();
        set("elsewhere", &public_id).await;
        is_known.then_some(())
    })
    .await;
}

async fn a_process_that_is_held_up_lets_in_no_revoked_key(app: TestApp) {
    let (ana, acme, _) = acme(&app).await;
    let other = app.another_idle(|_| {}).await;
    let (id, shown) = key(&ana.makes_key(&acme, &[]).await.status(200));
    let follows = other.follows();
    other.hears().await;
    remembers(&other, &shown).await;
    follows.abort();
    ana.call("/api/api_keys/revoke", &[("org", "acme"), ("key", &*id)]).await.status(200);
    problem(Service::with(&other, &shown).get(PATH).await, 401, "unauthenticated");
}

async fn a_process_that_was_away_lets_in_no_revoked_key(app: TestApp) {
    let (ana, acme, _) = acme(&app).await;
    let other = app.another_idle(|_| {}).await;
    let (id, shown) = key(&ana.makes_key(&acme, &[]).await.status(200));
    let (_, good) = key(&ana.makes_key(&acme, &[]).await.status(200));
    let follows = other.follows();
    other.hears().await;
    remembers(&other, &shown).await;
    follows.abort();
    ana.call("/api/api_keys/revoke", &[("org", "acme"), ("key", &*id)]).await.status(200);
    // An hour later nobody can read of it any more.
    app.execute("DELETE FROM events").await;
    other.follows();
    remembers(&other, &good).await;
    problem(Service::with(&other, &shown).get(PATH).await, 401, "unauthenticated");
}

async fn revoking_once_more_waits_once_more(app: TestApp) {
    let (ana, acme, _) = acme(&app).await;
    let other = app.another_idle(|_| {}).await;
    let (id, shown) = key(&ana.makes_key(&acme, &[]).await.status(200));
    let follows = other.follows();
    other.hears().await;
    remembers(&other, &shown).await;
    follows.abort();
    // As when the answer to the first was lost, and it did not wait.
    let revoked = format!("UPDATE api_keys SET revoked_at = 1 WHERE id = '{id}'");
    app.execute(&revoked).await;
    ana.call("/api/api_keys/revoke", &[("org", "acme"), ("key", &*id)]).await.status(200);
    problem(Service::with(&other, &shown).get(PATH).await, 401, "unauthenticated");
    let told = "SELECT count(*) FROM audit_log WHERE org_id = $1 AND action = 'key.revoked'";
    assert_eq!(acme.count(told).await, 0, "nothing has changed");
}
