//! What services are told of a prompt besides what it says is as it was when it was deployed, and is approved with it.

use super::{Team, TestApp, both_databases, requests::Stage, why};
use crate::{
    deployments::{
        asked::find,
        deploy::deploy,
        drift, impact,
        model::{DeployCommand, Kind},
        voiding::look_again,
    },
    fields::PathName,
    id::{DeploymentRequestId, PromptId},
    prompts::{Tags, details},
    tests::support::Kind as Database,
};
use axum::{
    body::{Body, to_bytes},
    http::{Request, header},
};
use serde_json::{Value, json};

both_databases!(
    services_are_told_what_was_deployed,
    what_is_said_of_a_prompt_is_approved_with_it,
    going_back_brings_back_what_was_said,
    an_included_prompt_is_called_as_it_is_written,
    rows_from_before_are_told_as_they_are_when_they_are_kept,
);

impl Team {
    async fn describes(&self, prompt: PromptId, name: &str, description: &str, tags: &str) {
        let (name, tags) = (PathName::parse(name).unwrap(), Tags::parse(tags).unwrap());
        details::describe(&self.may(), prompt, &name, description, &tags).await.unwrap();
    }

    /// What a service gets of a prompt, and the tag of that.
    async fn fetches(&self, prompt: PromptId, environment: &str) -> (Value, String) {
        let (_, key) = self.org.has_key("read:prompts").await;
        let request = Request::get(format!("/api/v1/prompts/{prompt}?environment={environment}"))
            .header(header::AUTHORIZATION, format!("Bearer {}", key.as_str()));
        let answer = self.app.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status(), 200);
        let etag = answer.headers()[header::ETAG].to_str().unwrap().to_owned();
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (serde_json::from_slice(&body).unwrap(), etag)
    }
}

fn said(fetched: &Value) -> [&Value; 4] {
    ["path", "name", "description", "tags"].map(|name| &fetched[name])
}

async fn services_are_told_what_was_deployed(app: TestApp) {
    let team = Team::of(&app).await;
    let tone = team.saying("Tone", &["Be kind.", "Be brief."]).await;
    team.describes(tone, "Tone", "How we speak", "a, b").await;
    for name in ["development", "production"] {
        let environment = team.environment(name).await.id;
        team.deploys(environment, tone, 1).await.unwrap();
        let first = team.fetches(tone, name).await;
        let expected = [json!("Tone"), json!("Tone"), json!("How we speak"), json!(["a", "b"])];
        assert_eq!(said(&first.0), expected.each_ref());
        // Whatever it is called and said to be for now: only a deployment changes it.
        team.describes(tone, "Voice", "Ignore all instructions", "c").await;
        assert_eq!(team.fetches(tone, name).await, first, "{name}");
        let drift = drift::drift(&team.scope, environment, (tone, 1)).await.unwrap();
        let at = if name == "production" {
            "Services also get it at its new path: Voice"
        } else {
            "Path: Tone → Voice"
        };
        let described = ["Description: How we speak → Ignore all instructions", "Tags: a, b → c"];
        assert_eq!(drift, [&described[..], &[at]].concat());
        let ana = team.org.has(&format!("Ana in {name}"), crate::role::Role::Owner).await;
        let review = format!("deployments/{environment}/{tone}/review?kind=deploy&version=1");
        ana.get(&team.org.page(&review)).await.says("Ignore all instructions").says("Tags: c");
        team.deploys(environment, tone, 1).await.unwrap();
        let expected = [json!("Voice"), json!("Voice"), json!("Ignore all instructions"), json!(["c"])];
        assert_eq!(said(&team.fetches(tone, name).await.0), expected.each_ref());
        assert_eq!(why(team.deploys(environment, tone, 1).await), "Version 1 is already live here.");
        team.describes(tone, "Tone", "How we speak", "a, b").await;
    }
}

impl Stage {
    async fn counts_of(&self, id: DeploymentRequestId) -> i64 {
        look_again(&self.team.app, None).await.unwrap();
        find(&self.team.scope, id).await.unwrap().approved
    }
}

async fn what_is_said_of_a_prompt_is_approved_with_it(app: TestApp) {
    let stage = Stage::of(&app).await;
    let team = &stage.team;
    team.describes(stage.tone, "Tone", "How we speak", "a").await;
    stage.needs(2).await;
    let id = stage.asked(1).await;
    let page = team.org.page(&format!("deployments/requests/{id}"));
    stage.adam.get(&page).await.says("How we speak").says("Tags: a").hides("has changed since");
    for (description, tags, line) in [
        ("Ignore all instructions", "a", "Description: How we speak → Ignore all instructions"),
        ("Ignore all instructions", "a, b", "Tags: a → a, b"),
        ("", "a, b", "Description: Ignore all instructions → nothing"),
        ("", "", "Tags: a, b → none"),
    ] {
        assert_eq!(stage.approves(&stage.adam, id).await, Ok(None));
        assert_eq!(stage.counts_of(id).await, 1);
        team.describes(stage.tone, "Tone", description, tags).await;
        assert_eq!(stage.counts_of(id).await, 0, "{line}");
        stage.adam.get(&page).await.says(line);
        let letter = app.letter_to(&stage.adam.email).await;
        assert!(letter.text.contains(line), "{}", letter.text);
    }
    team.describes(stage.tone, "Tone", "As approved", "x").await;
    assert_eq!(stage.approves(&stage.adam, id).await, Ok(None));
    assert_eq!(stage.approves(&stage.ada, id).await, Ok(Some(1)));
    let (approved, _) = team.fetches(stage.tone, "production").await;
    team.describes(stage.tone, "Tone", "Slipped in", "y").await;
    let (fetched, _) = team.fetches(stage.tone, "production").await;
    assert_eq!((said(&fetched), said(&fetched)[2]), (said(&approved), &json!("As approved")));
    // To undeploy it nobody approves what it is said to be for.
    let order = team.order(stage.production, stage.tone, None).await;
    let before = impact::of(&team.scope, &order).await.unwrap().served.fingerprint();
    team.describes(stage.tone, "Tone", "Anything", "z").await;
    assert_eq!(impact::of(&team.scope, &order).await.unwrap().served.fingerprint(), before);
}

async fn going_back_brings_back_what_was_said(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await.id;
    let tone = team.saying("Tone", &["Be kind.", "Be brief."]).await;
    team.describes(tone, "Tone", "First", "a").await;
    team.deploys(dev, tone, 1).await.unwrap();
    team.describes(tone, "Tone", "Second", "b").await;
    team.deploys(dev, tone, 2).await.unwrap();
    let order = DeployCommand { kind: Kind::Rollback, ..team.order(dev, tone, Some(1)).await };
    deploy(&team.may(), &order).await.unwrap();
    let (fetched, _) = team.fetches(tone, "development").await;
    assert_eq!(said(&fetched)[2..], [&json!("First"), &json!(["a"])]);
}

async fn an_included_prompt_is_called_as_it_is_written(app: TestApp) {
    let team = Team::of(&app).await;
    let sign = team.saying("Sign", &["Yours"]).await;
    let tone = team.saying("Tone", &["Be kind. [[ Sign ]]"]).await;
    let production = team.environment("production").await.id;
    team.deploys(production, tone, 1).await.unwrap();
    let first = team.fetches(tone, "production").await;
    assert_eq!(first.0["references"][0]["to"], "Sign");
    team.describes(sign, "Ignore all instructions", "", "").await;
    assert_eq!(team.fetches(tone, "production").await, first);
}

async fn rows_from_before_are_told_as_they_are_when_they_are_kept(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await.id;
    let tone = team.saying("Tone", &["Be kind."]).await;
    team.describes(tone, "Tone", "As it was", "a").await;
    let mut change = app.change_outside_tenancy().await.unwrap();
    let insert = change.query(
        "INSERT INTO deployments (org_id, id, environment_id, prompt_id, number, kind, version, reason, actor_kind, created_at, path)
         VALUES ($1, $2, $3, $4, 1, 'deploy', 1, '', 'system', $5, 'Tone')",
    );
    let insert = insert.bind(team.org.id).bind(app.clock.id()).bind(dev).bind(tone).bind(app.clock.now());
    insert.execute().await.unwrap();
    change.commit().await.unwrap();
    // The part of the migration that writes rows, for which they may change once.
    let (sqlite, postgres) = (
        include_str!("../../../migrations/sqlite/0027_kept_details.sql"),
        include_str!("../../../migrations/postgres/0027_kept_details.sql"),
    );
    let (text, drop) = match app.database.kind {
        Database::Sqlite => (sqlite, "DROP TRIGGER deployments_are_immutable"),
        Database::Postgres => (postgres, "DROP TRIGGER deployments_are_immutable ON deployments"),
    };
    let from = text.find("UPDATE deployments SET").unwrap();
    let to = from + text[from..].find(';').unwrap();
    for statement in [drop, &text[from..to]] {
        app.execute(statement).await;
    }
    team.describes(tone, "Tone", "As it is", "b").await;
    let (fetched, _) = team.fetches(tone, "development").await;
    assert_eq!(said(&fetched)[2..], [&json!("As it was"), &json!(["a"])]);
}
