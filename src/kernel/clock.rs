//! Time and randomness, in one place so that tests can move the clock.

use crate::time::{Span, Timestamp};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::Notify;
use uuid::Uuid;

/// Tells the time: the system's, shifted by as much as a test asked for.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    shift: Arc<AtomicI64>,
    moved: Arc<Notify>,
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
    pub fn advance(&self, by: Span) {
        self.shift.fetch_add(by.0, Ordering::Relaxed);
        self.moved.notify_waiters();
    }

    /// Waits for a span, which is over sooner when the clock is moved ahead.
    pub fn sleep(&self, span: Span) -> impl Future<Output = ()> + Send + use<> {
        let (clock, begun, shift) = (self.clone(), stopwatch(), self.shift.load(Ordering::Relaxed));
        async move {
            loop {
                // Before the clock is read: no move in between is missed.
                let moved = clock.moved.notified();
                let ahead = clock.shift.load(Ordering::Relaxed) - shift;
                let wait = Duration::from_millis(u64::try_from(span.0 - ahead).unwrap_or_default());
                let Some(left) = wait.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) else {
                    return;
                };
                tokio::select! {
                    () = tokio::time::sleep(left) => return,
                    () = moved => {}
                }
            }
        }
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
pub(crate) fn stopwatch() -> Instant {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_sleeps_is_woken_when_the_clock_is_moved() {
        let clock = Clock::default();
        let (mut day, mut hour) =
            (Box::pin(clock.sleep(Span::days(1))), Box::pin(clock.sleep(Span::hours(1))));
        let sleeps = async |sleep: &mut (dyn Future<Output = ()> + Unpin)| {
            tokio::select! { biased; () = sleep => false, () = tokio::task::yield_now() => true }
        };
        assert!(sleeps(&mut day).await && sleeps(&mut hour).await);
        clock.advance(Span::hours(2));
        assert!(sleeps(&mut day).await && !sleeps(&mut hour).await);
        // It is the span that counts, however it goes by.
        clock.advance(Span::hours(22));
        assert!(!sleeps(&mut day).await);
        clock.sleep(Span::seconds(0)).await;
    }
}
