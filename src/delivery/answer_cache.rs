//! The answers that are kept, until something changes or others are asked for more.

use super::cached_answer::Answer;
use crate::{
    id::{OrgId, UserId},
    tenancy::events::epochs::{EpochKind, Epochs},
};
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
    /// Who made the key that asked for it.
    whose: UserId,
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
    pub(super) fn find(&self, org: OrgId, uri: &str, heard: &Epochs, second: u32) -> Option<Arc<Answer>> {
        let all = self.all.pin();
        let kept = all.get(&AskedRef { org, uri })?;
        if kept.heard != heard.count(org, EpochKind::Content) {
            return None;
        }
        if kept.used.load(Ordering::Relaxed) != second {
            kept.used.store(second, Ordering::Relaxed);
        }
        Some(kept.answer.clone())
    }

    /// Keeps an answer that was read when the content of the organization had changed `heard` times.
    /// It is counted to the person who made the key that asked for it, in all organizations.
    pub(super) fn keep(
        &self,
        (org, whose): (OrgId, UserId),
        uri: &str,
        answer: Arc<Answer>,
        heard: u64,
        second: u32,
    ) {
        let bytes = answer.bytes() + uri.len();
        if bytes > self.room / 8 {
            return;
        }
        let kept = Kept { answer, whose, heard, used: AtomicU32::new(second), bytes };
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

    /// Lets go of what nobody has asked for the longest, until a tenth of the room is free. Whose keys take
    /// more than half of the room makes way before others: what is asked for in other words is kept once more, so any
    /// key could fill it, and anybody may have many.
    fn sweep(&self) {
        let all = self.all.pin();
        let mut taken: std::collections::HashMap<UserId, usize> = std::collections::HashMap::new();
        for kept in all.values() {
            *taken.entry(kept.whose).or_default() += kept.bytes;
        }
        let greedy = taken.into_iter().find(|(_, bytes)| *bytes > self.room / 2).map(|(whose, _)| whose);
        let is_among = |kept: &Kept| greedy.is_none_or(|greedy| kept.whose == greedy);
        let among = all.iter().filter(|(_, kept)| is_among(kept));
        let mut seconds: Vec<(u32, usize)> =
            among.map(|(_, kept)| (kept.used.load(Ordering::Relaxed), kept.bytes)).collect();
        seconds.sort_unstable();
        let mut over = self.excess();
        let mut last = None;
        for (second, bytes) in seconds {
            if over == 0 {
                break;
            }
            (last, over) = (Some(second), over.saturating_sub(bytes));
        }
        if let Some(last) = last {
            // Of those of the last second only as many as must.
            self.let_go(|kept, second| is_among(kept) && second < last);
            self.let_go(|kept, second| is_among(kept) && second == last);
        }
    }

    /// Lets go of those, by what is kept and when it was last asked for, until there is no excess.
    fn let_go(&self, goes: impl Fn(&Kept, u32) -> bool) {
        let all = self.all.pin();
        for (asked, kept) in &all {
            if self.excess() == 0 {
                return;
            }
            if goes(kept, kept.used.load(Ordering::Relaxed))
                && let Some(gone) = all.remove(asked)
            {
                self.bytes.fetch_sub(gone.bytes, Ordering::Relaxed);
            }
        }
    }

    /// How many bytes are to be let go.
    fn excess(&self) -> usize {
        self.bytes.load(Ordering::Relaxed).saturating_sub(self.room / 10 * 9)
    }

    /// How many answers are kept, and about how many bytes they take.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.all.pin().len(), self.bytes.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{About, AnswerHeaders, CacheLifetime},
        *,
    };
    use crate::{id::PromptId, kernel::config::Config};
    use clap::Parser;
    use std::thread;
    use uuid::Uuid;

    const ROOM: usize = 256 * 1024;
    const ORG: OrgId = OrgId(Uuid::nil());
    const ANA: UserId = UserId(Uuid::nil());
    const BEN: UserId = UserId(Uuid::max());

    fn uri(n: u32) -> String {
        format!("/api/v1/prompts/{n}")
    }

    fn answer(heads: &AnswerHeaders, size: usize) -> Arc<Answer> {
        let about = About {
            prompt: PromptId(Uuid::nil()),
            version: 1,
            lasting: CacheLifetime::WhileTrue,
            environment: None,
            around: Vec::new(),
            canonical: None,
        };
        Arc::new(Answer::new(heads, vec![b'x'; size], about))
    }

    fn heads() -> AnswerHeaders {
        AnswerHeaders::new(&Config::try_parse_from(["prompt-studio"]).unwrap())
    }

    #[test]
    fn what_was_not_asked_for_the_longest_goes_first() {
        let (answers, heard, heads) = (Answers::new(ROOM), Epochs::default(), heads());
        let is_kept = |n: u32| answers.all.pin().contains_key(&AskedRef { org: ORG, uri: &uri(n) });
        let (mut before, mut swept) = (0, 0);
        for n in 0..2000 {
            let second = n / 20;
            answers.keep((ORG, ANA), &uri(n), answer(&heads, 400), 0, second);
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
        answers.keep((ORG, ANA), &uri(5000), answer(&heads, ROOM / 8), 0, 2000);
        assert!(!is_kept(5000));
        // What takes the place of another counts once.
        let before = answers.size();
        answers.keep((ORG, ANA), &uri(1999), answer(&heads, 400), 0, 2000);
        assert_eq!(answers.size(), before);
    }

    #[test]
    fn nobody_takes_more_than_half_from_others() {
        let (answers, heard, heads) = (Answers::new(ROOM), Epochs::default(), heads());
        let other = OrgId(Uuid::max());
        let kept = |org: OrgId, to: u32| {
            (0..to).filter(|n| answers.find(org, &uri(*n), &heard, 0).is_some()).count()
        };
        // Alone it has the whole room.
        for n in 0..2000 {
            answers.keep((ORG, ANA), &uri(n), answer(&heads, 400), 0, 10);
        }
        let all = answers.size().1;
        assert!(all > ROOM / 10 * 9 - 2000, "{all}");
        // Another has its own, though it was not asked for in a long time, whatever the first asks for.
        for n in 0..20 {
            answers.keep((other, BEN), &uri(n), answer(&heads, 400), 0, 1);
        }
        for n in 2000..6000 {
            answers.keep((ORG, ANA), &uri(n), answer(&heads, 400), 0, 10 + n);
        }
        assert_eq!(kept(other, 20), 20);
        // And may have half of it.
        for n in 0..6000 {
            answers.keep((other, BEN), &uri(n), answer(&heads, 400), 0, 20 + n);
        }
        let (first, second) = (kept(ORG, 6000), kept(other, 6000));
        assert!(first * 10 > second * 6 && second * 10 > first * 6, "{first} and {second}");
    }

    #[test]
    fn many_organizations_of_one_person_take_no_more() {
        let (answers, heard, heads) = (Answers::new(ROOM), Epochs::default(), heads());
        let other = OrgId(Uuid::max());
        for n in 0..20 {
            answers.keep((other, BEN), &uri(n), answer(&heads, 400), 0, 1);
        }
        for n in 0..6000 {
            let org = OrgId(Uuid::from_u128(u128::from(n % 40)));
            answers.keep((org, ANA), &uri(n), answer(&heads, 400), 0, 10 + n);
        }
        let kept = (0..20).filter(|n| answers.find(other, &uri(*n), &heard, 0).is_some()).count();
        assert_eq!(kept, 20);
    }

    #[test]
    fn what_many_keep_at_once_is_counted_right() {
        let (answers, heads) = (Answers::new(ROOM), heads());
        thread::scope(|scope| {
            for thread in 0..4 {
                let (answers, heads) = (&answers, &heads);
                scope.spawn(move || {
                    for n in 0..2000 {
                        answers.keep(
                            (ORG, ANA),
                            &uri((n * 7 + thread) % 700),
                            answer(heads, 300),
                            0,
                            n / 100,
                        );
                    }
                });
            }
        });
        let all = answers.all.pin();
        assert_eq!(all.values().map(|kept| kept.bytes).sum::<usize>(), answers.size().1);
        assert!(answers.size().1 <= ROOM + 4 * 2000, "{:?}", answers.size());
    }
}
