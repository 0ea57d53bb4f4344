//! The one rule on people: grant any role up to one's own, change and remove anyone not above, only
//! Owners touch Owners; and never zero Owners. Every case of it, and random sequences against a
//! model that knows nothing of the code.

use super::{Org, Person, Role, TestApp, acme, both_databases};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};
use std::collections::BTreeMap;

both_databases!(
    every_change_of_a_role_goes_by_the_one_rule,
    every_removal_goes_by_the_one_rule,
    the_last_owner_stays,
    whatever_members_do_the_model_agrees,
);

/// How high a role is, said here once more and independently of the code.
fn rank(role: Role) -> u8 {
    match role {
        Role::Viewer => 0,
        Role::Editor => 1,
        Role::Admin => 2,
        Role::Owner => 3,
    }
}

/// Whether somebody of a role manages members at all, and ones of another role.
fn reaches(actor: Role, other: Role) -> bool {
    rank(actor) >= 2 && rank(other) <= rank(actor)
}

async fn every_change_of_a_role_goes_by_the_one_rule(app: TestApp) {
    let (_, acme) = acme(&app).await;
    let (actor, target) = (app.somebody("Actor").await, app.somebody("Target").await);
    for [is, was, new] in combinations() {
        acme.admits(&actor, is).await;
        acme.admits(&target, was).await;
        let answer = actor.sets_role(&acme, &target, new).await;
        let may = reaches(is, was) && reaches(is, new);
        assert_eq!(answer.status, if may { 200 } else { 403 }, "{is} makes {was} {new}: {answer}");
        assert_eq!(acme.role_of(&target).await, Some(if may { new } else { was }));
    }
}

fn combinations() -> impl Iterator<Item = [Role; 3]> {
    let pairs = Role::ALL.into_iter().flat_map(|a| Role::ALL.map(|b| (a, b)));
    pairs.flat_map(|(a, b)| Role::ALL.map(|c| [a, b, c]))
}

async fn every_removal_goes_by_the_one_rule(app: TestApp) {
    let (_, acme) = acme(&app).await;
    let (actor, target) = (app.somebody("Actor").await, app.somebody("Target").await);
    for (is, was) in Role::ALL.into_iter().flat_map(|a| Role::ALL.map(|b| (a, b))) {
        acme.admits(&actor, is).await;
        acme.admits(&target, was).await;
        let answer = actor.removes(&acme, &target).await;
        let may = reaches(is, was);
        assert_eq!(answer.status, if may { 200 } else { 403 }, "{is} removes {was}: {answer}");
        assert_eq!(acme.role_of(&target).await, (!may).then_some(was));
    }
}

async fn the_last_owner_stays(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let adam = acme.has("Adam", Role::Admin).await;
    for answer in [
        ana.leaves(&acme).await,
        ana.removes(&acme, &ana).await,
        ana.sets_role(&acme, &ana, Role::Admin).await,
        ana.sets_role(&acme, &ana, Role::Viewer).await,
    ] {
        answer.status(409).says("Every organization needs an Owner.");
    }
    // To stay what one is changes nothing.
    ana.sets_role(&acme, &ana, Role::Owner).await.status(200);
    assert_eq!((acme.owners().await, acme.role_of(&ana).await), (1, Some(Role::Owner)));
    ana.sets_role(&acme, &adam, Role::Owner).await.status(200);
    ana.leaves(&acme).await.status(200);
    assert_eq!((acme.owners().await, acme.role_of(&ana).await), (1, None));
}

/// One thing that one of four people does.
#[derive(Debug, Clone, Copy)]
enum Act {
    SetRole(usize, usize, Role),
    Remove(usize, usize),
    Leave(usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let role = || proptest::sample::select(Role::ALL.to_vec());
    let act = prop_oneof![
        6 => (0..4_usize, 0..4_usize, role()).prop_map(|(who, whom, role)| Act::SetRole(who, whom, role)),
        2 => (0..4_usize, 0..4_usize).prop_map(|(who, whom)| Act::Remove(who, whom)),
        1 => (0..4_usize).prop_map(Act::Leave),
    ];
    vec(act, 1..14)
}

/// What the rules make of an act: the status, and who is what afterwards.
fn model(members: &BTreeMap<usize, Role>, act: Act) -> (u16, BTreeMap<usize, Role>) {
    let mut after = members.clone();
    let (Act::SetRole(who, ..) | Act::Remove(who, _) | Act::Leave(who)) = act;
    let Some(actor) = members.get(&who).copied() else { return (404, after) };
    let allowed = match act {
        Act::Leave(_) => Some(after.remove(&who)),
        _ if rank(actor) < 2 => None,
        Act::Remove(_, whom) => match members.get(&whom) {
            None => return (404, after),
            Some(role) => reaches(actor, *role).then(|| after.remove(&whom)),
        },
        Act::SetRole(_, whom, new) => match members.get(&whom) {
            None => return (404, after),
            Some(role) => (reaches(actor, *role) && reaches(actor, new)).then(|| after.insert(whom, new)),
        },
    };
    match allowed {
        None => (403, members.clone()),
        Some(_) if !after.values().any(|role| *role == Role::Owner) => (409, members.clone()),
        Some(_) => (200, after),
    }
}

async fn whatever_members_do_the_model_agrees(app: TestApp) {
    let mut people = Vec::new();
    for name in ["Ana", "Ben", "Cy", "Dan"] {
        people.push(app.somebody(name).await);
    }
    let config = Config { cases: 40, failure_persistence: None, ..Config::default() };
    let (runtime, trial) = (tokio::runtime::Handle::current(), std::cell::Cell::new(0));
    tokio::task::block_in_place(|| {
        let mut runner = TestRunner::new(config);
        let outcome = runner.run(&acts(), |acts| {
            trial.set(trial.get() + 1);
            runtime.block_on(live_through(&app, &people, trial.get(), &acts));
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{error}"));
    });
}

async fn live_through(app: &TestApp, people: &[Person], trial: u32, acts: &[Act]) {
    let org = app.org(&format!("Acme {trial}"), &people[0]).await;
    org.admits(&people[1], Role::Owner).await;
    org.admits(&people[2], Role::Admin).await;
    let mut members = BTreeMap::from([(0, Role::Owner), (1, Role::Owner), (2, Role::Admin)]);
    for act in acts {
        let answer = match *act {
            Act::SetRole(who, whom, role) => people[who].sets_role(&org, &people[whom], role).await,
            Act::Remove(who, whom) => people[who].removes(&org, &people[whom]).await,
            Act::Leave(who) => people[who].leaves(&org).await,
        };
        let (status, after) = model(&members, *act);
        assert_eq!(answer.status, status, "{act:?} with {members:?}: {answer}");
        members = after;
        assert_eq!(roles(&org, people).await, members, "after {act:?}");
        assert!(org.owners().await >= 1);
    }
}

async fn roles(org: &Org, people: &[Person]) -> BTreeMap<usize, Role> {
    let mut roles = BTreeMap::new();
    for (n, person) in people.iter().enumerate() {
        if let Some(role) = org.role_of(person).await {
            roles.insert(n, role);
        }
    }
    roles
}
