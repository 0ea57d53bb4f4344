//! Who showed which key lately.

use crate::{
    kernel::tokens::TokenHash,
    tenancy::{
        api_key::{Key, NOTED},
        events::epochs::{EpochKind, Epochs},
    },
    time::Timestamp,
};
use papaya::HashMap;
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicI64, Ordering},
};

/// The most keys that are remembered; each takes about 500 bytes.
const MOST: usize = 100_000;

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
    pub(super) const fn new(key: Arc<Key>, until: Option<Timestamp>, heard: u64, noted: Timestamp) -> Self {
        Self { key, until, heard, noted: AtomicI64::new(noted.0) }
    }

    /// Whether nothing has happened to it, and its time is not over.
    fn is_good(&self, heard: &Epochs, now: Timestamp) -> bool {
        self.heard == heard.count(self.key.org, EpochKind::Keys) && self.until.is_none_or(|until| now < until)
    }

    /// Whether the use is to be noted: once a minute, by one of those who ask.
    pub(super) fn is_to_be_noted(&self, now: Timestamp) -> bool {
        let last = self.noted.load(Ordering::Relaxed);
        now - Timestamp(last) >= NOTED
            && self.noted.compare_exchange(last, now.0, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

/// The keys, by the SHA-256 of what is shown.
#[derive(Debug)]
pub(super) struct Principals {
    all: HashMap<TokenHash, Arc<Principal>>,
    most: usize,
    is_sweeping: AtomicBool,
}

impl Default for Principals {
    fn default() -> Self {
        Self::new(MOST)
    }
}

impl Principals {
    fn new(most: usize) -> Self {
        Self { all: HashMap::new(), most, is_sweeping: AtomicBool::new(false) }
    }

    /// The key of a hash, if it is remembered and good.
    pub(super) fn find(&self, hash: &TokenHash, heard: &Epochs, now: Timestamp) -> Option<Arc<Principal>> {
        let all = self.all.pin();
        all.get(hash).filter(|principal| principal.is_good(heard, now)).cloned()
    }

    /// Whether the key of a hash is remembered, good or not.
    pub(super) fn knows(&self, hash: &TokenHash) -> bool {
        self.all.pin().contains_key(hash)
    }

    /// Forgets a key, and tells whether it was remembered.
    pub(super) fn forget(&self, hash: &TokenHash) -> bool {
        self.all.pin().remove(hash).is_some()
    }

    pub(super) fn keep(&self, hash: TokenHash, principal: Principal, heard: &Epochs, now: Timestamp) {
        let all = self.all.pin();
        all.insert(hash, Arc::new(principal));
        if all.len() > self.most && !self.is_sweeping.swap(true, Ordering::AcqRel) {
            self.sweep(heard, now);
            self.is_sweeping.store(false, Ordering::Release);
        }
    }

    /// Lets go of those that are not good any more, and of those that were not used for the longest, until a
    /// tenth of the room is free.
    fn sweep(&self, heard: &Epochs, now: Timestamp) {
        let all = self.all.pin();
        all.retain(|_, principal| principal.is_good(heard, now));
        let used = all.iter().map(|(hash, one)| (one.noted.load(Ordering::Relaxed), hash.clone()));
        let mut used: Vec<_> = used.collect();
        used.sort_unstable_by_key(|(used, _)| *used);
        let excess = used.len().saturating_sub(self.most / 10 * 9);
        for (_, hash) in used.into_iter().take(excess) {
            all.remove(&hash);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fields::Name,
        id::{ApiKeyId, OrgId, UserId},
        key_scope::KeyScopes,
        tenancy::{Event, Topic, api_key::Limit},
    };
    use uuid::Uuid;

    fn hash(n: i64) -> TokenHash {
        TokenHash::of(&n.to_string())
    }

    fn principal(n: i64, org: u128, heard: &Epochs) -> Principal {
        let org = OrgId(Uuid::from_u128(org));
        let key = Key {
            id: ApiKeyId(Uuid::nil()),
            org,
            name: Name::parse("Robot").unwrap(),
            scopes: KeyScopes::default(),
            environments: Limit::All,
            folders: Limit::All,
            created_by: UserId(Uuid::nil()),
            expires_at: None,
            shown: hash(n),
        };
        Principal::new(Arc::new(key), None, heard.count(org, EpochKind::Keys), Timestamp(n))
    }

    #[test]
    fn what_is_good_no_more_goes_first_and_then_what_was_not_used_for_the_longest() {
        let (principals, heard, now) = (Principals::new(100), Epochs::default(), Timestamp(1000));
        for n in 0..50 {
            principals.keep(hash(n), principal(n, 2 - u128::from(n < 45), &heard), &heard, now);
        }
        let (org_id, topic, entity_id) = (Some(OrgId(Uuid::from_u128(1))), Topic::Keys, Uuid::nil());
        heard.note(&Event { seq: 1, org_id, topic, entity_id, created_at: now });
        assert!(principals.knows(&hash(0)) && principals.find(&hash(0), &heard, now).is_none());
        for n in 50..=100 {
            principals.keep(hash(n), principal(n, 2, &heard), &heard, now);
        }
        let known =
            |from, to| (from..to).filter(|n| principals.find(&hash(*n), &heard, now).is_some()).count();
        // The 45 of the organization in which something happened went; none of the others had to.
        assert_eq!((known(0, 45), known(45, 101), principals.all.len()), (0, 56, 56));
        for n in 101..=145 {
            principals.keep(hash(n), principal(n, 2, &heard), &heard, now);
        }
        assert_eq!((known(45, 56), known(56, 146)), (0, 90), "the ones used the longest ago went");
        assert!(principals.forget(&hash(145)) && !principals.forget(&hash(145)));
    }
}
