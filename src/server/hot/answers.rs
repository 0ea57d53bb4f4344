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
        // Added before anybody else can let go of it.
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let before = all.insert(Asked { org, uri: uri.into() }, kept).map_or(0, |before| before.bytes);
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
        let excess = || self.bytes.load(Ordering::Relaxed).saturating_sub(self.room / 10 * 9);
        let mut over = excess();
        let mut last = None;
        for (second, bytes) in seconds {
            if over == 0 {
                break;
            }
            (last, over) = (Some(second), over.saturating_sub(bytes));
        }
        let Some(last) = last else { return };
        // Of those of the last second only as many as must.
        for is_among in [u32::lt, u32::eq] {
            for (asked, kept) in &all {
                if excess() == 0 {
                    return;
                }
                if is_among(&kept.used.load(Ordering::Relaxed), &last)
                    && let Some(gone) = all.remove(asked)
                {
                    self.bytes.fetch_sub(gone.bytes, Ordering::Relaxed);
                }
            }
        }
    }

    /// How many answers are kept, and about how many bytes they take.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.all.pin().len(), self.bytes.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{About, Heads, Lasting},
        *,
    };
    use crate::{id::PromptId, server::config::Config};
    use clap::Parser;
    use std::thread;
    use uuid::Uuid;

    const ROOM: usize = 256 * 1024;
    const ORG: OrgId = OrgId(Uuid::nil());

    fn uri(n: u32) -> String {
        format!("/api/v1/prompts/{n}")
    }

    fn answer(heads: &Heads, size: usize) -> Arc<Answer> {
        let about = About {
            prompt: PromptId(Uuid::nil()),
            version: 1,
            lasting: Lasting::WhileTrue,
            environment: None,
            around: Vec::new(),
        };
        Arc::new(Answer::new(heads, vec![b'x'; size], about))
    }

    fn heads() -> Heads {
        Heads::new(&Config::try_parse_from(["prompt-studio"]).unwrap())
    }

    #[test]
    fn what_was_not_asked_for_the_longest_goes_first() {
        let (answers, heard, heads) = (Answers::new(ROOM), Heard::default(), heads());
        let is_kept = |n: u32| answers.all.pin().contains_key(&AskedRef { org: ORG, uri: &uri(n) });
        let (mut before, mut swept) = (0, 0);
        for n in 0..2000 {
            let second = n / 20;
            answers.keep(ORG, &uri(n), answer(&heads, 400), 0, second);
            // The first one is asked for all the time.
            assert!(answers.find(ORG, &uri(0), &heard, second).is_some(), "{n}");
            let (count, bytes) = answers.size();
            assert!(bytes <= ROOM, "{bytes}");
            if count <= before {
                swept += 1;
                assert!(count > before / 10 * 8, "no more goes than must: {count} of {before}");
                let kept: Vec<u32> = (1..=n).filter(|n| is_kept(*n)).collect();
                let later: Vec<u32> = (1..=n).filter(|n| n / 20 > kept[0] / 20).collect();
                assert!(kept.ends_with(&later), "something goes that was asked for later: {kept:?}");
            }
            before = count;
        }
        assert!(swept > 50, "{swept}");
        // One that would drive out many others is not kept.
        answers.keep(ORG, &uri(5000), answer(&heads, ROOM / 8), 0, 2000);
        assert!(!is_kept(5000));
        // What takes the place of another counts once.
        let before = answers.size();
        answers.keep(ORG, &uri(1999), answer(&heads, 400), 0, 2000);
        assert_eq!(answers.size(), before);
    }

    #[test]
    fn what_many_keep_at_once_is_counted_right() {
        let (answers, heads) = (Answers::new(ROOM), heads());
        thread::scope(|scope| {
            for thread in 0..4 {
                let (answers, heads) = (&answers, &heads);
                scope.spawn(move || {
                    for n in 0..2000 {
                        answers.keep(ORG, &uri((n * 7 + thread) % 700), answer(heads, 300), 0, n / 100);
                    }
                });
            }
        });
        let all = answers.all.pin();
        assert_eq!(all.values().map(|kept| kept.bytes).sum::<usize>(), answers.size().1);
        assert!(answers.size().1 <= ROOM + 4 * 2000, "{:?}", answers.size());
    }
}
