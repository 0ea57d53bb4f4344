//! Several processes on one database: which of them may serve from memory, and how all of them learn at once
//! that a key is good no more.
//!
//! Each process says twice a second up to which event it has heard, and may serve from memory for two seconds
//! from before it began to say so. Who revokes a key waits until every process that may still serve has heard
//! of it, or may not any more. A process that is held up, or cut off from the database, thus serves nothing
//! from memory by the time the revocation is answered. One that begins, or begins again, waits for its second
//! reading: what was revoked while it made its first, nobody waited for it to hear.

use crate::{
    error::Result,
    kernel::{
        clock::Clock,
        db::{self, Db},
    },
};
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};
use uuid::Uuid;

/// How long a process may serve from memory after it began to say that it lives.
const LEASE: Duration = Duration::from_secs(2);
/// How long others take it for one that may. Longer, since a database that falls over loses what was said in
/// its last moments, and the lease goes on from what was said before.
const KNOWN: Duration = Duration::from_secs(5);
/// How often it says so.
pub(crate) const RENEWED: Duration = Duration::from_millis(500);
/// How often those who wait look again.
const LOOK: Duration = Duration::from_millis(5);

/// The lease of this process.
#[derive(Debug)]
pub(crate) struct Lease {
    id: Uuid,
    began: Instant,
    /// Until when others at least take it for one that serves, in milliseconds from `began`.
    seen_until: AtomicU64,
    /// Until when it lasts, in milliseconds from `began`; for good where there is no other process.
    until: AtomicU64,
}

impl Lease {
    pub(crate) fn new(db: &Db, clock: &Clock) -> Self {
        let until = if matches!(db, Db::Sqlite { .. }) { u64::MAX } else { 0 };
        Self {
            id: clock.id(),
            began: clock.instant(),
            seen_until: AtomicU64::new(0),
            until: AtomicU64::new(until),
        }
    }

    /// Whether this process may serve from memory.
    pub(crate) fn lasts(&self) -> bool {
        self.lasts_at(self.began.elapsed())
    }

    fn lasts_at(&self, age: Duration) -> bool {
        let until = self.until.load(Ordering::Acquire);
        until == u64::MAX || millis(age) < until
    }

    /// Whether others take this process for one that serves, at least until now.
    fn is_whole_at(&self, age: Duration) -> bool {
        millis(age) < self.seen_until.load(Ordering::Acquire)
    }

    /// Says that the process has heard all events up to one. `asked` is when it began to read them. Whether
    /// others have waited for it since it said so last: or else it may have missed anything.
    pub(crate) async fn renew(&self, db: &Db, seen: i64, asked: Instant) -> db::Result<bool> {
        let mut tx = db.begin().await?;
        if self.is_whole_at(self.began.elapsed()) {
            tx.query("SET LOCAL synchronous_commit = off").execute().await?;
        } else {
            let gone = tx.query(
                "DELETE FROM nodes
                 WHERE renewed_at < CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) - 86400000",
            );
            gone.execute().await?;
        }
        let renew = tx.query(
            "INSERT INTO nodes (id, seen, renewed_at)
             VALUES ($1, $2, CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT))
             ON CONFLICT (id) DO UPDATE SET seen = excluded.seen, renewed_at = excluded.renewed_at",
        );
        renew.bind(self.id).bind(seen).execute().await?;
        tx.commit().await?;
        Ok(self.renewed(asked.duration_since(self.began), self.began.elapsed()))
    }

    /// Notes that it was said, at the age `asked`, and is known to others by the age `now`.
    fn renewed(&self, asked: Duration, now: Duration) -> bool {
        let (until, is_whole) = (millis(asked + LEASE), self.is_whole_at(now));
        self.seen_until.store(until, Ordering::Release);
        if is_whole {
            self.until.store(until, Ordering::Release);
        }
        is_whole
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX - 1)
}

/// How many other processes may serve from memory and have not heard the event `seq`.
async fn behind(db: &Db, own: Uuid, seq: i64) -> Result<i64> {
    let behind = db.query(
        "SELECT count(*) FROM nodes
         WHERE id <> $1 AND seen < $2
           AND renewed_at > CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) - $3",
    );
    let known = i64::try_from(KNOWN.as_millis()).unwrap_or(i64::MAX);
    let (behind,): (i64,) = behind.bind(own).bind(seq).bind(known).one().await?;
    Ok(behind)
}

impl Lease {
    /// Whether there is any other process that may serve from memory.
    pub(crate) async fn has_others(&self, db: &Db) -> Result<bool> {
        Ok(behind(db, self.id, i64::MAX).await? > 0)
    }

    /// Waits until every other process has heard the event `seq`, or may not serve from memory any more.
    pub(crate) async fn heard_by_others(&self, db: &Db, seq: i64) -> Result<()> {
        let heard = async {
            while behind(db, self.id, seq).await? > 0 {
                tokio::time::sleep(LOOK).await;
            }
            Ok(())
        };
        // No lease of one that has not heard lasts longer, whatever the others say.
        tokio::time::timeout(LEASE + RENEWED, heard).await.unwrap_or(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A process that has begun, among others.
    fn lease() -> Lease {
        let (began, id) = (Clock::default().instant(), Uuid::nil());
        Lease { id, began, seen_until: AtomicU64::new(0), until: AtomicU64::new(0) }
    }

    const fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_lease_begins_with_the_second_reading_and_ends_without_another() {
        let lease = lease();
        assert!(!lease.lasts_at(at(0)));
        assert!(!lease.renewed(at(0), at(10)), "nobody has waited for it before");
        assert!(!lease.lasts_at(at(20)));
        assert!(lease.renewed(at(500), at(510)));
        // From when it began to read.
        assert!(lease.lasts_at(at(2499)) && !lease.lasts_at(at(2500)));
        assert!(lease.renewed(at(1000), at(2000)));
        assert!(lease.lasts_at(at(2999)) && !lease.lasts_at(at(3000)));
    }

    #[test]
    fn a_process_that_was_held_up_begins_again() {
        let lease = lease();
        lease.renewed(at(0), at(10));
        lease.renewed(at(500), at(510));
        // It was said in time, but is known too late: others may have stopped waiting.
        assert!(!lease.renewed(at(1000), at(2500)));
        assert!(!lease.lasts_at(at(2501)));
        assert!(lease.renewed(at(2600), at(2700)) && lease.lasts_at(at(4599)));
        // Nor is it said in time.
        assert!(!lease.renewed(at(5000), at(5001)));
        assert!(!lease.lasts_at(at(5002)));
        assert!(lease.renewed(at(5100), at(5101)) && lease.lasts_at(at(5102)));
    }

    #[test]
    fn on_sqlite_it_never_ends() {
        let lease = Lease { until: AtomicU64::new(u64::MAX), ..lease() };
        assert!(lease.lasts_at(at(0)) && lease.lasts_at(Duration::MAX));
    }
}
