//! One's own account: name, password, address, second factor, sessions, and its end.

mod address;
mod closure;
mod ended;
mod sessions;
mod two_factor;

use super::support::{
    Answer, Authenticator, Browser, Org, PASSWORD, Person, TestApp, assert_absent, both_databases, with,
};

impl Browser {
    /// Fills in a form of the account's pages.
    async fn account(&self, action: &str, fields: &[(&str, &str)]) -> Answer {
        let page = [("page", "/account/security")];
        let fields: Vec<_> = page.iter().chain(fields).copied().collect();
        self.post(&format!("/api/account/{action}"), &fields).await
    }
}
