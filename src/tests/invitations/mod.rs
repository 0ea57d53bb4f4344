//! Invitations: the rules one by one, from the inviter's side (`sending`), the invitee's
//! (`coming_in`) and the limits (`limits`).

mod coming_in;
mod limits;
mod sending;

use super::support::{Answer, Org, Person, TestApp, assert_absent, both_databases, email, sql, token};
use crate::role::Role;

/// Where guests are written to.
const GUEST: &str = "guest@example.com";

/// An Owner and her organization.
async fn acme(app: &TestApp) -> (Person, Org) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    (ana, acme)
}

/// The mailed token of the newest invitation of an address.
async fn mailed(app: &TestApp, to: &str) -> String {
    app.link_for(to, "/invite/").await
}

/// The copyable token in the answer to the inviter.
#[track_caller]
fn copied(answer: &Answer) -> String {
    let link = answer.body.split_once("/invite/").map(|(_, rest)| rest);
    let token = link.unwrap_or_else(|| panic!("no link: {answer}")).split('"').next().unwrap();
    assert_eq!(token.len(), 43, "{token}");
    token.to_owned()
}
