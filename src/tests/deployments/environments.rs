use super::{Team, TestApp, both_databases, why};
use crate::{
    deployments::{
        deploy::{Outcome, deploy},
        model::DeployCommand,
        requests::withdraw,
    },
    environments::{
        purge::remove_purged,
        store::{Protection, Step, create, delete, list, set, shift},
    },
    error::Error,
    fields::EnvironmentName,
    role::{Deploy, ManageEnvironments, Role},
    tenancy::{Scope, batches::MOST},
};

both_databases!(
    a_workspace_begins_with_three,
    they_are_made_renamed_arranged_and_deleted,
    what_is_used_is_not_deleted,
    what_is_changed_is_told_by_name,
    who_may_deploy_is_chosen,
    only_admins_change_them,
    a_long_history_is_removed_in_parts,
);

fn name(text: &str) -> EnvironmentName {
    EnvironmentName::parse(text).unwrap()
}

fn from(seen: i64, wanted: i64) -> Protection {
    Protection { seen: seen.into(), wanted: wanted.into() }
}

async fn names(scope: &Scope) -> Vec<(String, i64)> {
    list(scope).await.unwrap().into_iter().map(|one| (one.name.to_string(), one.approvals)).collect()
}

async fn a_workspace_begins_with_three(app: TestApp) {
    let ana = app.sign_up("Ana").await;
    let (acme, own) = (ana.creates("Acme").await, super::Org::personal(&ana).await);
    for (org, approvals) in [(acme.id, 1), (own.id, 0)] {
        let scope = Scope::of_chore(&app, org, "a test").await.unwrap();
        let expected = [("development", 0), ("staging", 0), ("production", approvals)];
        assert_eq!(names(&scope).await, expected.map(|(name, approvals)| (name.to_owned(), approvals)));
    }
}

async fn they_are_made_renamed_arranged_and_deleted(app: TestApp) {
    let team = Team::of(&app).await;
    let eu = create(&team.may(), &name("eu"), 2).await.unwrap();
    assert_eq!(
        why(create(&team.may(), &name("eu"), 0).await),
        "An environment with this name already exists."
    );
    let staging = team.environment("staging").await;
    assert!(set(&team.may(), staging.id, &name("eu"), from(0, 0)).await.is_err());
    set(&team.may(), staging.id, &name("preview"), from(0, 1)).await.unwrap();
    set(&team.may(), staging.id, &name("preview"), from(1, 1)).await.unwrap();
    let says = "Someone changed who can deploy in the meantime. Check it and try again.";
    assert_eq!(why(set(&team.may(), staging.id, &name("other"), from(0, 0)).await), says);
    for step in [Step::Earlier, Step::Earlier, Step::Later, Step::Earlier] {
        shift(&team.may(), eu, step).await.unwrap();
    }
    shift(&team.may(), staging.id, Step::Later).await.unwrap();
    shift(&team.may(), staging.id, Step::Later).await.unwrap();
    let expected = [("development", 0), ("eu", 2), ("production", 1), ("preview", 1)];
    assert_eq!(names(&team.scope).await, expected.map(|(name, n)| (name.to_owned(), n)));
    delete(&team.may(), eu).await.unwrap();
    assert_eq!(delete(&team.may(), eu).await, Err(Error::NotFound));
    assert_eq!(names(&team.scope).await.len(), 3);
    let told = app.rows("audit_log", "action LIKE 'environment.%'").await;
    assert_eq!(told.len(), 8, "what changes nothing is not told");
    for n in 3..20 {
        create(&team.may(), &name(&format!("e{n}")), 0).await.unwrap();
    }
    assert_eq!(
        why(create(&team.may(), &name("one-more"), 0).await),
        "An organization can have at most 20 environments."
    );
}

async fn what_is_used_is_not_deleted(app: TestApp) {
    let team = Team::of(&app).await;
    let (staging, tone) = (team.environment("staging").await.id, team.saying("Tone", &["Be kind."]).await);
    team.deploys(staging, tone, 1).await.unwrap();
    assert_eq!(
        why(delete(&team.may(), staging).await),
        "1 prompt is deployed to staging. Undeploy it first."
    );
    team.undeploys(staging, tone).await.unwrap();
    delete(&team.may(), staging).await.unwrap();
    assert_eq!(app.rows("deployments", "1 = 1").await.len(), 0);
    // What waits is decided about first.
    let (production, ed) = (team.environment("production").await.id, team.org.has("Ed", Role::Editor).await);
    let order = team.order(production, tone, Some(1)).await;
    let grant = team.of_member::<Deploy>(&ed).await.unwrap();
    let Ok(Outcome::Requested(request)) = deploy(&grant, &order).await else { panic!("it is live") };
    let says = "A deployment to production is waiting for approval. Approve or decline it first.";
    assert_eq!(why(delete(&team.may(), production).await), says);
    withdraw(&grant, request).await.unwrap();
    delete(&team.may(), production).await.unwrap();
}

async fn what_is_changed_is_told_by_name(app: TestApp) {
    let team = Team::of(&app).await;
    let ana = team.org.has("Anna", Role::Owner).await;
    let staging = team.environment("staging").await.id;
    set(&team.may(), staging, &name("preview"), from(0, 0)).await.unwrap();
    let page = team.org.page("settings/audit-log");
    ana.get(&page).await.says("name: staging → preview").hides("required approvals");
    set(&team.may(), staging, &name("preview"), from(0, 2)).await.unwrap();
    shift(&team.may(), staging, Step::Earlier).await.unwrap();
    let tone = team.saying("Tone", &["Be kind."]).await;
    let order = DeployCommand { reason: "Tried".into(), ..team.order(staging, tone, Some(1)).await };
    deploy(&team.of_member::<Deploy>(&ana).await.unwrap(), &order).await.unwrap();
    let told = ana.get(&page).await.says("required approvals: 0 → 2");
    let told = told.says("order: development, preview, production → preview, development, production");
    told.says("action: deploy").says("environment: preview").says("reason: Tried");
}

async fn who_may_deploy_is_chosen(app: TestApp) {
    let team = Team::of(&app).await;
    let ana = team.org.has("Anna", Role::Owner).await;
    let production = team.environment("production").await.id;
    let id = production.to_string();
    let page = team.org.page(&format!("deployments/environments/{id}"));
    for approvals in ["", "-3", "99", "x"] {
        let fields = [("org", "acme"), ("environment", &*id), ("name", "production"), ("seen", "1")];
        let fields = [&fields[..], &[("approvals", approvals), ("page", &page)]].concat();
        let answer = ana.post("/api/environments/set", &fields).await.status(422);
        answer.says("Choose who can deploy.");
    }
    assert_eq!(team.environment("production").await.approvals, 1);
    ana.get(&page).await.hides("Nothing can be deployed here");
    set(&team.may(), production, &name("production"), from(1, 3)).await.unwrap();
    ana.get(&page).await.says("3 people must approve, but only 2 people can. Nothing can be deployed here.");
}

async fn only_admins_change_them(app: TestApp) {
    let team = Team::of(&app).await;
    for (who, role) in [("Ed", Role::Editor), ("Vic", Role::Viewer)] {
        let person = team.org.has(who, role).await;
        assert!(matches!(team.of_member::<ManageEnvironments>(&person).await, Err(Error::Forbidden)));
    }
    let adam = team.org.has("Adam", Role::Admin).await;
    let grant = team.of_member::<ManageEnvironments>(&adam).await.unwrap();
    create(&grant, &name("eu"), 0).await.unwrap();
    // A right that was lost since is none.
    team.org.admits(&adam, Role::Editor).await;
    assert_eq!(create(&grant, &name("us"), 0).await, Err(Error::Forbidden));
}

async fn a_long_history_is_removed_in_parts(app: TestApp) {
    let team = Team::of(&app).await;
    let ana = team.org.has("Anna", Role::Owner).await;
    let staging = team.environment("staging").await.id;
    let tone = team.saying("Tone", &["Be kind."]).await;
    team.org.deployed(staging, tone, 650).await;
    app.breaks("DELETE", "deployments", "OLD.number = 1250").await;
    delete(&team.may(), staging).await.unwrap();
    // For everybody it is gone, and so is its name.
    let there = ["development", "production"].map(|name| (name.to_owned(), i64::from(name == "production")));
    assert_eq!(names(&team.scope).await, there);
    ana.get(&team.org.page(&format!("deployments/prompts/{tone}"))).await.hides("staging");
    create(&team.may(), &name("staging"), 0).await.unwrap();
    // What came before it broke is done, from the oldest on: never is an old deployment the last one.
    let left = app.rows("deployments", "1 = 1").await.len();
    assert!((51..=51 + MOST).contains(&left), "{left} are left");
    assert_eq!(app.rows("deployments", "number = 1300").await.len(), 1);
    assert!(remove_purged(&app).await.is_err());
    app.mends("deployments").await;
    remove_purged(&app).await.unwrap();
    assert!(app.rows("deployments", "1 = 1").await.is_empty());
    assert_eq!(app.rows("environments", "purged_at IS NOT NULL").await, [""; 0]);
    let told = "SELECT count(*) FROM audit_log WHERE org_id = $1 AND action = 'environment.deleted'";
    assert_eq!(team.org.count(told).await, 1);
}
