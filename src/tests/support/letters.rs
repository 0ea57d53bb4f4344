//! The mail of the tests: letters as they arrive in the mailbox of development.

use super::{BASE, TestApp, app::eventually};
use crate::tenancy::mail::Letter;

impl TestApp {
    /// The newest letter to an address, once all its letters have been sent.
    pub(in crate::tests) async fn letter_to(&self, email: &str) -> Letter {
        let what = format!("a letter to {email}");
        eventually(&what, async || {
            let waiting = self.query_waiting(email).await;
            let letters = self.mail.mailbox().unwrap();
            letters.into_iter().find(|letter| waiting == 0 && letter.to == email).map(|found| found.letter)
        })
        .await
    }

    /// How many letters an address was sent or will be.
    pub(in crate::tests) async fn letters_to(&self, email: &str) -> i64 {
        let count = self.outside_tenancy().query("SELECT count(*) FROM letters WHERE recipient = $1");
        let (n,): (i64,) = count.bind(email.to_owned()).one().await.unwrap();
        n
    }

    /// The token of the link that begins with `path` in the newest letter to an address.
    pub(in crate::tests) async fn link_for(&self, email: &str, path: &str) -> String {
        token(&self.letter_to(email).await, path)
    }

    async fn query_waiting(&self, email: &str) -> i64 {
        let count = self.outside_tenancy();
        let count = count.query("SELECT count(*) FROM letters WHERE recipient = $1 AND done_at IS NULL");
        let (n,): (i64,) = count.bind(email.to_owned()).one().await.unwrap();
        n
    }
}

/// The token of the link that begins with `path` in a letter.
#[track_caller]
pub(in crate::tests) fn token(letter: &Letter, path: &str) -> String {
    let start = format!("{BASE}{path}");
    let rest = letter.text.split_once(&start).map(|(_, rest)| rest);
    let rest = rest.unwrap_or_else(|| panic!("no link {path} in: {}", letter.text));
    rest.split_whitespace().next().unwrap().to_owned()
}
