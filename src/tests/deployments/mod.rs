//! Environments, and what is deployed to them.

mod approved;
mod board;
mod environments;
mod heavy;
mod kept;
mod live;
mod paths;
mod protection;
mod random;
mod requests;
mod told;

use super::support::{Org, Person, TestApp, both_databases};
use crate::{
    deployments::{
        deploy::{self, Outcome},
        model::{DeployCommand, Kind},
        store,
    },
    environments::store::{self as environments_store, Environment},
    error::Result,
    fields::PathName,
    id::{EnvironmentId, PromptId},
    prompts::{
        content::{Content, Kind as PromptKind},
        drafts, editing,
        render::{Rendered, Values, render},
        resolve, saving,
        source::Source,
        store as prompts,
    },
    role::Permission,
    tenancy::{Grant, Scope},
};
use serde_json::json;

/// A team with something to deploy.
struct Team {
    app: TestApp,
    org: Org,
    /// The server itself, an Owner.
    scope: Scope,
}

impl Team {
    async fn of(app: &TestApp) -> Self {
        Self::named(app, "Acme").await
    }

    async fn named(app: &TestApp, name: &str) -> Self {
        let ana = app.somebody(&format!("Ana {name}")).await;
        let org = app.org(name, &ana).await;
        let scope = Scope::of_chore(app, org.id, "a test").await.unwrap();
        Self { app: app.clone(), org, scope }
    }

    fn may<P: Permission>(&self) -> Grant<P> {
        self.scope.clone().require().unwrap()
    }

    /// The right of a member, as their role is now.
    async fn of_member<P: Permission>(&self, person: &Person) -> Result<Grant<P>> {
        let known = self.app.outside_tenancy().query(
            "SELECT id, name, email, verified_at IS NOT NULL AS is_verified, home_org_id FROM users WHERE id = $1",
        );
        let known = known.bind(person.id).one().await.unwrap();
        Scope::of_member(&self.app, self.org.id, known).await?.require()
    }

    async fn environment(&self, name: &str) -> Environment {
        environments_store::named(&self.scope, name).await.unwrap().unwrap()
    }

    /// A prompt with a version for each text.
    async fn saying(&self, name: &str, texts: &[&str]) -> PromptId {
        let name = PathName::parse(name).unwrap();
        let id = prompts::create(&self.may(), None, &name, PromptKind::Text).await.unwrap();
        for text in texts {
            self.says(id, text).await;
        }
        id
    }

    async fn says(&self, id: PromptId, text: &str) {
        self.tries(id, text).await.unwrap();
    }

    /// Saves a version, and tells its number.
    async fn tries(&self, id: PromptId, text: &str) -> Result<i64> {
        let content: Content = serde_json::from_value(json!({ "body": { "text": text } })).unwrap();
        let revision = drafts::read(&self.scope, id).await.unwrap().revision;
        let revision = editing::save(&self.may(), id, revision, &content).await.unwrap();
        let latest = prompts::find(&self.scope, id).await.unwrap().latest;
        saving::save(&self.may(), id, saving::Seen { revision, latest }, "").await
    }

    /// What somebody who looks at the board now orders.
    async fn order(
        &self,
        environment: EnvironmentId,
        prompt: PromptId,
        version: Option<i64>,
    ) -> DeployCommand {
        let newest = store::newest(&self.scope, environment, prompt).await.unwrap();
        let kind = if version.is_some() { Kind::Deploy } else { Kind::Undeploy };
        let seen = newest.map_or(0, |newest| newest.number);
        DeployCommand { environment, prompt, kind, version, reason: String::new(), seen }
    }

    /// Deploys to an environment that is not protected.
    async fn deploys(&self, environment: EnvironmentId, prompt: PromptId, version: i64) -> Result<Outcome> {
        let order = self.order(environment, prompt, Some(version)).await;
        deploy::deploy(&self.may(), &order).await
    }

    async fn undeploys(&self, environment: EnvironmentId, prompt: PromptId) -> Result<Outcome> {
        let order = self.order(environment, prompt, None).await;
        deploy::deploy(&self.may(), &order).await
    }

    async fn live(&self, environment: EnvironmentId, prompt: PromptId) -> Option<i64> {
        resolve::live(&self.scope, environment, prompt).await.unwrap()
    }

    /// What services get of a prompt in an environment.
    async fn served(&self, environment: EnvironmentId, prompt: PromptId) -> String {
        let version = self.live(environment, prompt).await.unwrap();
        self.served_as(environment, prompt, version).await
    }

    /// What they get who learned that this version is live.
    async fn served_as(&self, environment: EnvironmentId, prompt: PromptId, version: i64) -> String {
        let resolved = resolve::deployed(&mut Source::new(&self.scope), environment, (prompt, version), None)
            .await
            .unwrap();
        match render(&resolved, &Values::new()).unwrap() {
            Rendered::Text(text) => text,
            Rendered::Chat(_) => panic!("a chat"),
        }
    }
}

/// What an error says.
#[track_caller]
fn why<T: std::fmt::Debug>(outcome: Result<T>) -> String {
    outcome.unwrap_err().to_string()
}
