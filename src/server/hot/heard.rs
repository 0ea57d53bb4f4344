//! What happened in organizations, counted: what was read under a count that is still the same is still true.

use crate::{
    id::OrgId,
    server::bus::{Event, Topic},
};
use papaya::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// What may have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Keys, or whether the organization is there at all.
    Keys,
    /// What services fetch.
    Content,
}

#[derive(Debug, Default)]
struct Counts {
    keys: AtomicU64,
    content: AtomicU64,
}

impl Counts {
    const fn of(&self, change: Change) -> &AtomicU64 {
        match change {
            Change::Keys => &self.keys,
            Change::Content => &self.content,
        }
    }
}

/// The counts of all organizations in which something happened since the process began.
#[derive(Debug, Default)]
pub struct Heard {
    orgs: HashMap<OrgId, Counts>,
    /// How often something may have changed anywhere.
    anywhere: AtomicU64,
}

impl Heard {
    /// How often something changed. To be read before what is to be kept is read.
    #[must_use]
    pub fn count(&self, org: OrgId, change: Change) -> u64 {
        let here = self.orgs.pin().get(&org).map_or(0, |counts| counts.of(change).load(Ordering::Acquire));
        here + self.anywhere.load(Ordering::Acquire)
    }

    /// Notes that something may have happened that was not heard.
    pub(super) fn note_anything(&self) {
        self.anywhere.fetch_add(1, Ordering::AcqRel);
    }

    /// Notes an event, which is committed.
    pub(super) fn note(&self, event: &Event) {
        let Some(org) = event.org_id else { return };
        let changes: &[Change] = match event.topic {
            Topic::Keys => &[Change::Keys],
            Topic::Organization => &[Change::Keys, Change::Content],
            Topic::Prompts | Topic::Deployments => &[Change::Content],
            Topic::Members | Topic::Invitations | Topic::Drafts | Topic::Search | Topic::Session => return,
        };
        let counts = self.orgs.pin();
        let counts = counts.get_or_insert_with(org, Counts::default);
        for change in changes {
            counts.of(*change).fetch_add(1, Ordering::AcqRel);
        }
    }
}
