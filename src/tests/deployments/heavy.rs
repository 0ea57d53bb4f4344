//! What deploying costs others: nothing long is done while a change is open, and a look has an end.

use super::{Team, TestApp, both_databases, requests::Stage, why};
use crate::{
    deployments::{
        approve::approve,
        deploy::{Outcome, deploy},
        impact::{self, TOO_MUCH},
        looked::Looked,
        model::{DeployCommand, Kind},
        voiding::look_again,
    },
    fields::PathName,
    id::PromptId,
    library::{
        folders, moves,
        trash::{self, used},
        variables,
    },
    prompts::{content::Content, drafts, editing, saving},
    role::{ApproveDeployment, Deploy, Role, TrashContent},
    tenancy::{Grant, Scope},
};
use serde_json::json;
use std::time::Duration;

both_databases!(
    a_look_has_an_end,
    nothing_is_analyzed_while_others_wait,
    what_happens_meanwhile_is_looked_at_again,
    what_happens_elsewhere_keeps_nobody_from_deploying,
    what_is_too_heavy_to_render_is_not_deployed,
    little_is_done_while_others_wait_for_the_trash,
    what_comes_to_be_used_meanwhile_is_not_thrown_away,
);

async fn a_look_has_an_end(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await.id;
    let tone = team.saying("Tone", &["kind", "curt"]).await;
    team.deploys(dev, tone, 1).await.unwrap();
    for n in 0..5 {
        let user = team.saying(&format!("User {n}"), &["Be [[ Tone ]]."]).await;
        team.deploys(dev, user, 1).await.unwrap();
    }
    let order = team.order(dev, tone, Some(2)).await;
    let whole = impact::of(&team.scope, &order).await.unwrap();
    assert!(whole.breaks.is_empty() && whole.changes.len() == 5 && !whole.is_cut);
    // All of it is paid for, and what cannot be is no reason to let it pass.
    let cut = impact::within(&team.scope, &order, 40).await.unwrap();
    assert!(cut.is_cut && cut.changes.len() < 5, "{cut:?}");
    assert!(cut.breaks.iter().any(|one| one.says == TOO_MUCH), "{:?}", cut.breaks);
    assert_eq!(impact::within(&team.scope, &order, 100_000).await.unwrap(), whole);
}

/// Has a prompt say something in Jinja, as a new version.
async fn says_jinja(team: &Team, prompt: PromptId, text: &str) {
    let content: Content =
        serde_json::from_value(json!({ "engine": "jinja", "body": { "text": text } })).unwrap();
    let revision = drafts::read(&team.scope, prompt).await.unwrap().revision;
    editing::save(&team.may(), prompt, revision, &content).await.unwrap();
    let latest = crate::prompts::store::find(&team.scope, prompt).await.unwrap().latest;
    saving::save(&team.may(), prompt, saving::Seen { revision: revision + 1, latest }, "").await.unwrap();
}

async fn nothing_is_analyzed_while_others_wait(app: TestApp) {
    let stage = Stage::of(&app).await;
    let team = &stage.team;
    let dev = team.environment("development").await.id;
    let user = team.saying("User", &["plain"]).await;
    says_jinja(team, user, "{% if true %}[[ Tone ]]{% endif %}").await;
    team.deploys(dev, stage.tone, 1).await.unwrap();
    team.deploys(dev, user, 2).await.unwrap();
    // A server that was just started knows nothing of any text. It asks the sandbox, which it may not while a
    // change is open.
    let fresh = || async { app.another(|_| {}).await };
    let server = fresh().await;
    let grant = |scope: Scope| -> Grant<Deploy> { scope.require().unwrap() };
    let scope = Scope::of_chore(&server, team.org.id, "a test").await.unwrap();
    let order = team.order(dev, stage.tone, Some(2)).await;
    let outcome = deploy(&grant(scope), &order).await;
    assert!(matches!(outcome, Ok(Outcome::Deployed(2))), "{outcome:?}");
    // Nor where something is approved, looked at again or thrown away.
    let fragment = team.saying("Fragment", &["plain"]).await;
    let holder = team.saying("Holder", &["plain"]).await;
    says_jinja(team, holder, "{% if true %}[[ Fragment ]]{% endif %}").await;
    team.deploys(dev, holder, 2).await.unwrap();
    says_jinja(team, stage.tone, "{% if true %}{{ company }}{% endif %}").await;
    team.inherits(&[("company", json!("Acme"))]).await;
    stage.needs(2).await;
    let latest = crate::prompts::store::find(&team.scope, stage.tone).await.unwrap().latest;
    let id = stage.asked(latest).await;
    assert_eq!(stage.approves(&stage.adam, id).await, Ok(None));
    team.inherits(&[("company", json!("Mallory"))]).await;
    let server = fresh().await;
    look_again(&server, None).await.unwrap();
    assert_eq!(app.rows("audit_log", "action = 'deployment.voided'").await.len(), 1);
    let seen = team.org.fingerprint(id).await;
    let server = fresh().await;
    let ada = team.of_member::<ApproveDeployment>(&stage.ada).await.unwrap();
    let ada = Scope::of_member(&server, team.org.id, ada.person().unwrap().clone()).await.unwrap();
    assert_eq!(approve(&ada.require().unwrap(), id, &seen).await, Ok(None));
    let server = fresh().await;
    let scope = Scope::of_chore(&server, team.org.id, "a test").await.unwrap();
    let refused = why(trash::put_prompt(&scope.require().unwrap(), fragment).await);
    assert!(refused.contains("Holder is deployed to development and includes this"), "{refused}");
}

async fn what_happens_meanwhile_is_looked_at_again(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await.id;
    team.inherits(&[("company", json!("Acme"))]).await;
    let tone = team.saying("Tone", &["For {{ company }}."]).await;
    let order = team.order(dev, tone, Some(1)).await;
    let mut change = team.may::<crate::role::EditContent>().change().await.unwrap();
    let grant = team.may();
    let deploys = tokio::spawn(async move { deploy(&grant, &order).await });
    // It has looked, and waits for the change.
    tokio::time::sleep(Duration::from_millis(300)).await;
    variables::set_within(&mut change, None, &[("company".into(), json!("Mallory"))]).await.unwrap();
    change.commit().await.unwrap();
    assert_eq!(deploys.await.unwrap(), Ok(Outcome::Deployed(1)));
    assert_eq!(team.served(dev, tone).await, "For Mallory.");
}

/// Whether what was found of an order still holds after something was done.
async fn holds(team: &Team, order: &DeployCommand, done: impl Future<Output = ()>) -> bool {
    let looked = Box::pin(Looked::at(&team.scope, order)).await;
    done.await;
    let mut change = team.may::<Deploy>().change().await.unwrap();
    looked.still(&mut change).await.unwrap().is_some()
}

async fn what_happens_elsewhere_keeps_nobody_from_deploying(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await.id;
    let folder = async |name: &str, parent| {
        folders::create(&team.may(), parent, &PathName::parse(name).unwrap()).await.unwrap()
    };
    let (outer, other) = (folder("Outer", None).await, folder("Other", None).await);
    let inner = folder("Inner", Some(outer)).await;
    let sets = async |folder, value: &str| {
        variables::set(&team.may(), Some(folder), &[("company".into(), json!(value))]).await.unwrap();
    };
    sets(outer, "Acme").await;
    let (sign, elsewhere) = (team.saying("Sign", &["a", "b"]).await, team.saying("Elsewhere", &["a"]).await);
    let tone = team.saying("Tone", &["x", "[[ Sign ]] {{ company }}"]).await;
    let user = team.saying("User", &["[[ Tone ]]"]).await;
    moves::move_prompt(&team.may(), tone, Some(inner), moves::Place::Last).await.unwrap();
    for prompt in [sign, tone, user] {
        team.deploys(dev, prompt, 1).await.unwrap();
    }
    let order = team.order(dev, tone, Some(2)).await;
    // Whatever else happens, it is not looked at again.
    let unrelated = async {
        team.says(elsewhere, "c").await;
        team.says(sign, "c").await;
        team.deploys(dev, elsewhere, 1).await.unwrap();
        sets(other, "Mallory").await;
        let fresh = team.saying("Fresh", &["a"]).await;
        moves::move_prompt(&team.may(), fresh, Some(other), moves::Place::Last).await.unwrap();
    };
    assert!(holds(&team, &order, Box::pin(unrelated)).await);
    // What it was based on is.
    let deployed = async {
        team.deploys(dev, sign, 2).await.unwrap();
    };
    assert!(!holds(&team, &order, Box::pin(deployed)).await, "a fragment is live");
    assert!(!holds(&team, &order, sets(outer, "Mallory")).await, "a value");
    let moved = async {
        moves::move_folder(&team.may(), inner, Some(other), moves::Place::Last).await.unwrap();
    };
    assert!(!holds(&team, &order, Box::pin(moved)).await, "moved");
    let undeployed = async {
        team.undeploys(dev, user).await.unwrap();
    };
    assert!(!holds(&team, &order, Box::pin(undeployed)).await, "who uses it");
    // A rollback needs no more than is kept of what was live.
    for version in [2, 1] {
        team.deploys(dev, tone, version).await.unwrap();
    }
    let back = DeployCommand { kind: Kind::Rollback, ..team.order(dev, tone, Some(2)).await };
    assert!(holds(&team, &back, sets(other, "Somebody")).await, "what is inherited now");
}

async fn what_is_too_heavy_to_render_is_not_deployed(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await.id;
    let fragment = team.saying("Fragment", &["x", &"{{ e }}".repeat(3_000)]).await;
    let text = (0..6_000).map(|n| format!("[[ Fragment | a={n} ]]")).collect::<Vec<_>>().concat();
    let user = team.saying("User", &[&text]).await;
    team.inherits(&[("e", json!(""))]).await;
    // Millions of variables that print nothing.
    assert!(why(team.deploys(dev, user, 1).await).contains("is too complex"));
    team.deploys(dev, fragment, 1).await.unwrap();
    team.deploys(dev, user, 1).await.unwrap();
    let refused = why(team.deploys(dev, fragment, 2).await);
    assert!(refused == TOO_MUCH || refused.contains("is too complex"), "{refused}");
    // The page of it is there, and offers nothing.
    let ada = team.org.has("Ada", Role::Owner).await;
    let page = format!("deployments/{dev}/{fragment}/review?kind=deploy&version=2");
    ada.get(&team.org.page(&page)).await.status(200).says(" too ").hides("Reason");
}

async fn little_is_done_while_others_wait_for_the_trash(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await.id;
    let tone = team.saying("Tone", &["kind"]).await;
    // Each was put together from it in an earlier version.
    for n in 0..20 {
        let user = team.saying(&format!("User {n}"), &["Be [[ Tone ]].", "plain"]).await;
        team.deploys(dev, user, 2).await.unwrap();
    }
    let looked = used::Looked::at(&team.scope, &[tone]).await.unwrap();
    let mut change = team.may::<TrashContent>().change().await.unwrap();
    let before = change.statements();
    assert_eq!(looked.allows(&mut change, &[tone]).await, Ok(true));
    let done = change.statements().zip(before).map(|(all, before)| all - before);
    assert!(done.is_none_or(|done| done == 1), "{done:?} statements");
    drop(change);
    trash::put_prompt(&team.may(), tone).await.unwrap();
}

async fn what_comes_to_be_used_meanwhile_is_not_thrown_away(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await.id;
    let (tone, other) = (team.saying("Tone", &["kind"]).await, team.saying("Other", &["x", "y"]).await);
    let looks = async || used::Looked::at(&team.scope, &[tone]).await.unwrap();
    let allows = async |looked: used::Looked, prompts: Vec<PromptId>| {
        let mut change = team.may::<TrashContent>().change().await.unwrap();
        looked.allows(&mut change, &prompts).await
    };
    let looked = looks().await;
    team.says(other, "z").await;
    assert_eq!(allows(looked, vec![tone]).await, Ok(true), "another prompt changed");
    assert_eq!(
        allows(looks().await, vec![tone, other]).await,
        Ok(false),
        "another prompt came into the folder"
    );
    let looked = looks().await;
    team.deploys(dev, other, 1).await.unwrap();
    assert_eq!(allows(looked, vec![tone]).await, Ok(false), "something was deployed");
    let looked = looks().await;
    folders::create(&team.may(), None, &PathName::parse("Folder").unwrap()).await.unwrap();
    assert_eq!(allows(looked, vec![tone]).await, Ok(false), "a folder may come with prompts");
    let looked = looks().await;
    team.says(other, "[[ Tone ]]").await;
    let says = "Other prompts include this: Other. Change them first.";
    assert_eq!(why(allows(looked, vec![tone]).await), says);
    assert_eq!(why(trash::put_prompt(&team.may(), tone).await), says);
}
