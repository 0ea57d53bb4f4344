//! What is live keeps what it inherited when it was deployed: only deploying changes what services get.

use super::{Team, TestApp, both_databases, requests::Stage, why};
use crate::{
    deployments::{
        deploy::deploy,
        drift, impact,
        model::{DeployCommand, Kind},
    },
    environments::store::delete,
    error::Error,
    fields::PathName,
    id::{EnvironmentId, PromptId},
    library::{folders, moves, trash, variables},
    prompts::{resolve, source::Source},
    role::Deploy,
};
use serde_json::{Value, json};

both_databases!(
    values_are_those_of_the_deployment,
    fragments_keep_their_own,
    going_back_brings_back_the_values,
    what_was_live_until_just_now_is_served_as_it_was,
    moving_a_prompt_changes_nothing_live,
    rows_from_before_follow_the_folders,
    what_cannot_be_read_is_not_served,
    what_is_its_own_is_kept_as_it_is_served,
    what_is_kept_has_so_much_room,
    what_nobody_deployed_is_not_served,
    what_is_put_into_a_deployed_prompt_is_kept_with_it,
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
    let order = DeployCommand { kind: Kind::Rollback, ..team.order(dev, tone, Some(1)).await };
    deploy(&team.may(), &order).await.unwrap();
    assert_eq!(team.served(dev, tone).await, "For Acme.", "as it was live before");
}

async fn what_was_live_until_just_now_is_served_as_it_was(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await.id;
    team.inherits(&[("company", json!("Acme"))]).await;
    let tone = team.saying("Tone", &["For {{ company }}.", "To {{ company }}."]).await;
    team.deploys(dev, tone, 1).await.unwrap();
    let live = team.live(dev, tone).await.unwrap();
    // Before what it kept is read, another one is deployed.
    team.inherits(&[("company", json!("Other"))]).await;
    team.deploys(dev, tone, 2).await.unwrap();
    assert_eq!(team.served_as(dev, tone, live).await, "For Acme.");
    team.undeploys(dev, tone).await.unwrap();
    assert_eq!(team.served_as(dev, tone, 2).await, "To Other.");
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

/// Deploys the first version of a prompt as that was done before anything was kept.
async fn deployed_before(team: &Team, environment: EnvironmentId, prompt: PromptId) {
    let mut change = team.app.change_outside_tenancy().await.unwrap();
    let insert = change.query(
        "INSERT INTO deployments (org_id, id, environment_id, prompt_id, number, kind, version, reason, actor_kind, created_at)
         VALUES ($1, $2, $3, $4, 1, 'deploy', 1, '', 'system', $5)",
    );
    let insert = insert.bind(team.org.id).bind(team.app.clock.id()).bind(environment).bind(prompt);
    insert.bind(team.app.clock.now()).execute().await.unwrap();
    change.commit().await.unwrap();
}

async fn rows_from_before_follow_the_folders(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await.id;
    team.inherits(&[("company", json!("Acme"))]).await;
    let tone = team.saying("Tone", &["For {{ company }}."]).await;
    deployed_before(&team, dev, tone).await;
    assert_eq!(team.served(dev, tone).await, "For Acme.");
    team.inherits(&[("company", json!("Other"))]).await;
    assert_eq!(team.served(dev, tone).await, "For Other.");
}

async fn what_cannot_be_read_is_not_served(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await.id;
    team.inherits(&[("company", json!("Acme"))]).await;
    let tone = team.saying("Tone", &["For {{ company }}."]).await;
    team.deploys(dev, tone, 1).await.unwrap();
    assert_eq!(team.served(dev, tone).await, "For Acme.");
    let allow = app.either(
        "DROP TRIGGER deployments_are_immutable",
        "ALTER TABLE deployments DISABLE TRIGGER deployments_are_immutable",
    );
    app.execute(allow).await;
    app.execute("UPDATE deployments SET inherited = substr(inherited, 1, 5) || '?'").await;
    team.inherits(&[("company", json!("Other"))]).await;
    let resolved = resolve::deployed(&mut Source::new(&team.scope), dev, (tone, 1), None).await;
    assert!(matches!(resolved, Err(Error::Internal { .. })), "nothing is served in its place");
}

async fn what_is_its_own_is_kept_as_it_is_served(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await.id;
    team.inherits(&[("company", json!("Acme"))]).await;
    let sign = team.saying("Sign", &["{{ company }}"]).await;
    let with_sign = team.saying("Tone", &["[[ Sign ]]"]).await;
    team.deploys(dev, with_sign, 1).await.unwrap();
    team.inherits(&[("company", json!("Other"))]).await;
    // One fragment in two places, of which one was deployed with other values.
    let both = team.saying("Both", &["[[ Sign ]] [[ Tone ]]"]).await;
    team.deploys(dev, both, 1).await.unwrap();
    assert_eq!(team.served(dev, both).await, "Other Acme");
    assert_eq!(team.live(dev, sign).await, None);
}

async fn what_is_kept_has_so_much_room(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await.id;
    let long = json!({ "x": "", "long": "x".repeat(19_000) });
    let names: Vec<String> = (0..60).map(|n| format!("v{n}")).collect();
    let values: Vec<_> = names.iter().map(|name| (name.as_str(), long.clone())).collect();
    team.inherits(&values).await;
    let uses: Vec<_> = names.iter().map(|name| format!("{{{{ {name}.x }}}}")).collect();
    let text = |count: usize| uses[..count].concat();
    let tone = team.saying("Tone", &[&text(50), &text(60)]).await;
    team.deploys(dev, tone, 1).await.unwrap();
    let says = "The values that this prompt and the prompts it includes inherit are larger than 1 MiB in total. Shorten them, or use fewer of them.";
    assert_eq!(why(team.deploys(dev, tone, 2).await), says);
    assert_eq!(team.live(dev, tone).await, Some(1));
}

async fn what_nobody_deployed_is_not_served(app: TestApp) {
    let stage = Stage::of(&app).await;
    let team = &stage.team;
    let (dev, production) = (team.environment("development").await.id, stage.production);
    team.inherits(&[("company", json!("Acme"))]).await;
    let sign = team.saying("Sign", &["{{ company }}"]).await;
    let word = team.saying("Word", &["plain", "by [[ Sign ]]"]).await;
    let part = team.saying("Part", &["[[ Word ]]"]).await;
    team.deploys(dev, word, 1).await.unwrap();
    team.deploys(dev, part, 1).await.unwrap();
    let triage = team.saying("Triage", &["[[ Part@development ]]"]).await;
    team.deploys(production, triage, 1).await.unwrap();
    team.deploys(dev, word, 2).await.unwrap();
    assert_eq!(team.served(production, triage).await, "by Acme");
    // Without the fragment it would serve the same, until somebody sets another value.
    let undeploys = async || {
        let order = team.order(dev, word, None).await;
        deploy(&team.of_member::<Deploy>(&stage.ed).await.unwrap(), &order).await
    };
    let says =
        |user: &str| format!("{user} would use values for Sign that were never deployed. Deploy Sign first.");
    let both = format!("{} {}", says("Part in development"), says("Triage in production"));
    assert_eq!(why(undeploys().await), both);
    team.deploys(dev, sign, 1).await.unwrap();
    undeploys().await.unwrap();
    team.inherits(&[("company", json!("Mallory"))]).await;
    assert_eq!(team.served(production, triage).await, "by Acme");
    // Nor does it change in any other way.
    assert!(why(trash::put_prompt(&team.may(), word).await).contains("includes this"));
    assert_eq!(
        why(delete(&team.may(), dev).await),
        "2 prompts are deployed to development. Undeploy them first."
    );
    let order = team.order(dev, sign, Some(1)).await;
    let eds = team.of_member::<Deploy>(&stage.ed).await.unwrap();
    assert!(why(deploy(&eds, &order).await).starts_with("This would also change Triage in production"));
    assert_eq!(team.served(production, triage).await, "by Acme");
}

async fn what_is_put_into_a_deployed_prompt_is_kept_with_it(app: TestApp) {
    let stage = Stage::of(&app).await;
    let team = &stage.team;
    let dev = team.environment("development").await.id;
    team.inherits(&[("company", json!("Acme"))]).await;
    let part = team.saying("Part", &["For {{ company }}."]).await;
    deployed_before(team, dev, part).await;
    let triage = team.saying("Triage", &["[[ Part@development ]]"]).await;
    team.deploys(stage.production, triage, 1).await.unwrap();
    team.inherits(&[("company", json!("Mallory"))]).await;
    assert_eq!(team.served(stage.production, triage).await, "For Acme.", "as it was approved");
}
