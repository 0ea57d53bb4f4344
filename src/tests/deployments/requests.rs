use super::{Team, TestApp, both_databases, why};
use crate::{
    deployments::{
        deploy::{Outcome, deploy},
        requests::{approve, decline, pending, withdraw},
    },
    environments::store::set,
    error::Error,
    id::{DeploymentRequestId, EnvironmentId, PromptId},
    role::{ApproveDeployment, Deploy, Role},
    tests::support::Person,
    time::Span,
};
use futures_util::future::join;

both_databases!(
    what_is_protected_somebody_else_approves,
    as_many_approve_as_must,
    when_fewer_must_approve_those_who_did_are_enough,
    whoever_asked_is_told_what_became_of_it,
    who_lost_the_right_is_not_counted,
    what_was_asked_for_before_something_else_went_live_is_not_done,
    two_who_approve_at_once_deploy_once,
    approving_against_deploying_something_else,
    what_waits_is_declined_or_withdrawn,
);

/// Production with a prompt, an Editor, and Admins.
struct Stage {
    team: Team,
    production: EnvironmentId,
    tone: PromptId,
    ed: Person,
    adam: Person,
    ada: Person,
}

impl Stage {
    async fn of(app: &TestApp) -> Self {
        let team = Team::of(app).await;
        let (ed, adam) = (team.org.has("Ed", Role::Editor).await, team.org.has("Adam", Role::Admin).await);
        let ada = team.org.has("Ada", Role::Admin).await;
        let (production, tone) =
            (team.environment("production").await.id, team.saying("Tone", &["one", "two"]).await);
        Self { team, production, tone, ed, adam, ada }
    }

    async fn needs(&self, approvals: i64) {
        let name = self.team.environment("production").await.name;
        set(&self.team.may(), self.production, &name, approvals).await.unwrap();
    }

    async fn asks(&self, who: &Person, version: i64) -> crate::error::Result<Outcome> {
        let order = self.team.order(self.production, self.tone, Some(version)).await;
        deploy(&self.team.of_member::<Deploy>(who).await?, &order).await
    }

    async fn asked(&self, version: i64) -> DeploymentRequestId {
        let Ok(Outcome::Requested(id)) = self.asks(&self.ed, version).await else { panic!("it is live") };
        id
    }

    async fn approves(&self, who: &Person, id: DeploymentRequestId) -> crate::error::Result<Option<i64>> {
        approve(&self.team.of_member::<ApproveDeployment>(who).await?, id).await
    }

    async fn live(&self) -> Option<i64> {
        self.team.live(self.production, self.tone).await
    }
}

async fn what_is_protected_somebody_else_approves(app: TestApp) {
    let stage = Stage::of(&app).await;
    let vic = stage.team.org.has("Vic", Role::Viewer).await;
    assert_eq!(stage.asks(&vic, 1).await, Err(Error::Forbidden));
    let id = stage.asked(1).await;
    assert_eq!(stage.live().await, None);
    assert_eq!(why(stage.asks(&stage.ed, 2).await), "Ed asked for something here already, which waits.");
    assert_eq!(stage.approves(&stage.ed, id).await, Err(Error::Forbidden));
    assert_eq!(stage.approves(&stage.adam, id).await, Ok(Some(1)));
    assert_eq!(stage.live().await, Some(1));
    assert_eq!(stage.approves(&stage.ada, id).await, Err(Error::NotFound));
    assert_eq!(pending(&stage.team.scope).await.unwrap(), []);
    // One who may approve need not ask where one is enough.
    assert_eq!(stage.asks(&stage.adam, 2).await, Ok(Outcome::Deployed(2)));
}

async fn as_many_approve_as_must(app: TestApp) {
    let stage = Stage::of(&app).await;
    stage.needs(2).await;
    let Ok(Outcome::Requested(id)) = stage.asks(&stage.adam, 1).await else { panic!("it is live") };
    assert_eq!(stage.approves(&stage.adam, id).await, Err(Error::Forbidden), "nobody approves their own");
    assert_eq!(stage.approves(&stage.ada, id).await, Ok(None));
    assert_eq!(why(stage.approves(&stage.ada, id).await), "You have approved it already.");
    assert_eq!(stage.live().await, None);
    let eve = stage.team.org.has("Eve", Role::Owner).await;
    assert_eq!(stage.approves(&eve, id).await, Ok(Some(1)));
    assert_eq!(stage.live().await, Some(1));
}

async fn when_fewer_must_approve_those_who_did_are_enough(app: TestApp) {
    let stage = Stage::of(&app).await;
    stage.needs(2).await;
    let id = stage.asked(1).await;
    assert_eq!(stage.approves(&stage.adam, id).await, Ok(None));
    stage.needs(1).await;
    assert_eq!(stage.live().await, None, "what protects an environment deploys nothing");
    assert_eq!(stage.approves(&stage.adam, id).await, Ok(Some(1)));
    assert_eq!(stage.live().await, Some(1));
    let told = app.rows("audit_log", "action = 'deployment.approved'").await;
    assert_eq!(told.len(), 1, "it was approved once");
}

async fn whoever_asked_is_told_what_became_of_it(app: TestApp) {
    let stage = Stage::of(&app).await;
    let page = format!("/{}/deployments/{}/{}", stage.team.org.slug, stage.production, stage.tone);
    let id = stage.asked(2).await;
    app.clock.advance(Span::minutes(1));
    decline(&stage.team.of_member(&stage.adam).await.unwrap(), id).await.unwrap();
    let says = "Adam declined what Ed asked for: deploy v2.";
    stage.ed.get(&page).await.status(200).says(says);
    app.clock.advance(Span::minutes(1));
    let id = stage.asked(1).await;
    stage.approves(&stage.ada, id).await.unwrap();
    // Something was deployed since.
    stage.ed.get(&page).await.status(200).hides(says).says(", as Ed asked");
    // The same stands in the history of the environment and in that of the prompt.
    for of in [stage.production.to_string(), format!("prompts/{}", stage.tone)] {
        let page = format!("/{}/deployments/{of}", stage.team.org.slug);
        stage.ed.get(&page).await.status(200).says(", as Ed asked");
    }
}

async fn who_lost_the_right_is_not_counted(app: TestApp) {
    let stage = Stage::of(&app).await;
    stage.needs(2).await;
    let id = stage.asked(1).await;
    assert_eq!(stage.approves(&stage.adam, id).await, Ok(None));
    stage.team.org.admits(&stage.adam, Role::Editor).await;
    assert_eq!(stage.approves(&stage.adam, id).await, Err(Error::Forbidden));
    assert_eq!(stage.approves(&stage.ada, id).await, Ok(None), "one of the two is no Admin any more");
    assert_eq!(pending(&stage.team.scope).await.unwrap()[0].approved, 1);
    let eve = stage.team.org.has("Eve", Role::Owner).await;
    assert_eq!(stage.approves(&eve, id).await, Ok(Some(1)));
}

async fn what_was_asked_for_before_something_else_went_live_is_not_done(app: TestApp) {
    let stage = Stage::of(&app).await;
    let id = stage.asked(1).await;
    stage.asks(&stage.adam, 2).await.unwrap();
    assert_eq!(stage.approves(&stage.ada, id).await, Err(Error::NotFound));
    assert_eq!((stage.live().await, pending(&stage.team.scope).await.unwrap().len()), (Some(2), 0));
    let declined = app.rows("audit_log", "action = 'deployment.declined'").await;
    assert_eq!(declined.len(), 1);
}

async fn two_who_approve_at_once_deploy_once(app: TestApp) {
    let stage = Stage::of(&app).await;
    for version in [1, 2, 1, 2, 1, 2] {
        let id = stage.asked(version).await;
        let outcomes = join(stage.approves(&stage.adam, id), stage.approves(&stage.ada, id)).await;
        let deployed =
            [&outcomes.0, &outcomes.1].iter().filter(|outcome| matches!(outcome, Ok(Some(_)))).count();
        assert_eq!(deployed, 1, "{outcomes:?}");
        assert_eq!(stage.live().await, Some(version));
    }
    assert_eq!(app.rows("deployments", "1 = 1").await.len(), 6);
}

async fn approving_against_deploying_something_else(app: TestApp) {
    let stage = Stage::of(&app).await;
    for _ in 0..20 {
        let live = stage.live().await;
        let asked = if live == Some(1) { 2 } else { 1 };
        // Meanwhile another Admin takes away what is live, or deploys the other version where nothing is.
        let other = if live.is_none() { Some(2) } else { None };
        let id = stage.asked(asked).await;
        let order = stage.team.order(stage.production, stage.tone, other).await;
        let theirs = stage.team.of_member::<Deploy>(&stage.ada).await.unwrap();
        let (approved, deployed) = join(stage.approves(&stage.adam, id), deploy(&theirs, &order)).await;
        let live = match (&approved, &deployed) {
            (Ok(Some(_)), Err(Error::Conflict { .. })) => Some(asked),
            (Err(Error::NotFound | Error::Conflict { .. }), Ok(Outcome::Deployed(_))) => other,
            _ => panic!("{approved:?} {deployed:?}"),
        };
        assert_eq!(stage.live().await, live);
        assert_eq!(pending(&stage.team.scope).await.unwrap(), []);
    }
}

async fn what_waits_is_declined_or_withdrawn(app: TestApp) {
    let stage = Stage::of(&app).await;
    let id = stage.asked(1).await;
    let other = stage.team.org.has("Edna", Role::Editor).await;
    let theirs = stage.team.of_member::<Deploy>(&other).await.unwrap();
    assert_eq!(withdraw(&theirs, id).await, Err(Error::Forbidden));
    withdraw(&stage.team.of_member(&stage.ed).await.unwrap(), id).await.unwrap();
    let id = stage.asked(1).await;
    decline(&stage.team.of_member(&stage.adam).await.unwrap(), id).await.unwrap();
    assert_eq!(stage.approves(&stage.ada, id).await, Err(Error::NotFound));
    assert_eq!((stage.live().await, pending(&stage.team.scope).await.unwrap().len()), (None, 0));
    let told = app.rows("audit_log", "action LIKE 'deployment.%'").await;
    assert_eq!(told.len(), 4);
}
