//! Time and randomness, in one place so that tests can move the clock.

use crate::time::Timestamp;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// Tells the time: the system's, shifted by as much as a test asked for.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    shift: Arc<AtomicI64>,
}

impl Clock {
    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "the home of the clock")]
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let millis = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        Timestamp(millis.saturating_add(self.shift.load(Ordering::Relaxed)))
    }

    /// A moment that only spans are measured from: it does not jump when the time is set, and tests do not
    /// move it.
    #[must_use]
    pub fn instant(&self) -> Instant {
        stopwatch()
    }

    /// Moves this clock and its clones ahead.
    pub fn advance(&self, by: crate::time::Span) {
        self.shift.fetch_add(by.0, Ordering::Relaxed);
    }

    /// A new id: UUID version 7 of the time now.
    #[must_use]
    pub fn id(&self) -> Uuid {
        let millis = u64::try_from(self.now().0).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &random()).into_uuid()
    }
}

/// A moment to measure from, where there is no clock at hand. As [`Clock::instant`], tests do not move it.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the home of the clock")]
pub(super) fn stopwatch() -> Instant {
    Instant::now()
}

/// Random bytes from the operating system.
///
/// # Panics
/// When the operating system has none to give; nothing could be kept safe then.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(clippy::expect_used, reason = "without randomness nothing is safe")]
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}
