use super::{Team, TestApp, both_databases, why};
use crate::{
    environments::store::{Step, create, delete, list, set, shift},
    error::Error,
    fields::EnvironmentName,
    role::{ManageEnvironments, Role},
    server::Scope,
};

both_databases!(
    a_workspace_begins_with_three,
    they_are_made_renamed_arranged_and_deleted,
    what_is_used_is_not_deleted,
    only_admins_change_them,
);

fn name(text: &str) -> EnvironmentName {
    EnvironmentName::parse(text).unwrap()
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
        "Choose another name: there is an environment of this one."
    );
    let staging = team.environment("staging").await;
    assert!(set(&team.may(), staging.id, &name("eu"), 0).await.is_err());
    set(&team.may(), staging.id, &name("preview"), 1).await.unwrap();
    set(&team.may(), staging.id, &name("preview"), 1).await.unwrap();
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
        "A workspace has at most 20 environments."
    );
}

async fn what_is_used_is_not_deleted(app: TestApp) {
    let team = Team::of(&app).await;
    let (staging, tone) = (team.environment("staging").await.id, team.saying("Tone", &["Be kind."]).await);
    team.deploys(staging, tone, 1).await.unwrap();
    assert_eq!(why(delete(&team.may(), staging).await), "A prompt is deployed to staging. Undeploy first.");
    team.undeploys(staging, tone).await.unwrap();
    delete(&team.may(), staging).await.unwrap();
    assert_eq!(app.rows("deployments", "1 = 1").await.len(), 0);
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
