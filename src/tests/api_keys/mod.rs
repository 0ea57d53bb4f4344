//! API keys: made, shown once, used, rotated, revoked.

mod making;
mod using;

use super::support::{Answer, Org, PASSWORD, Person, TestApp, both_databases};
use crate::role::Role;

/// An organization with its Owner.
async fn acme(app: &TestApp) -> (Person, Org) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    (ana, acme)
}

impl Person {
    /// Makes a key with a form that is filled in as it should be but for `fields`.
    pub(in crate::tests) async fn makes_key(&self, org: &Org, fields: &[(&str, &str)]) -> Answer {
        let usual = [("org", &*org.slug), ("name", "Robot"), ("preset", "runtime"), ("expires", "90")];
        let is_usual = |name: &str| fields.iter().all(|(other, _)| *other != name);
        let usual = usual.into_iter().filter(|(name, _)| is_usual(name));
        let fields: Vec<_> = usual.chain(fields.iter().copied()).collect();
        self.call("/api/api_keys/create", &fields).await
    }
}

/// The key in an answer.
pub(in crate::tests) fn key(answer: &Answer) -> (String, String) {
    let told: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    (told["id"].as_str().unwrap().to_owned(), told["key"].as_str().unwrap().to_owned())
}
