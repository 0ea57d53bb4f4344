//! Tests of the whole: requests through the real router, on both databases.
//!
//! What one file can promise is tested in that file. Here is what only holds together: who may do
//! what, that tenants stay apart, that two people at once break nothing, and each story of the
//! product. `support` makes them read as such.

mod accounts;
mod api_keys;
mod architecture;
mod audit_log;
mod bus;
mod chores;
mod counts;
mod dashboard;
mod deployments;
mod fuzz;
mod http_api;
mod invitations;
mod isolation;
mod library;
mod live;
mod members;
mod names;
mod orgs;
mod outbox;
mod palette;
mod policy;
mod profile;
mod properties;
mod races;
mod schema;
mod support;
mod web;
mod wording;

/// The sandbox's worker: in the tests, the program that is started again is the test program.
#[test]
#[ignore = "a process of its own, which the sandbox starts"]
fn render_worker() {
    crate::kernel::sandbox::worker::run(crate::app::JOBS);
}
