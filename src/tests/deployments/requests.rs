use super::{Team, TestApp, both_databases, why};
use crate::{
    deployments::{
        approve::approve,
        asked::pending,
        deploy::{Outcome, deploy},
        model::{DeployCommand, Kind},
        requests::{decline, withdraw},
    },
    environments::store::{Protection, set},
    error::Error,
    id::{DeploymentRequestId, EnvironmentId, PromptId},
    library::trash,
    role::{ApproveDeployment, Deploy, Role},
    tests::support::Person,
    time::Span,
};
use futures_util::future::join;

/// What is said of a request that somebody has decided about.
const LATE: &str = "This request is no longer waiting for approval.";

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
    every_way_to_what_is_protected_is_asked_for,
    what_is_asked_for_goes_with_the_right_to_ask,
    a_request_tells_what_became_of_it,
    what_is_protected_does_not_change_through_another_environment,
    what_waits_is_not_thrown_away,
    approving_against_losing_the_right,
);

/// Production with a prompt, an Editor, and Admins.
pub(super) struct Stage {
    pub(super) team: Team,
    pub(super) production: EnvironmentId,
    pub(super) tone: PromptId,
    pub(super) ed: Person,
    pub(super) adam: Person,
    pub(super) ada: Person,
}

impl Stage {
    pub(super) async fn of(app: &TestApp) -> Self {
        Self::with(Team::of(app).await, ["Ed", "Adam", "Ada"]).await
    }

    pub(super) async fn with(team: Team, [ed, adam, ada]: [&str; 3]) -> Self {
        let (ed, adam) = (team.org.has(ed, Role::Editor).await, team.org.has(adam, Role::Admin).await);
        let ada = team.org.has(ada, Role::Admin).await;
        let (production, tone) =
            (team.environment("production").await.id, team.saying("Tone", &["one", "two"]).await);
        Self { team, production, tone, ed, adam, ada }
    }

    pub(super) async fn needs(&self, approvals: i64) {
        let name = self.team.environment("production").await.name;
        let seen = self.team.environment("production").await.approvals;
        set(
            &self.team.may(),
            self.production,
            &name,
            Protection { seen: seen.into(), wanted: approvals.into() },
        )
        .await
        .unwrap();
    }

    pub(super) async fn asks(&self, who: &Person, version: i64) -> crate::error::Result<Outcome> {
        let order = self.team.order(self.production, self.tone, Some(version)).await;
        deploy(&self.team.of_member::<Deploy>(who).await?, &order).await
    }

    pub(super) async fn asked(&self, version: i64) -> DeploymentRequestId {
        let Ok(Outcome::Requested(id)) = self.asks(&self.ed, version).await else { panic!("it is live") };
        id
    }

    pub(super) async fn approves(
        &self,
        who: &Person,
        id: DeploymentRequestId,
    ) -> crate::error::Result<Option<i64>> {
        let seen = self.team.org.fingerprint(id).await;
        approve(&self.team.of_member::<ApproveDeployment>(who).await?, id, &seen).await
    }

    pub(super) async fn live(&self) -> Option<i64> {
        self.team.live(self.production, self.tone).await
    }
}

async fn what_is_protected_somebody_else_approves(app: TestApp) {
    let stage = Stage::of(&app).await;
    let vic = stage.team.org.has("Vic", Role::Viewer).await;
    assert_eq!(stage.asks(&vic, 1).await, Err(Error::Forbidden));
    let id = stage.asked(1).await;
    assert_eq!(stage.live().await, None);
    assert_eq!(
        why(stage.asks(&stage.ed, 2).await),
        "Ed already requested a deployment here. It's waiting for approval."
    );
    assert_eq!(stage.approves(&stage.ed, id).await, Err(Error::Forbidden));
    assert_eq!(stage.approves(&stage.adam, id).await, Ok(Some(1)));
    assert_eq!(stage.live().await, Some(1));
    assert_eq!(why(stage.approves(&stage.ada, id).await), LATE);
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
    assert_eq!(why(stage.approves(&stage.ada, id).await), "You already approved this.");
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
    let says = "Adam declined the request by Ed to deploy v2.";
    stage.ed.get(&page).await.status(200).says(says);
    app.clock.advance(Span::minutes(1));
    let id = stage.asked(1).await;
    stage.approves(&stage.ada, id).await.unwrap();
    // Something was deployed since.
    stage.ed.get(&page).await.status(200).hides(says).says(", requested by Ed");
    // The same stands in the history of the environment and in that of the prompt.
    for of in [stage.production.to_string(), format!("prompts/{}", stage.tone)] {
        let page = format!("/{}/deployments/{of}", stage.team.org.slug);
        stage.ed.get(&page).await.status(200).says(", requested by Ed");
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
    assert_eq!(why(stage.approves(&stage.ada, id).await), LATE);
    assert_eq!((stage.live().await, pending(&stage.team.scope).await.unwrap().len()), (Some(2), 0));
    let declined = app.rows("audit_log", "action = 'deployment.declined'").await;
    assert_eq!(declined.len(), 1);
    let page = stage.team.org.page(&format!("deployments/requests/{id}"));
    stage.ed.get(&page).await.says("Adam deployed something else here instead.");
    let id = stage.asked(1).await;
    decline(&stage.team.of_member(&stage.ada).await.unwrap(), id).await.unwrap();
    let page = stage.team.org.page(&format!("deployments/requests/{id}"));
    stage.ed.get(&page).await.says("Ada declined this.");
}

async fn two_who_approve_at_once_deploy_once(app: TestApp) {
    let stage = Stage::of(&app).await;
    for version in [1, 2, 1, 2, 1, 2] {
        let id = stage.asked(version).await;
        let (first, second) = (stage.approves(&stage.adam, id), stage.approves(&stage.ada, id));
        let outcomes = Box::pin(join(first, second)).await;
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
        let both = join(stage.approves(&stage.adam, id), deploy(&theirs, &order));
        let (approved, deployed) = Box::pin(both).await;
        let live = match (&approved, &deployed) {
            (Ok(Some(_)), Err(Error::Conflict { .. })) => Some(asked),
            (Err(Error::Conflict { .. }), Ok(Outcome::Deployed(_))) => other,
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
    assert_eq!(why(stage.approves(&stage.ada, id).await), LATE);
    assert_eq!((stage.live().await, pending(&stage.team.scope).await.unwrap().len()), (None, 0));
    let told = app.rows("audit_log", "action LIKE 'deployment.%'").await;
    assert_eq!(told.len(), 4);
}

async fn every_way_to_what_is_protected_is_asked_for(app: TestApp) {
    let stage = Stage::of(&app).await;
    let team = &stage.team;
    for version in [1, 2] {
        stage.asks(&stage.adam, version).await.unwrap();
    }
    let staging = team.environment("staging").await.id;
    team.says(stage.tone, "three").await;
    team.deploys(staging, stage.tone, 3).await.unwrap();
    let theirs = team.of_member::<Deploy>(&stage.ed).await.unwrap();
    for (kind, version) in
        [(Kind::Deploy, Some(1)), (Kind::Promote, Some(3)), (Kind::Rollback, Some(1)), (Kind::Undeploy, None)]
    {
        let order = DeployCommand { kind, ..team.order(stage.production, stage.tone, version).await };
        let Ok(Outcome::Requested(id)) = deploy(&theirs, &order).await else { panic!("{kind:?} is done") };
        assert_eq!(stage.live().await, Some(2), "{kind:?}");
        withdraw(&theirs, id).await.unwrap();
    }
}

async fn what_is_asked_for_goes_with_the_right_to_ask(app: TestApp) {
    let stage = Stage::of(&app).await;
    let id = stage.asked(1).await;
    stage.team.org.admits(&stage.ed, Role::Viewer).await;
    assert_eq!(
        why(stage.approves(&stage.ada, id).await),
        "Ed is no longer allowed to deploy. Decline the request."
    );
    let page = stage.team.org.page("deployments");
    stage.ed.get(&page).await.says("Ed wants to deploy").hides("Withdraw");
    stage.team.org.admits(&stage.ed, Role::Editor).await;
    assert_eq!(stage.approves(&stage.ada, id).await, Ok(Some(1)));
    assert_eq!(stage.live().await, Some(1));
}

async fn a_request_tells_what_became_of_it(app: TestApp) {
    let stage = Stage::of(&app).await;
    stage.needs(2).await;
    let cell = stage.team.org.page(&format!("deployments/{}/{}", stage.production, stage.tone));
    let review = format!("{cell}/review?kind=deploy&version=2");
    let id = stage.asked(1).await;
    let page = stage.team.org.page(&format!("deployments/requests/{id}"));
    stage.ed.get(&cell).await.status(200).says("Ed wants to deploy version 1 of Tone").says("Withdraw");
    stage
        .ed
        .get(&review)
        .await
        .status(200)
        .says("already requested a deployment here")
        .hides("Request approval");
    stage.ada.get(&page).await.status(200).says(">Approve</button>");
    stage.approves(&stage.adam, id).await.unwrap();
    stage.ed.get(&page).await.status(200).says("1 of 2 approved: Adam.").hides(">Approve");
    // The last approval deploys it, which the button says; who gave theirs is not the last.
    stage.ada.get(&page).await.status(200).says(">Approve and deploy</button>");
    stage.adam.get(&page).await.status(200).says(">Approve</button>");
    stage.approves(&stage.ada, id).await.unwrap();
    stage
        .ada
        .get(&page)
        .await
        .status(200)
        .says("Adam, Ada approved this.")
        .says("This was deployed.")
        .hides(">Approve")
        .hides("Decline</button>");
    let id = stage.asked(2).await;
    withdraw(&stage.team.of_member(&stage.ed).await.unwrap(), id).await.unwrap();
    let page = stage.team.org.page(&format!("deployments/requests/{id}"));
    stage.ada.get(&page).await.status(200).says("Ed withdrew this.");
}

async fn what_is_protected_does_not_change_through_another_environment(app: TestApp) {
    let stage = Stage::of(&app).await;
    let team = &stage.team;
    let dev = team.environment("development").await.id;
    team.deploys(dev, stage.tone, 1).await.unwrap();
    let triage = team.saying("Triage", &["Be [[ Tone@development ]]."]).await;
    let order = team.order(stage.production, triage, Some(1)).await;
    deploy(&team.of_member::<Deploy>(&stage.adam).await.unwrap(), &order).await.unwrap();
    assert_eq!(team.served(stage.production, triage).await, "Be one.");
    let order = team.order(dev, stage.tone, Some(2)).await;
    let says = "This would also change Triage in production, where others must approve, because it refers to what is live here. Make it refer to a fixed version first.";
    assert_eq!(why(deploy(&team.of_member::<Deploy>(&stage.ed).await.unwrap(), &order).await), says);
    // Who may alone in production may here.
    deploy(&team.of_member::<Deploy>(&stage.adam).await.unwrap(), &order).await.unwrap();
    assert_eq!(team.served(stage.production, triage).await, "Be two.");
    stage.needs(2).await;
    let order = team.order(dev, stage.tone, Some(1)).await;
    assert_eq!(why(deploy(&team.of_member::<Deploy>(&stage.adam).await.unwrap(), &order).await), says);
}

async fn what_waits_is_not_thrown_away(app: TestApp) {
    let stage = Stage::of(&app).await;
    let id = stage.asked(1).await;
    let says = "Ed requested to deploy Tone. Approve or decline the request first.";
    assert_eq!(why(trash::put_prompt(&stage.team.may(), stage.tone).await), says);
    decline(&stage.team.of_member(&stage.ada).await.unwrap(), id).await.unwrap();
    trash::put_prompt(&stage.team.may(), stage.tone).await.unwrap();
}

async fn approving_against_losing_the_right(app: TestApp) {
    let stage = Stage::of(&app).await;
    for trial in 0..20 {
        stage.needs(1).await;
        stage.team.org.admits(&stage.adam, Role::Admin).await;
        let (before, id) = (stage.live().await, stage.asked(1 + trial % 2).await);
        // Meanwhile more must approve: either it was deployed before, or it waits for the second.
        let more = stage.needs(2);
        let (approved, ()) = Box::pin(join(stage.approves(&stage.adam, id), more)).await;
        let live = stage.live().await;
        match approved {
            Ok(Some(_)) => assert_eq!(live, Some(1 + trial % 2)),
            Ok(None) => {
                assert_eq!(live, before);
                assert!(stage.approves(&stage.ada, id).await.unwrap().is_some());
            }
            Err(error) => panic!("{error}"),
        }
    }
}
