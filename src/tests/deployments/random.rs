//! Random sequences of deployments, and two at once. Whatever comes of each step, what is live is what the
//! rows say from their beginning, wherever one looks.

use super::{Team, TestApp, both_databases};
use crate::{
    deployments::{
        deploy::deploy,
        model::{DeployCommand, Kind},
        overview::{Asked, overview},
        store,
    },
    error::Error,
    id::{EnvironmentId, PromptId},
};
use axum::{
    body::Body,
    http::{Request, header},
};
use futures_util::future::join;
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use std::collections::BTreeMap;

both_databases!(what_is_live_is_what_the_rows_say, deploying_against_rolling_back);

const ENVIRONMENTS: [&str; 3] = ["development", "staging", "production"];
const VERSIONS: i64 = 4;

/// Something that is done in an environment to a prompt, both by number.
#[derive(Debug, Clone, Copy)]
enum Step {
    Deploy(usize, usize, i64),
    /// From one environment to another.
    Promote(usize, usize, usize),
    Rollback(usize, usize),
    Undeploy(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    let (e, p, v) = (|| 0..3_usize, || 0..2_usize, || 1..=VERSIONS);
    prop_oneof![
        4 => (e(), p(), v()).prop_map(|(e, p, v)| Step::Deploy(e, p, v)),
        3 => (e(), e(), p()).prop_map(|(from, to, p)| Step::Promote(from, to, p)),
        3 => (e(), p()).prop_map(|(e, p)| Step::Rollback(e, p)),
        1 => (e(), p()).prop_map(|(e, p)| Step::Undeploy(e, p)),
    ]
}

/// A team, its prompts, and a service that reads them.
struct Stage {
    team: Team,
    environments: Vec<EnvironmentId>,
    prompts: Vec<PromptId>,
    key: String,
}

type Rows = Vec<(i64, Kind, Option<i64>)>;

impl Stage {
    async fn of(app: &TestApp, name: &str) -> Self {
        let team = Team::named(app, name).await;
        let mut environments = Vec::new();
        for name in ENVIRONMENTS {
            environments.push(team.environment(name).await.id);
        }
        let texts = ["one", "two", "three", "four"];
        let prompts = vec![team.saying("A", &texts).await, team.saying("B", &texts).await];
        let (_, key) = team.org.has_key("read:prompts").await;
        Self { team, environments, prompts, key: key.as_str().to_owned() }
    }

    async fn does(&self, step: Step) -> Result<(), Error> {
        let (team, at) = (&self.team, |e: usize, p: usize| (self.environments[e], self.prompts[p]));
        let ((environment, prompt), kind, version) = match step {
            Step::Deploy(e, p, version) => (at(e, p), Kind::Deploy, Some(version)),
            Step::Promote(from, to, p) => {
                let live = team.live(self.environments[from], self.prompts[p]).await;
                (at(to, p), Kind::Promote, Some(live.ok_or(Error::NotFound)?))
            }
            Step::Rollback(e, p) => {
                let (environment, prompt) = at(e, p);
                let back = store::previous(&team.scope, environment, prompt).await?;
                ((environment, prompt), Kind::Rollback, Some(back.ok_or(Error::NotFound)?))
            }
            Step::Undeploy(e, p) => (at(e, p), Kind::Undeploy, None),
        };
        let order = DeployCommand { kind, ..team.order(environment, prompt, version).await };
        deploy(&team.may(), &order).await.map(drop)
    }

    /// All that was done, as it stands in the database.
    async fn rows(&self) -> BTreeMap<(EnvironmentId, PromptId), Rows> {
        let rows = self.team.scope.query(
            "SELECT environment_id, prompt_id, number, kind, version FROM deployments WHERE org_id = $1 ORDER BY id",
        );
        let mut all: BTreeMap<_, Rows> = BTreeMap::new();
        for (environment, prompt, number, kind, version) in
            rows.all::<(EnvironmentId, PromptId, i64, Kind, Option<i64>)>().await.unwrap()
        {
            all.entry((environment, prompt)).or_default().push((number, kind, version));
        }
        all
    }

    /// What a service gets of a prompt: the version.
    async fn fetched(&self, environment: &str, prompt: PromptId) -> Option<i64> {
        let request = Request::builder()
            .uri(format!("/api/v1/prompts/{prompt}?environment={environment}"))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.key));
        let answer = self.team.app.send(request.body(Body::empty()).unwrap()).await;
        let version = answer.headers().get("x-prompt-version");
        version.map(|version| version.to_str().unwrap().parse().unwrap())
    }

    /// What does not hold.
    async fn check(&self) -> Result<(), String> {
        let scope = &self.team.scope;
        let rows = self.rows().await;
        let board = overview(scope, &Asked { size: 10, ..Asked::default() }).await.unwrap();
        for (n, &environment) in self.environments.iter().enumerate() {
            let live_in = store::live_in(scope, environment).await.unwrap();
            for &prompt in &self.prompts {
                let own = rows.get(&(environment, prompt)).map_or(&[][..], Vec::as_slice);
                let numbers: Vec<i64> = own.iter().map(|(number, ..)| *number).collect();
                let counted: Vec<i64> = (1..).take(own.len()).collect();
                let live = own.iter().fold(None, |_, (_, _, version)| *version);
                let live_of = store::live_of(scope, prompt).await.unwrap();
                let live_of =
                    live_of.iter().find(|(id, ..)| *id == environment).map(|(.., version)| *version);
                let cell = board.cells.get(&(prompt, environment)).and_then(|cell| cell.version);
                let told = [
                    self.team.live(environment, prompt).await,
                    live_of.flatten(),
                    cell,
                    // Twice: the second comes from memory.
                    self.fetched(ENVIRONMENTS[n], prompt).await,
                    self.fetched(ENVIRONMENTS[n], prompt).await,
                ];
                if numbers != counted || told != [live; 5] || live_in.contains(&prompt) != live.is_some() {
                    return Err(format!("{} should have {live:?}: {told:?}, {own:?}", ENVIRONMENTS[n]));
                }
            }
        }
        Ok(())
    }
}

async fn what_is_live_is_what_the_rows_say(app: TestApp) {
    let handle = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        let config =
            Config { cases: 8, failure_persistence: None, max_shrink_iters: 40, ..Config::default() };
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let (runs, done) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
        let outcome = TestRunner::new_with_rng(config, rng).run(&vec(step(), 20..40), |steps| {
            runs.set(runs.get() + 1);
            handle.block_on(async {
                let stage = Stage::of(&app, &format!("Acme {}", runs.get())).await;
                for (n, step) in steps.iter().enumerate() {
                    match stage.does(*step).await {
                        Ok(()) => done.set(done.get() + 1),
                        Err(Error::NotFound | Error::Conflict { .. }) => {}
                        Err(error) => {
                            return Err(TestCaseError::fail(format!("step {n}, {step:?}: {error}")));
                        }
                    }
                    let told = |what| TestCaseError::fail(format!("after step {n}, {step:?}: {what}"));
                    stage.check().await.map_err(told)?;
                }
                Ok(())
            })
        });
        outcome.unwrap();
        assert!(done.get() > 100, "most steps come to something: {}", done.get());
    })
    .await
    .unwrap();
}

async fn deploying_against_rolling_back(app: TestApp) {
    let stage = Stage::of(&app, "Acme").await;
    let (team, at, prompt) = (&stage.team, stage.environments[0], stage.prompts[0]);
    for version in [1, 2] {
        team.deploys(at, prompt, version).await.unwrap();
    }
    let mut wins = [0, 0];
    for trial in 0..20 {
        let live = team.live(at, prompt).await;
        let back = store::previous(&team.scope, at, prompt).await.unwrap();
        let ahead = (1..=VERSIONS).find(|version| Some(*version) != live && Some(*version) != back);
        let forth = team.order(at, prompt, ahead).await;
        let back = DeployCommand { kind: Kind::Rollback, ..team.order(at, prompt, back).await };
        let (ours, theirs) = (team.may(), team.may());
        let (one, two) = if trial % 2 == 0 { (&forth, &back) } else { (&back, &forth) };
        let outcomes = join(Box::pin(deploy(&ours, one)), Box::pin(deploy(&theirs, two))).await;
        let won = match &outcomes {
            (Ok(_), Err(Error::Conflict { .. })) => one,
            (Err(Error::Conflict { .. }), Ok(_)) => two,
            _ => panic!("{outcomes:?}"),
        };
        assert_eq!(team.live(at, prompt).await, won.version);
        wins[usize::from(won.kind == Kind::Rollback)] += 1;
        stage.check().await.unwrap();
        // So that there is something to go back to.
        if won.kind == Kind::Rollback {
            team.deploys(at, prompt, ahead.unwrap()).await.unwrap();
        }
    }
    assert_eq!(wins[0] + wins[1], 20);
}
