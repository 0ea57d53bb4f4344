//! What deploying costs others: nothing long is done while a change is open, and a look has an end.

use super::{Team, TestApp, both_databases, requests::Stage, why};
use crate::{
    deployments::{
        approve::approve,
        deploy::{Outcome, deploy},
        impact::{self, TOO_MUCH},
        voiding::look_again,
    },
    id::PromptId,
    library::{trash, variables},
    prompts::{content::Content, drafts, editing, saving},
    role::{ApproveDeployment, Role},
    server::{Grant, Scope},
};
use serde_json::json;
use std::time::Duration;

both_databases!(
    a_look_has_an_end,
    nothing_is_analyzed_while_others_wait,
    what_happens_meanwhile_is_looked_at_again,
    what_is_too_heavy_to_render_is_not_deployed,
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
    let grant = |scope: Scope| -> Grant<crate::role::Deploy> { scope.require().unwrap() };
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
