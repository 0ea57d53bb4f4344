//! What happened in organizations, counted: what was read under a count that is still the same is still true.

use crate::{
    id::OrgId,
    tenancy::events::{Event, Topic},
};
use papaya::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// What may have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EpochKind {
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
    const fn of(&self, change: EpochKind) -> &AtomicU64 {
        match change {
            EpochKind::Keys => &self.keys,
            EpochKind::Content => &self.content,
        }
    }
}

/// The counts of all organizations in which something happened since the process began.
#[derive(Debug, Default)]
pub struct Epochs {
    orgs: HashMap<OrgId, Counts>,
    /// How often something may have changed anywhere.
    anywhere: AtomicU64,
}

impl Epochs {
    /// How often something changed. To be read before what is to be kept is read.
    #[must_use]
    pub fn count(&self, org: OrgId, change: EpochKind) -> u64 {
        let here = self.orgs.pin().get(&org).map_or(0, |counts| counts.of(change).load(Ordering::Acquire));
        here + self.anywhere.load(Ordering::Acquire)
    }

    /// Notes that something may have happened that was not heard.
    pub(crate) fn note_anything(&self) {
        self.anywhere.fetch_add(1, Ordering::AcqRel);
    }

    /// Notes an event, which is committed.
    pub(crate) fn note(&self, event: &Event) {
        let Some(org) = event.org_id else { return };
        let changes: &[EpochKind] = match event.topic {
            Topic::Keys => &[EpochKind::Keys],
            Topic::Organization => &[EpochKind::Keys, EpochKind::Content],
            Topic::Prompts | Topic::Deployments => &[EpochKind::Content],
            Topic::Members | Topic::Invitations | Topic::Drafts | Topic::Search | Topic::Session => return,
        };
        let counts = self.orgs.pin();
        let counts = counts.get_or_insert_with(org, Counts::default);
        for change in changes {
            counts.of(*change).fetch_add(1, Ordering::AcqRel);
        }
    }
}
