//! Who showed which key lately.

use super::heard::{Change, Heard};
use crate::{
    server::{Key, tokens::TokenHash},
    time::{Span, Timestamp},
};
use papaya::HashMap;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// The most keys that are remembered; when there are more, all are forgotten and read again.
const MOST: usize = 100_000;
/// How old the last noted use is before another one is noted.
pub(crate) const NOTED: Span = Span::minutes(1);

/// A key that was shown and was good.
#[derive(Debug)]
pub struct Principal {
    /// The key.
    pub key: Arc<Key>,
    /// Until when this secret is good, as far as that was known.
    pub until: Option<Timestamp>,
    /// How often keys of the organization had changed when it was read.
    pub heard: u64,
    noted: AtomicI64,
}

impl Principal {
    /// A key that was read when keys of its organization had changed `heard` times, with its last noted use.
    pub(crate) const fn new(key: Arc<Key>, until: Option<Timestamp>, heard: u64, noted: Timestamp) -> Self {
        Self { key, until, heard, noted: AtomicI64::new(noted.0) }
    }

    /// Whether the use is to be noted: once a minute, by one of those who ask.
    pub(crate) fn is_to_be_noted(&self, now: Timestamp) -> bool {
        let last = self.noted.load(Ordering::Relaxed);
        now - Timestamp(last) >= NOTED
            && self.noted.compare_exchange(last, now.0, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

/// The keys, by the SHA-256 of what is shown.
#[derive(Debug, Default)]
pub(super) struct Principals(HashMap<TokenHash, Arc<Principal>>);

impl Principals {
    /// The key of a hash, if it is remembered and good.
    pub(super) fn find(&self, hash: &TokenHash, heard: &Heard, now: Timestamp) -> Option<Arc<Principal>> {
        let all = self.0.pin();
        let principal = all.get(hash)?;
        let is_true = principal.heard == heard.count(principal.key.org, Change::Keys);
        let is_good = principal.until.is_none_or(|until| now < until);
        (is_true && is_good).then(|| principal.clone())
    }

    pub(super) fn keep(&self, hash: TokenHash, principal: Principal) {
        let all = self.0.pin();
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(hash, Arc::new(principal));
    }
}
