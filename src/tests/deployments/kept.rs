//! What is live keeps what it inherited when it was deployed: only deploying changes what services get.

use super::{Team, TestApp, both_databases, why};
use crate::{
    deployments::{
        deploy::deploy,
        drift, impact,
        model::{Kind, Order},
    },
    fields::PathName,
    id::PromptId,
    library::{folders, moves, variables},
};
use serde_json::{Value, json};

both_databases!(
    values_are_those_of_the_deployment,
    fragments_keep_their_own,
    going_back_brings_back_the_values,
    moving_a_prompt_changes_nothing_live,
    rows_from_before_follow_the_folders,
);

impl Team {
    /// Sets the variables of the organization.
    pub(super) async fn inherits(&self, values: &[(&str, Value)]) {
        let values: Vec<_> = values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        variables::set(&self.may(), None, &values).await.unwrap();
    }
}

async fn values_are_those_of_the_deployment(app: TestApp) {
    let team = Team::of(&app).await;
    let (dev, staging) = (team.environment("development").await.id, team.environment("staging").await.id);
    team.inherits(&[("company", json!("Acme")), ("unused", json!("x"))]).await;
    let tone = team.saying("Tone", &["For {{ company }}."]).await;
    team.deploys(dev, tone, 1).await.unwrap();
    for changed in [&[("company", json!("Acme Inc"))][..], &[]] {
        team.inherits(changed).await;
        assert_eq!(team.served(dev, tone).await, "For Acme.");
    }
    // What it would differ in is told, and it can be deployed again.
    team.inherits(&[("company", json!("Acme Inc"))]).await;
    let expected = ["Tone inherits company: Acme → Acme Inc"];
    assert_eq!(drift::drift(&team.scope, dev, (tone, 1)).await.unwrap(), expected);
    let ana = team.org.has("Anna", crate::role::Role::Owner).await;
    let cell = team.org.page(&format!("deployments/{dev}/{tone}"));
    ana.get(&cell).await.says(expected[0]).says("Deploy v1 again…");
    team.deploys(staging, tone, 1).await.unwrap();
    assert_eq!(
        (team.served(staging, tone).await, team.served(dev, tone).await),
        ("For Acme Inc.".into(), "For Acme.".into())
    );
    team.deploys(dev, tone, 1).await.unwrap();
    assert_eq!(team.served(dev, tone).await, "For Acme Inc.");
    assert_eq!(why(team.deploys(dev, tone, 1).await), "Version 1 is already live here.");
    ana.get(&cell).await.hides("Deploy v1 again…");
    // Only what is named is kept.
    let rows = app.rows("deployments", "inherited LIKE '%unused%'").await;
    assert_eq!(rows.len(), 0);
}

async fn fragments_keep_their_own(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await.id;
    team.inherits(&[("company", json!("Acme"))]).await;
    let sign = team.saying("Sign", &["{{ company }}"]).await;
    let tone = team.saying("Tone", &["[[ Sign ]] by {{ company }}"]).await;
    team.deploys(dev, tone, 1).await.unwrap();
    team.inherits(&[("company", json!("Other"))]).await;
    assert_eq!(team.served(dev, tone).await, "Acme by Acme", "what is not live itself is kept with what is");
    team.deploys(dev, sign, 1).await.unwrap();
    assert_eq!(team.served(dev, tone).await, "Other by Acme", "what is live itself has its own");
    team.undeploys(dev, sign).await.unwrap();
    assert_eq!(team.served(dev, tone).await, "Acme by Acme");
}

async fn going_back_brings_back_the_values(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await.id;
    team.inherits(&[("company", json!("Acme"))]).await;
    let tone = team.saying("Tone", &["For {{ company }}.", "To {{ company }}."]).await;
    team.deploys(dev, tone, 1).await.unwrap();
    team.inherits(&[("company", json!("Other"))]).await;
    team.deploys(dev, tone, 2).await.unwrap();
    assert_eq!(team.served(dev, tone).await, "To Other.");
    let order = Order { kind: Kind::Rollback, ..team.order(dev, tone, Some(1)).await };
    deploy(&team.may(), &order).await.unwrap();
    assert_eq!(team.served(dev, tone).await, "For Acme.", "as it was live before");
}

async fn moving_a_prompt_changes_nothing_live(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await.id;
    let folder = folders::create(&team.may(), None, &PathName::parse("Support").unwrap()).await.unwrap();
    variables::set(&team.may(), Some(folder), &[("company".into(), json!("Acme"))]).await.unwrap();
    let tone: PromptId = team.saying("Tone", &["For {{ company }}."]).await;
    moves::move_prompt(&team.may(), tone, Some(folder), moves::Place::Last).await.unwrap();
    team.deploys(dev, tone, 1).await.unwrap();
    moves::move_prompt(&team.may(), tone, None, moves::Place::Last).await.unwrap();
    assert_eq!(team.served(dev, tone).await, "For Acme.");
    // Deployed again it would ask for the value, which whoever deploys is told.
    let impact = impact::of(&team.scope, &team.order(dev, tone, Some(1)).await).await.unwrap();
    assert_eq!(impact.asks.into_iter().collect::<Vec<_>>(), ["company"]);
    assert_eq!(impact.differs, ["Tone inherits company: Acme → nothing", "Path: Support/Tone → Tone"]);
}

async fn rows_from_before_follow_the_folders(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await.id;
    team.inherits(&[("company", json!("Acme"))]).await;
    let tone = team.saying("Tone", &["For {{ company }}."]).await;
    let mut change = app.change_outside_tenancy().await.unwrap();
    let insert = change.query(
        "INSERT INTO deployments (org_id, id, environment_id, prompt_id, number, kind, version, reason, actor_kind, created_at)
         VALUES ($1, $2, $3, $4, 1, 'deploy', 1, '', 'system', $5)",
    );
    let insert = insert.bind(team.org.id).bind(app.clock.id()).bind(dev).bind(tone).bind(app.clock.now());
    insert.execute().await.unwrap();
    change.commit().await.unwrap();
    assert_eq!(team.served(dev, tone).await, "For Acme.");
    team.inherits(&[("company", json!("Other"))]).await;
    assert_eq!(team.served(dev, tone).await, "For Other.");
}
