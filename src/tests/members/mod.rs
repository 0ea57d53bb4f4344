//! Members: who may change whom (`roles`), what is said before (`asking`), what follows from it (`consequences`), and the list
//! (`listing`), which is `kept`; and who hands an organization over (`transfers`).

mod asking;
mod consequences;
mod kept;
mod listing;
mod roles;
mod told;
mod transfers;

use super::support::{Answer, Org, Person, TestApp, both_databases, encode};
use crate::role::Role;

/// An Owner and her organization.
async fn acme(app: &TestApp) -> (Person, Org) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    (ana, acme)
}
