//! Random sequences of what members of two organizations do to each other and to themselves. Whatever
//! comes of each step, what must always hold holds after it.

use super::support::{Org, PASSWORD, Person, TestApp, both_databases};
use crate::role::Role;
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

both_databases!(what_must_hold_holds_whatever_people_do);

/// Something that somebody does. People and organizations by number.
#[derive(Debug, Clone)]
enum Step {
    SetRole(usize, usize, usize, Role),
    Remove(usize, usize, usize),
    Leave(usize, usize),
    Invite(usize, usize, usize, Role),
    Accept(usize, usize),
    Offer(usize, usize, usize),
    Take(usize, usize),
    Decline(usize, usize),
    Cancel(usize, usize),
    Delete(usize, usize),
    Restore(usize, usize),
    Close(usize),
}

const PEOPLE: usize = 5;
const ORGS: usize = 2;

fn step() -> impl Strategy<Value = Step> {
    let (who, whom, org) = (0..PEOPLE, 0..PEOPLE, 0..ORGS);
    let role = prop_oneof![Just(Role::Owner), Just(Role::Admin), Just(Role::Editor), Just(Role::Viewer)];
    let on = || (who.clone(), org.clone());
    let at = || (who.clone(), org.clone(), whom.clone());
    prop_oneof![
        6 => (at(), role.clone()).prop_map(|((a, o, b), role)| Step::SetRole(a, o, b, role)),
        3 => at().prop_map(|(a, o, b)| Step::Remove(a, o, b)),
        3 => on().prop_map(|(a, o)| Step::Leave(a, o)),
        6 => (at(), role).prop_map(|((a, o, b), role)| Step::Invite(a, o, b, role)),
        6 => on().prop_map(|(a, o)| Step::Accept(a, o)),
        8 => at().prop_map(|(a, o, b)| Step::Offer(a, o, b)),
        9 => on().prop_map(|(a, o)| Step::Take(a, o)),
        4 => on().prop_map(|(a, o)| Step::Decline(a, o)),
        4 => on().prop_map(|(a, o)| Step::Cancel(a, o)),
        2 => on().prop_map(|(a, o)| Step::Delete(a, o)),
        4 => on().prop_map(|(a, o)| Step::Restore(a, o)),
        1 => (0..PEOPLE).prop_map(Step::Close),
    ]
}

/// The people and organizations of one sequence.
struct World {
    app: TestApp,
    people: Vec<Person>,
    orgs: Vec<Org>,
    /// The newest token that somebody was invited with, by organization and person.
    tokens: Vec<((usize, usize), String)>,
    /// Who offered an organization last, and to whom.
    offers: [(usize, usize); ORGS],
    /// Who deleted an organization last.
    deleters: [usize; ORGS],
}

impl World {
    async fn new(app: &TestApp, n: usize) -> Self {
        let mut people = Vec::new();
        for p in 0..PEOPLE {
            people.push(app.somebody(&format!("P{p} of {n}")).await);
        }
        let mut orgs = Vec::new();
        for o in 0..ORGS {
            let org = app.org(&format!("World {n} {o}"), &people[o]).await;
            org.admits(&people[PEOPLE - 1], [Role::Owner, Role::Viewer][o % 2]).await;
            orgs.push(org);
        }
        Self {
            app: app.clone(),
            people,
            orgs,
            tokens: Vec::new(),
            offers: [(0, 0); ORGS],
            deleters: [0; ORGS],
        }
    }

    async fn take(&mut self, step: &Step) -> u16 {
        let (people, orgs) = (&self.people, &self.orgs);
        let in_org = async |who: usize, action: &str, org: usize, more: &[(&str, &str)]| {
            let fields: Vec<_> = [("org", orgs[org].slug.as_str())].iter().chain(more).copied().collect();
            people[who].call(&format!("/api/{action}"), &fields).await.status
        };
        match *step {
            Step::SetRole(a, o, b, role) => people[a].sets_role(&orgs[o], &people[b], role).await.status,
            Step::Remove(a, o, b) => people[a].removes(&orgs[o], &people[b]).await.status,
            Step::Leave(a, o) => people[a].leaves(&orgs[o]).await.status,
            Step::Invite(a, o, b, role) => {
                let answer = people[a].invites(&orgs[o], &people[b].email, role).await;
                if let Some(token) = answer.body.split("/invite/").nth(1) {
                    let token = token.split('"').next().unwrap().to_owned();
                    self.tokens.push(((o, b), token));
                }
                answer.status
            }
            Step::Accept(a, o) => {
                let token = self.tokens.iter().rev().find(|(whose, _)| *whose == (o, a));
                let token = token.map_or("none", |(_, token)| token.as_str());
                people[a].accepts(token).await.status
            }
            Step::Offer(a, o, b) => {
                let status = in_org(a, "transfers/offer", o, &[("email", &people[b].email)]).await;
                if status == 200 {
                    self.offers[o] = (a, b);
                }
                status
            }
            // Mostly by whom it concerns: by others it only fails.
            Step::Take(a, o) => in_org(meant(a, self.offers[o].1), "transfers/accept", o, &[]).await,
            Step::Decline(a, o) => in_org(meant(a, self.offers[o].1), "transfers/decline", o, &[]).await,
            Step::Cancel(a, o) => in_org(meant(a, self.offers[o].0), "transfers/cancel", o, &[]).await,
            Step::Delete(a, o) => {
                let status = in_org(a, "organizations/delete", o, &[("slug", &orgs[o].slug)]).await;
                if status == 200 {
                    self.deleters[o] = a;
                }
                status
            }
            Step::Restore(a, o) => {
                let who = &people[meant(a, self.deleters[o])];
                who.call("/api/organizations/restore", &[("slug", &orgs[o].slug)]).await.status
            }
            Step::Close(a) => {
                let fields = [("email", people[a].email.as_str()), ("password", PASSWORD)];
                people[a].call("/api/account/close", &fields).await.status
            }
        }
    }

    /// What must always hold, asked of the database.
    async fn check(&self) -> Result<(), String> {
        for (what, never) in NEVER {
            let (n,): (i64,) = self.app.outside_tenancy().query(never).one().await.unwrap();
            if n != 0 {
                return Err(format!("{n} times: {what}"));
            }
        }
        // Whatever the pages say agrees: nobody gets into what is deleted, nobody into what they left.
        for (person, org) in self.people.iter().zip(self.orgs.iter().cycle()) {
            let open = self
                .app
                .rows("organizations", &format!("slug = '{}' AND deleted_at IS NULL", org.slug))
                .await;
            let member = org.role_of(person).await.is_some() && !open.is_empty();
            let status = person.get(&format!("/{}", org.slug)).await.status;
            if (status == 200) != member && status != 302 {
                return Err(format!("{} sees {} with {status}, member: {member}", person.email, org.slug));
            }
        }
        Ok(())
    }
}

/// Whom a step is taken by: the one it concerns, or now and then somebody else.
const fn meant(anybody: usize, concerned: usize) -> usize {
    if anybody == 0 { anybody } else { concerned }
}

/// What is never there, and how to count it.
const NEVER: [(&str, &str); 8] = [
    (
        "an organization that is open without an Owner",
        "SELECT count(*) FROM organizations o WHERE o.deleted_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM members m WHERE m.org_id = o.id AND m.role = 'owner')",
    ),
    (
        "somebody twice in an organization",
        "SELECT count(*) FROM (SELECT 1 FROM members GROUP BY org_id, user_id HAVING count(*) > 1) x",
    ),
    (
        "a member of an organization that is not there",
        "SELECT count(*) FROM members m WHERE NOT EXISTS (SELECT 1 FROM organizations o WHERE o.id = m.org_id)",
    ),
    (
        "a person without exactly one personal workspace",
        "SELECT count(*) FROM users u WHERE u.deleted_at IS NULL
           AND (SELECT count(*) FROM organizations o WHERE o.personal_of = u.id) <> 1",
    ),
    (
        "a personal workspace of somebody who is gone",
        "SELECT count(*) FROM organizations o JOIN users u ON u.id = o.personal_of WHERE u.deleted_at IS NOT NULL",
    ),
    (
        "a personal workspace whose person is not its one Owner",
        "SELECT count(*) FROM organizations o WHERE o.personal_of IS NOT NULL AND
           (SELECT count(*) FROM members m WHERE m.org_id = o.id AND m.role = 'owner' AND m.user_id = o.personal_of) <> 1",
    ),
    (
        "a membership or session of somebody who is gone",
        "SELECT (SELECT count(*) FROM members m JOIN users u ON u.id = m.user_id WHERE u.deleted_at IS NOT NULL)
              + (SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.deleted_at IS NOT NULL)",
    ),
    (
        "an offer by somebody who is no Owner",
        "SELECT count(*) FROM transfers t JOIN members m ON m.org_id = t.org_id AND m.user_id = t.from_id WHERE m.role <> 'owner'",
    ),
];

async fn what_must_hold_holds_whatever_people_do(app: TestApp) {
    let app = app.another(|config| (config.rate_limits, config.dev_mailbox) = (0, true)).await;
    let handle = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        let (runs, done) = (AtomicUsize::new(0), Mutex::new(BTreeSet::new()));
        let config =
            Config { cases: 24, failure_persistence: None, max_shrink_iters: 40, ..Config::default() };
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let outcome = TestRunner::new_with_rng(config, rng).run(&vec(step(), 30..60), |steps| {
            handle.block_on(async {
                let mut world = World::new(&app, runs.fetch_add(1, Ordering::Relaxed)).await;
                for (n, step) in steps.iter().enumerate() {
                    let status = world.take(step).await;
                    prop_assert!(status < 500, "step {}: {:?} was answered with {}", n, step, status);
                    if status == 200 {
                        let kind = format!("{step:?}").split('(').next().unwrap().to_owned();
                        done.lock().unwrap().insert(kind);
                    }
                    let told = |what| TestCaseError::fail(format!("after step {n}, {step:?}: {what}"));
                    world.check().await.map_err(told)?;
                }
                Ok(())
            })
        });
        outcome.unwrap();
        let done = done.into_inner().unwrap();
        assert_eq!(done.len(), 12, "every kind of step succeeded at some time: {done:?}");
    })
    .await
    .unwrap();
}
