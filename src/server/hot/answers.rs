//! The answers that are kept, until something changes or others are asked for more.

use super::{
    answer::Answer,
    heard::{Change, Heard},
};
use crate::id::OrgId;
use papaya::{Equivalent, HashMap};
use std::{
    hash::{Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
};

/// What was asked for: an organization, and the path and query as they came.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    org: OrgId,
    uri: Box<str>,
}

impl Hash for Asked {
    fn hash<H: Hasher>(&self, state: &mut H) {
        AskedRef { org: self.org, uri: &self.uri }.hash(state);
    }
}

#[derive(Hash)]
struct AskedRef<'a> {
    org: OrgId,
    uri: &'a str,
}

impl Equivalent<Asked> for AskedRef<'_> {
    fn equivalent(&self, key: &Asked) -> bool {
        self.org == key.org && *self.uri == *key.uri
    }
}

#[derive(Debug)]
struct Kept {
    answer: Arc<Answer>,
    /// How often the content of the organization had changed when it was read.
    heard: u64,
    /// The second in which it was asked for last.
    used: AtomicU32,
    bytes: usize,
}

/// The answers that are kept.
#[derive(Debug)]
pub(super) struct Answers {
    all: HashMap<Asked, Kept>,
    /// The most bytes they may take.
    room: usize,
    bytes: AtomicUsize,
    is_sweeping: AtomicBool,
}

impl Answers {
    pub(super) fn new(room: usize) -> Self {
        Self { all: HashMap::new(), room, bytes: AtomicUsize::new(0), is_sweeping: AtomicBool::new(false) }
    }

    /// The answer, if it is kept and still true.
    pub(super) fn find(&self, org: OrgId, uri: &str, heard: &Heard, second: u32) -> Option<Arc<Answer>> {
        let all = self.all.pin();
        let kept = all.get(&AskedRef { org, uri })?;
        if kept.heard != heard.count(org, Change::Content) {
            return None;
        }
        if kept.used.load(Ordering::Relaxed) != second {
            kept.used.store(second, Ordering::Relaxed);
        }
        Some(kept.answer.clone())
    }

    /// Keeps an answer that was read when the content of the organization had changed `heard` times.
    pub(super) fn keep(&self, org: OrgId, uri: &str, answer: Arc<Answer>, heard: u64, second: u32) {
        let bytes = answer.bytes() + uri.len();
        if bytes > self.room / 8 {
            return;
        }
        let kept = Kept { answer, heard, used: AtomicU32::new(second), bytes };
        let all = self.all.pin();
        let before = all.insert(Asked { org, uri: uri.into() }, kept).map_or(0, |before| before.bytes);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.bytes.fetch_sub(before, Ordering::Relaxed);
        if self.bytes.load(Ordering::Relaxed) > self.room && !self.is_sweeping.swap(true, Ordering::AcqRel) {
            self.sweep();
            self.is_sweeping.store(false, Ordering::Release);
        }
    }

    /// Lets go of what nobody has asked for the longest, until a tenth of the room is free.
    fn sweep(&self) {
        let all = self.all.pin();
        let mut seconds: Vec<(u32, usize)> =
            all.values().map(|kept| (kept.used.load(Ordering::Relaxed), kept.bytes)).collect();
        seconds.sort_unstable();
        let mut over = self.bytes.load(Ordering::Relaxed).saturating_sub(self.room / 10 * 9);
        let mut last = None;
        for (second, bytes) in seconds {
            if over == 0 {
                break;
            }
            (last, over) = (Some(second), over.saturating_sub(bytes));
        }
        let Some(last) = last else { return };
        let mut over = self.bytes.load(Ordering::Relaxed).saturating_sub(self.room / 10 * 9);
        for (asked, kept) in &all {
            if over == 0 {
                break;
            }
            if kept.used.load(Ordering::Relaxed) <= last
                && let Some(gone) = all.remove(asked)
            {
                self.bytes.fetch_sub(gone.bytes, Ordering::Relaxed);
                over = over.saturating_sub(gone.bytes);
            }
        }
    }

    /// How many answers are kept, and about how many bytes they take.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.all.pin().len(), self.bytes.load(Ordering::Relaxed))
    }
}
