use super::{Team, TestApp, both_databases, why};
use crate::{
    deployments::{
        deploy::deploy,
        impact,
        model::{DeployCommand, Kind},
        store::{history, previous},
    },
    error::Error,
    kernel::{JobOwner, db::Query},
    library::trash,
    prompts::store as prompts,
    role::Role,
    tenancy::{Reads, Scope, Server, Unhurried},
    time::Timestamp,
};
use futures_util::future::join;

both_databases!(
    what_is_newest_is_live,
    rolling_back_is_a_row_of_its_own,
    a_deployment_is_what_it_says,
    nobody_writes_over_what_they_have_not_seen,
    two_who_deploy_at_once_are_told,
    a_row_never_changes,
    what_a_prompt_refers_to_is_as_the_environment_has_it,
    a_reference_may_name_an_environment,
    what_would_break_something_live_is_refused,
    what_many_are_made_of_is_read_once,
    what_is_live_is_not_deleted,
    what_a_live_version_is_made_of_is_not_deleted,
);

async fn what_is_newest_is_live(app: TestApp) {
    let team = Team::of(&app).await;
    let (dev, staging) = (team.environment("development").await.id, team.environment("staging").await.id);
    let tone = team.saying("Tone", &["one", "two"]).await;
    assert_eq!(team.live(dev, tone).await, None);
    assert_eq!(why(team.undeploys(dev, tone).await), "Nothing is live here.");
    team.deploys(dev, tone, 2).await.unwrap();
    assert_eq!((team.live(dev, tone).await, team.live(staging, tone).await), (Some(2), None));
    assert_eq!(why(team.deploys(dev, tone, 2).await), "Version 2 is already live here.");
    assert_eq!(team.deploys(dev, tone, 3).await, Err(Error::NotFound));
    team.deploys(dev, tone, 1).await.unwrap();
    assert_eq!(team.served(dev, tone).await, "one");
    team.undeploys(dev, tone).await.unwrap();
    assert_eq!(team.live(dev, tone).await, None);
    let rows = history(&team.scope, dev, tone, 50).await.unwrap();
    let rows: Vec<_> = rows.iter().map(|row| (row.number, row.kind, row.version)).collect();
    assert_eq!(rows, [(3, Kind::Undeploy, None), (2, Kind::Deploy, Some(1)), (1, Kind::Deploy, Some(2))]);
    let told = app.rows("audit_log", "action IN ('prompt.deployed', 'prompt.undeployed')").await;
    assert_eq!(told.len(), 3, "what was denied access is not told");
}

async fn rolling_back_is_a_row_of_its_own(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await.id;
    let tone = team.saying("Tone", &["one", "two", "three"]).await;
    for version in 1..=3 {
        team.deploys(dev, tone, version).await.unwrap();
    }
    for back in [2, 1] {
        let version = previous(&team.scope, dev, tone).await.unwrap();
        assert_eq!(version, Some(back));
        let order = DeployCommand { kind: Kind::Rollback, ..team.order(dev, tone, version).await };
        deploy(&team.may(), &order).await.unwrap();
    }
    assert_eq!((team.live(dev, tone).await, previous(&team.scope, dev, tone).await), (Some(1), Ok(None)));
    assert_eq!(history(&team.scope, dev, tone, 50).await.unwrap().len(), 5);
}

async fn a_deployment_is_what_it_says(app: TestApp) {
    let team = Team::of(&app).await;
    let (dev, staging) = (team.environment("development").await.id, team.environment("staging").await.id);
    let tone = team.saying("Tone", &["one", "two", "three"]).await;
    let tries = async |kind, environment, version| {
        let order = DeployCommand { kind, ..team.order(environment, tone, Some(version)).await };
        deploy(&team.may(), &order).await
    };
    let back = "This isn't the version that was live here before.";
    let there = "This version isn't live in another environment.";
    assert_eq!(why(tries(Kind::Rollback, dev, 1).await), back);
    for version in 1..=3 {
        team.deploys(dev, tone, version).await.unwrap();
    }
    assert_eq!(why(tries(Kind::Rollback, dev, 1).await), back, "two was live before, not one");
    assert_eq!(why(tries(Kind::Rollback, staging, 1).await), back);
    assert_eq!(why(tries(Kind::Promote, dev, 2).await), there, "it was live here only");
    tries(Kind::Promote, staging, 3).await.unwrap();
    tries(Kind::Rollback, dev, 2).await.unwrap();
}

async fn nobody_writes_over_what_they_have_not_seen(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await.id;
    let tone = team.saying("Tone", &["one", "two"]).await;
    let seen = team.order(dev, tone, Some(1)).await;
    team.deploys(dev, tone, 2).await.unwrap();
    let says = "Someone else deployed in the meantime: version 2 is live now.";
    assert_eq!(why(deploy(&team.may(), &seen).await), says);
    let long = DeployCommand { reason: "x".repeat(501), ..team.order(dev, tone, Some(1)).await };
    assert_eq!(why(deploy(&team.may(), &long).await), "Use at most 500 characters.");
    let other = Team::named(&app, "Other").await;
    let theirs = other.environment("development").await.id;
    for order in [
        DeployCommand { environment: theirs, ..team.order(dev, tone, Some(1)).await },
        DeployCommand { kind: Kind::Undeploy, ..team.order(dev, tone, Some(1)).await },
        DeployCommand { kind: Kind::Deploy, ..team.order(dev, tone, None).await },
    ] {
        assert_eq!(deploy(&team.may(), &order).await, Err(Error::NotFound), "{order:?}");
    }
    let foreign = other.order(theirs, tone, Some(1)).await;
    assert_eq!(deploy(&other.may(), &foreign).await, Err(Error::NotFound));
}

async fn two_who_deploy_at_once_are_told(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await.id;
    for trial in 0..20 {
        let tone = team.saying(&format!("Tone {trial}"), &["one", "two"]).await;
        let (one, two) = (team.order(dev, tone, Some(1)).await, team.order(dev, tone, Some(2)).await);
        let (ours, theirs) = (team.may(), team.may());
        let outcomes = join(Box::pin(deploy(&ours, &one)), Box::pin(deploy(&theirs, &two))).await;
        let won = [outcomes.0.is_ok(), outcomes.1.is_ok()];
        assert_eq!(won.iter().filter(|won| **won).count(), 1, "{outcomes:?}");
        assert_eq!(team.live(dev, tone).await, Some(if won[0] { 1 } else { 2 }));
    }
}

async fn a_row_never_changes(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await.id;
    team.deploys(dev, team.saying("Tone", &["one"]).await, 1).await.unwrap();
    assert!(app.try_execute("UPDATE deployments SET reason = 'another'").await.is_err());
}

async fn what_a_prompt_refers_to_is_as_the_environment_has_it(app: TestApp) {
    let team = Team::of(&app).await;
    let (dev, staging) = (team.environment("development").await.id, team.environment("staging").await.id);
    let tone = team.saying("Tone", &["kind", "curt"]).await;
    let fixed = team.saying("Fixed", &["Be [[ Tone@1 ]]."]).await;
    let triage = team.saying("Triage", &["Be [[ Tone ]]."]).await;
    team.says(tone, "odd").await;
    for prompt in [triage, fixed] {
        team.deploys(dev, prompt, 1).await.unwrap();
        team.deploys(staging, prompt, 1).await.unwrap();
    }
    // What it led to when it was saved, until the environment has something of its own.
    assert_eq!(team.served(dev, triage).await, "Be curt.");
    let order = team.order(dev, tone, Some(3)).await;
    let impact = impact::of(&team.scope, &order).await.unwrap();
    assert_eq!(
        impact.changes.into_iter().collect::<Vec<_>>(),
        [("Triage".to_owned(), "development".to_owned())]
    );
    deploy(&team.may(), &order).await.unwrap();
    assert_eq!(
        (team.served(dev, triage).await, team.served(staging, triage).await),
        ("Be odd.".into(), "Be curt.".into())
    );
    assert_eq!(team.served(dev, fixed).await, "Be kind.");
    team.undeploys(dev, tone).await.unwrap();
    assert_eq!(team.served(dev, triage).await, "Be curt.");
}

async fn a_reference_may_name_an_environment(app: TestApp) {
    let team = Team::of(&app).await;
    let (dev, staging) = (team.environment("development").await.id, team.environment("staging").await.id);
    let (word, tone) =
        (team.saying("Word", &["kind", "curt"]).await, team.saying("Tone", &["[[ Word ]]"]).await);
    let triage = team.saying("Triage", &["plain"]).await;
    let saves = |text: &'static str| team.tries(triage, text);
    assert_eq!(
        why(saves("Be [[ Tone@nowhere ]].").await),
        "[[ Tone@nowhere ]]: there is no environment nowhere."
    );
    assert_eq!(
        why(saves("Be [[ Tone@staging ]].").await),
        "[[ Tone@staging ]]: Tone isn't deployed to staging."
    );
    team.deploys(staging, tone, 1).await.unwrap();
    saves("Be [[ Tone@staging ]].").await.unwrap();
    team.deploys(dev, triage, 2).await.unwrap();
    // What is put in is as staging has it, in development too, all the way down.
    assert_eq!(team.served(dev, triage).await, "Be curt.");
    team.deploys(dev, word, 2).await.unwrap();
    let order = team.order(staging, word, Some(1)).await;
    let changes = impact::of(&team.scope, &order).await.unwrap().changes;
    let changes: Vec<_> = changes.iter().map(|(path, at)| format!("{path} in {at}")).collect();
    assert_eq!(changes, ["Tone in staging", "Triage in development"]);
    deploy(&team.may(), &order).await.unwrap();
    assert_eq!(team.served(dev, triage).await, "Be kind.");
    let says = "Triage in development would break. Triage: [[ Tone@staging ]] not found.";
    assert_eq!(why(team.undeploys(staging, tone).await), says);
    // A version that names an environment is the same for as long as it says the same.
    assert_eq!(why(saves("Be [[ Tone@staging ]].").await), "Nothing has changed since version 2.");
    team.undeploys(dev, triage).await.unwrap();
    team.undeploys(staging, tone).await.unwrap();
    team.undeploys(staging, word).await.unwrap();
    let deletes = async || crate::environments::store::delete(&team.may(), staging).await;
    let says = "Version 2 of Triage refers to what is live in staging. First save and deploy a version that doesn't.";
    assert_eq!(why(deletes().await), says);
    team.says(triage, "plain again").await;
    deletes().await.unwrap();
    let says = "Triage: [[ Tone@staging ]] not found.";
    assert_eq!(
        why(team.deploys(dev, triage, 2).await),
        says,
        "the old version is there, and says what is missing"
    );
}

async fn what_would_break_something_live_is_refused(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await.id;
    let tone = team.saying("Tone", &["kind", "{{ mood }}"]).await;
    let triage =
        team.saying("Triage", &["Be [[ Tone@1 ]].", "Be [[ Tone@1 ]] and [[ Tone | mood=glad ]]."]).await;
    team.deploys(dev, tone, 1).await.unwrap();
    team.deploys(dev, triage, 1).await.unwrap();
    // Who calls the prompt itself is told; who calls one that it is put into cannot know.
    let order = team.order(dev, tone, Some(2)).await;
    let impact = impact::of(&team.scope, &order).await.unwrap();
    assert_eq!(impact.asks.into_iter().collect::<Vec<_>>(), ["mood"]);
    deploy(&team.may(), &order).await.unwrap();
    let moody = team.saying("Moody", &["[[ Tone@1 ]] [[ Tone ]]"]).await;
    team.deploys(dev, tone, 1).await.unwrap();
    team.deploys(dev, moody, 1).await.unwrap();
    let says = "Moody in development would need a value for mood, but none is provided.";
    assert_eq!(why(team.deploys(dev, tone, 2).await), says);
    team.deploys(dev, triage, 2).await.unwrap();
    team.undeploys(dev, moody).await.unwrap();
    team.deploys(dev, tone, 2).await.unwrap();
    // Each is no circle by itself; in the environment they would be.
    let (a, b) = (team.saying("A", &["plain"]).await, team.saying("B", &["plain"]).await);
    team.says(a, "[[ B ]]").await;
    team.says(a, "plain again").await;
    team.says(b, "[[ A ]]").await;
    team.deploys(dev, a, 2).await.unwrap();
    assert!(why(team.deploys(dev, b, 2).await).contains("is nested more than 5 deep"));
    assert_eq!(team.live(dev, b).await, None);
}

/// Counts statements.
struct Counting<'a>(&'a Scope, usize);

impl Reads for Counting<'_> {
    fn query(&mut self, sql: &'static str) -> Query<'_> {
        self.1 += 1;
        self.0.query(sql)
    }

    fn now(&self) -> Timestamp {
        self.0.server().clock.now()
    }
}

impl Unhurried for Counting<'_> {
    fn place(&self) -> (&Server, JobOwner) {
        (self.0.server(), self.0.behalf())
    }
}

async fn what_many_are_made_of_is_read_once(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await.id;
    let word = team.saying("Word", &["kind"]).await;
    let tone = team.saying("Tone", &["[[ Word ]]", "[[ Word ]]!"]).await;
    team.deploys(dev, word, 1).await.unwrap();
    team.deploys(dev, tone, 1).await.unwrap();
    let users = 20;
    for n in 0..users {
        let user = team.saying(&format!("User {n}"), &["Be [[ Tone ]]."]).await;
        team.deploys(dev, user, 1).await.unwrap();
    }
    let order = team.order(dev, tone, Some(2)).await;
    let mut counting = Counting(&team.scope, 0);
    let impact = impact::of(&mut counting, &order).await.unwrap();
    assert_eq!(impact.changes.len(), users);
    // Of each: what is live, what it says, where it leads.
    assert!(counting.1 <= 15 + 3 * users, "{} statements", counting.1);
}

async fn what_is_live_is_not_deleted(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await.id;
    let tone = team.saying("Tone", &["kind"]).await;
    team.deploys(dev, tone, 1).await.unwrap();
    let says = "Tone is deployed to development. Undeploy it first.";
    assert_eq!(why(trash::put_prompt(&team.may(), tone).await), says);
    // Nor is that offered.
    let ed = team.org.has("Ed", Role::Editor).await;
    let (details, says) = (team.org.page(&format!("prompts/{tone}/details")), "Tone is live in");
    ed.get(&details).await.says(says).says("deployed v1 to development").hides("Delete Tone");
    team.undeploys(dev, tone).await.unwrap();
    ed.get(&details).await.says("Delete Tone").says("undeployed from development").hides(says);
    let trashed = trash::put_prompt(&team.may(), tone).await.unwrap();
    assert_eq!(team.deploys(dev, tone, 1).await, Err(Error::NotFound));
    trash::purge(&team.may(), trashed).await.unwrap();
    assert_eq!(prompts::find(&team.scope, tone).await, Err(Error::NotFound));
    assert_eq!(app.rows("deployments", "1 = 1").await.len(), 0);
}

async fn what_a_live_version_is_made_of_is_not_deleted(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await.id;
    let word = team.saying("Word", &["kind"]).await;
    let tone = team.saying("Tone", &["[[ Word ]]", "plain"]).await;
    let triage = team.saying("Triage", &["Be [[ Tone@1 ]].", "plain"]).await;
    team.deploys(dev, triage, 1).await.unwrap();
    // No newest version refers to it any more, but what is live does, through another.
    let says = "Triage is deployed to development and includes this. First deploy a version without it.";
    for prompt in [word, tone] {
        assert_eq!(why(trash::put_prompt(&team.may(), prompt).await), says);
    }
    team.deploys(dev, triage, 2).await.unwrap();
    let trashed = trash::put_prompt(&team.may(), word).await.unwrap();
    // And what is in the trash is not made live by way of another.
    assert_eq!(why(team.deploys(dev, triage, 1).await), "Tone: [[ Word ]] not found.");
    trash::restore(&team.may(), trashed).await.unwrap();
    team.deploys(dev, triage, 1).await.unwrap();
    assert_eq!(team.served(dev, triage).await, "Be kind.");
}
