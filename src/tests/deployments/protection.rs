//! One other person approves, whoever deploys; and what protects is not taken away by one alone.

use super::{TestApp, both_databases, requests::Stage, why};
use crate::{
    deployments::deploy::{Outcome, deploy},
    environments::{
        requests::{approve, decline, pending, withdraw},
        rule::Rule,
        store::{Environment, Outcome as Changed, Protection, create, delete, set},
    },
    error::{Error, Result},
    fields::EnvironmentName,
    id::EnvironmentRequestId,
    members::{consequences::Agreed, store as members},
    role::{ApproveDeployment, Deploy, ManageEnvironments, ManageMembers, Role},
    tenancy::Scope,
    tests::support::{Org, Person},
    time::Span,
};

both_databases!(
    one_other_person_approves_whoever_deploys,
    who_is_alone_asks_nobody,
    nobody_gets_rid_of_the_others_for_a_moment,
    a_new_team_begins_with_it,
    what_is_protected_by_others_does_not_change_through_another_environment,
    lowering_is_approved_by_as_many_as_it_demanded,
    a_protected_name_is_not_given_up_by_one_alone,
    what_is_asked_for_of_an_environment_is_decided_once,
    those_who_may_approve_a_change_are_told_and_who_asked,
    a_change_is_asked_for_and_decided_on_its_page,
);

fn name(text: &str) -> EnvironmentName {
    EnvironmentName::parse(text).unwrap()
}

impl Stage {
    async fn environment(&self) -> Environment {
        crate::environments::store::find(&self.team.scope, self.production).await.unwrap()
    }

    /// The server itself asks nobody.
    async fn rules(&self, rule: Rule) {
        let now = self.environment().await;
        let protection = Protection { seen: now.rule(), wanted: rule };
        let set = set(&self.team.may(), self.production, &now.name, protection).await;
        assert_eq!(set, Ok(Changed::Done));
    }

    async fn changes(&self, who: &Person, to: &str, rule: Rule) -> Result<Changed> {
        let grant = self.team.of_member::<ManageEnvironments>(who).await?;
        let protection = Protection { seen: self.environment().await.rule(), wanted: rule };
        set(&grant, self.production, &name(to), protection).await
    }

    async fn change_asked(&self, who: &Person, to: &str, rule: Rule) -> EnvironmentRequestId {
        let Ok(Changed::Requested(id)) = self.changes(who, to, rule).await else { panic!("it is so") };
        id
    }

    async fn agrees(&self, who: &Person, id: EnvironmentRequestId) -> Result<bool> {
        approve(&self.team.of_member::<ApproveDeployment>(who).await?, id).await
    }
}

async fn one_other_person_approves_whoever_deploys(app: TestApp) {
    let stage = Stage::of(&app).await;
    stage.rules(Rule::OTHER).await;
    let Ok(Outcome::Requested(id)) = stage.asks(&stage.adam, 1).await else { panic!("it is live") };
    assert_eq!(stage.live().await, None);
    assert_eq!(stage.approves(&stage.adam, id).await, Err(Error::Forbidden));
    assert_eq!(stage.approves(&stage.ada, id).await, Ok(Some(1)));
    assert_eq!(stage.live().await, Some(1));
    let id = stage.asked(2).await;
    assert_eq!(stage.approves(&stage.adam, id).await, Ok(Some(2)), "one is enough for Editors as well");
    let review = format!("deployments/{}/{}/review?kind=deploy&version=1", stage.production, stage.tone);
    stage
        .adam
        .get(&stage.team.org.page(&review))
        .await
        .says("Request approval")
        .hides("data-kind=\"danger\"");
}

async fn who_is_alone_asks_nobody(app: TestApp) {
    let stage = Stage::of(&app).await;
    stage.rules(Rule::OTHER).await;
    for person in [&stage.adam, &stage.ada] {
        stage.team.org.admits(person, Role::Editor).await;
    }
    let ana = stage.team.org.has("Anna", Role::Owner).await;
    let Ok(Outcome::Requested(id)) = stage.asks(&ana, 1).await else { panic!("there is another Owner") };
    crate::deployments::requests::withdraw(&stage.team.of_member(&ana).await.unwrap(), id).await.unwrap();
    let others = "UPDATE members SET role = 'editor' WHERE role = 'owner'";
    let (org, ana_id) = (app.literal(stage.team.org.id.0), app.literal(ana.id.0));
    app.execute(&format!("{others} AND org_id = {org} AND user_id <> {ana_id}")).await;
    assert_eq!(stage.asks(&ana, 1).await, Ok(Outcome::Deployed(1)));
    let page = stage.team.org.page(&format!("deployments/environments/{}", stage.production));
    ana.get(&page)
        .await
        .says("Only one person here can approve, so they can deploy alone until there's another Admin.");
    // Editors ask all the same.
    assert!(matches!(stage.asks(&stage.ed, 2).await, Ok(Outcome::Requested(_))));
    stage.team.org.admits(&stage.adam, Role::Admin).await;
    ana.get(&page).await.hides("Only one person here can approve");
}

async fn nobody_gets_rid_of_the_others_for_a_moment(app: TestApp) {
    let stage = Stage::of(&app).await;
    let team = &stage.team;
    stage.rules(Rule::OTHER).await;
    // Who made the team is no Owner any more, long ago.
    let olga = team.org.has("Olga", Role::Owner).await;
    app.execute(&format!(
        "DELETE FROM members WHERE role = 'owner' AND org_id = {} AND user_id <> {}",
        app.literal(team.org.id.0),
        app.literal(olga.id.0)
    ))
    .await;
    let may = team.of_member::<ManageMembers>(&olga).await.unwrap();
    for person in [&stage.adam, &stage.ada] {
        members::set_role(&may, person.id, Role::Editor, Agreed::default()).await.unwrap();
    }
    let Ok(Outcome::Requested(id)) = stage.asks(&olga, 1).await else { panic!("she deployed alone") };
    assert_eq!(stage.approves(&olga, id).await, Err(Error::Forbidden));
    // The rule does not go that way either.
    let lowers = stage.change_asked(&olga, "production", Rule::from(0)).await;
    assert!(stage.agrees(&olga, lowers).await.is_err());
    withdraw(&team.of_member(&olga).await.unwrap(), lowers).await.unwrap();
    let page = team.org.page(&format!("deployments/environments/{}", stage.production));
    olga.get(&page).await.says("left or lost that role in the last 24 hours").says("This ends ");
    let review = format!("deployments/{}/{}/review?kind=deploy&version=2", stage.production, stage.tone);
    crate::deployments::requests::withdraw(&team.of_member(&olga).await.unwrap(), id).await.unwrap();
    olga.get(&team.org.page(&review))
        .await
        .says("another person must still approve this")
        .says("Request approval");
    // Somebody who leaves counts as long.
    members::set_role(&may, stage.ada.id, Role::Admin, Agreed::default()).await.unwrap();
    app.clock.advance(Span::hours(23));
    members::remove(&may, stage.ada.id, Agreed::default()).await.unwrap();
    app.clock.advance(Span::hours(23));
    assert!(matches!(stage.asks(&olga, 1).await, Ok(Outcome::Requested(_))));
    // A team that shrank goes on.
    app.clock.advance(Span::hours(2));
    assert_eq!(stage.asks(&olga, 1).await, Ok(Outcome::Deployed(1)));
    olga.get(&page).await.hides("in the last 24 hours").says("they can deploy alone");
}

async fn a_new_team_begins_with_it(app: TestApp) {
    let ana = app.sign_up("Ana").await;
    let (acme, own) = (ana.creates("Acme").await, Org::personal(&ana).await);
    for (org, rule) in [(acme.id, Rule::OTHER), (own.id, Rule::from(0))] {
        let scope = Scope::of_chore(&app, org, "a test").await.unwrap();
        let production = crate::environments::store::named(&scope, "production").await.unwrap().unwrap();
        assert_eq!(production.rule(), rule);
        assert!(!production.asks(true), "there is nobody else yet");
    }
    acme.has("Adam", Role::Admin).await;
    let scope = Scope::of_chore(&app, acme.id, "a test").await.unwrap();
    assert!(crate::environments::store::named(&scope, "production").await.unwrap().unwrap().asks(true));
}

async fn what_is_protected_by_others_does_not_change_through_another_environment(app: TestApp) {
    let stage = Stage::of(&app).await;
    let team = &stage.team;
    let dev = team.environment("development").await.id;
    team.deploys(dev, stage.tone, 1).await.unwrap();
    let triage = team.saying("Triage", &["Be [[ Tone@development ]]."]).await;
    team.deploys(stage.production, triage, 1).await.unwrap();
    stage.rules(Rule::OTHER).await;
    let order = team.order(dev, stage.tone, Some(2)).await;
    let adams = team.of_member::<Deploy>(&stage.adam).await.unwrap();
    assert!(why(deploy(&adams, &order).await).starts_with("This would also change Triage in production"));
    assert_eq!(team.served(stage.production, triage).await, "Be one.");
}

async fn lowering_is_approved_by_as_many_as_it_demanded(app: TestApp) {
    let stage = Stage::of(&app).await;
    let eve = stage.team.org.has("Eve", Role::Owner).await;
    stage.needs(2).await;
    let id = stage.change_asked(&stage.adam, "production", 1.into()).await;
    assert_eq!(stage.environment().await.approvals, 2);
    assert_eq!(stage.agrees(&stage.adam, id).await, Err(Error::Forbidden), "nobody approves their own");
    assert_eq!(stage.agrees(&stage.ed, id).await, Err(Error::Forbidden));
    assert_eq!(stage.agrees(&stage.ada, id).await, Ok(false));
    assert_eq!(why(stage.agrees(&stage.ada, id).await), "You already approved this.");
    assert_eq!(stage.environment().await.approvals, 2);
    // Whoever lost the right since is not counted any more.
    stage.team.org.admits(&stage.ada, Role::Editor).await;
    let bob = stage.team.org.has("Bob", Role::Admin).await;
    assert_eq!(stage.agrees(&eve, id).await, Ok(false));
    assert_eq!(stage.agrees(&bob, id).await, Ok(true));
    assert_eq!(stage.environment().await.rule(), 1.into());
    // Where an Admin deploys alone, one lowers it alone; and more protection asks nobody.
    assert_eq!(stage.changes(&stage.adam, "production", 0.into()).await, Ok(Changed::Done));
    assert_eq!(stage.changes(&stage.adam, "production", Rule::OTHER).await, Ok(Changed::Done));
    let id = stage.change_asked(&stage.adam, "production", 1.into()).await;
    assert_eq!(stage.agrees(&bob, id).await, Ok(true), "one other person");
    assert_eq!(stage.environment().await.rule(), 1.into());
}

async fn a_protected_name_is_not_given_up_by_one_alone(app: TestApp) {
    let stage = Stage::of(&app).await;
    stage.rules(Rule::OTHER).await;
    let id = stage.change_asked(&stage.adam, "old", Rule::OTHER).await;
    let grant = stage.team.of_member::<ManageEnvironments>(&stage.adam).await.unwrap();
    assert!(create(&grant, &name("production"), 0).await.is_err(), "it is taken still");
    let staging = stage.team.environment("staging").await.id;
    let protection = Protection { seen: 0.into(), wanted: 0.into() };
    assert!(set(&grant, staging, &name("production"), protection).await.is_err());
    assert_eq!(stage.agrees(&stage.ada, id).await, Ok(true));
    assert_eq!(stage.environment().await.name, name("old"));
    // It is not deleted by one alone either.
    let Ok(Changed::Requested(id)) = delete(&grant, stage.production).await else { panic!("it is gone") };
    assert_eq!(stage.environment().await.name, name("old"));
    assert_eq!(stage.agrees(&stage.ada, id).await, Ok(true));
    assert_eq!(delete(&grant, stage.production).await, Err(Error::NotFound));
    // What is open one does as one likes.
    assert_eq!(set(&grant, staging, &name("production"), protection).await, Ok(Changed::Done));
    assert_eq!(delete(&grant, staging).await, Ok(Changed::Done));
}

async fn what_is_asked_for_of_an_environment_is_decided_once(app: TestApp) {
    let stage = Stage::of(&app).await;
    let late = "This request is no longer waiting for approval.";
    stage.rules(Rule::OTHER).await;
    let id = stage.change_asked(&stage.adam, "production", 0.into()).await;
    let again = "Adam already requested to change who can deploy to production to “Open: Editors can deploy”. Approve or decline that request first.";
    assert_eq!(why(stage.changes(&stage.ada, "eu", Rule::OTHER).await), again);
    decline(&stage.team.of_member(&stage.ada).await.unwrap(), id).await.unwrap();
    assert_eq!(why(stage.agrees(&stage.ada, id).await), late);
    let id = stage.change_asked(&stage.adam, "production", 0.into()).await;
    let other = stage.team.of_member(&stage.ada).await.unwrap();
    assert_eq!(withdraw(&other, id).await, Err(Error::Forbidden));
    let requester = stage.team.of_member(&stage.adam).await.unwrap();
    withdraw(&requester, id).await.unwrap();
    assert_eq!(why(withdraw(&requester, id).await), late);
    // More protection meanwhile closes it: it was asked for of another.
    let id = stage.change_asked(&stage.adam, "production", 0.into()).await;
    assert_eq!(stage.changes(&stage.ada, "production", 2.into()).await, Ok(Changed::Done));
    assert_eq!(why(stage.agrees(&stage.ada, id).await), late);
    assert_eq!(pending(&stage.team.scope).await.unwrap(), []);
    // Who may not change environments any more asks for nothing.
    let id = stage.change_asked(&stage.adam, "production", 0.into()).await;
    stage.team.org.admits(&stage.adam, Role::Editor).await;
    assert_eq!(
        why(stage.agrees(&stage.ada, id).await),
        "Adam can no longer change environments. Decline the request."
    );
}

async fn those_who_may_approve_a_change_are_told_and_who_asked(app: TestApp) {
    let stage = Stage::of(&app).await;
    stage.rules(Rule::OTHER).await;
    let id = stage.change_asked(&stage.adam, "eu", Rule::OTHER).await;
    let letter = app.letter_to(&stage.ada.email).await;
    assert_eq!(letter.subject, "Adam wants to rename production to eu");
    assert!(
        letter.text.contains(&format!("/deployments/environments/{}", stage.production)),
        "{}",
        letter.text
    );
    assert_eq!((app.letters_to(&stage.adam.email).await, app.letters_to(&stage.ed.email).await), (0, 0));
    stage.agrees(&stage.ada, id).await.unwrap();
    let letter = app.letter_to(&stage.adam.email).await;
    assert_eq!(letter.subject, "Approved: rename production to eu");
    let id = stage.change_asked(&stage.adam, "us", Rule::OTHER).await;
    decline(&stage.team.of_member(&stage.ada).await.unwrap(), id).await.unwrap();
    assert_eq!(app.letter_to(&stage.adam.email).await.subject, "Declined: rename eu to us");
}

async fn a_change_is_asked_for_and_decided_on_its_page(app: TestApp) {
    let stage = Stage::of(&app).await;
    stage.rules(Rule::OTHER).await;
    let (org, id) = (&stage.team.org, stage.production.to_string());
    let page = org.page(&format!("deployments/environments/{id}"));
    stage
        .adam
        .get(&page)
        .await
        .says("Renaming it, deleting it or reducing its protection requires approval from others.");
    let fields = [
        ("org", org.slug.as_str()),
        ("environment", &*id),
        ("name", "production"),
        ("approvals", "0"),
        ("seen", "other"),
        ("page", &page),
    ];
    stage.adam.post("/api/environments/set", &fields).await.status(303);
    let wants = "Adam wants to change who can deploy to production to “Open: Editors can deploy”";
    stage.adam.get(&page).await.says(wants).says("Withdraw").says("0 of 1 approved").hides(">Approve");
    stage.ada.get(&page).await.says(wants).says(">Approve and change</button>").says("request to approve");
    stage.ada.get(&org.page("")).await.says(wants);
    let request = pending(&stage.team.scope).await.unwrap()[0].id.to_string();
    let decides = |decision: &'static str| {
        [("org", org.slug.as_str()), ("request", &*request), ("decision", decision), ("page", &*page)]
    };
    stage.ada.post("/api/environments/decide", &decides("perhaps")).await.status(422);
    stage.ada.post("/api/environments/decide", &decides("approve")).await.status(303);
    assert_eq!(stage.environment().await.rule(), 0.into());
    stage.ada.get(&page).await.hides(wants).hides("request to approve");
}
