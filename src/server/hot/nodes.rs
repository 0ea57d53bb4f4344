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
    server::{
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
/// How often it says so.
pub(in crate::server) const RENEWED: Duration = Duration::from_millis(500);
/// How often whoever waits looks again.
const LOOK: Duration = Duration::from_millis(5);

/// The lease of this process.
#[derive(Debug)]
pub(super) struct Lease {
    id: Uuid,
    began: Instant,
    /// Until when others at least take it for one that serves, in milliseconds from `began`.
    seen_until: AtomicU64,
    /// Until when it lasts, in milliseconds from `began`; for good where there is no other process.
    until: AtomicU64,
}

impl Lease {
    pub(super) fn new(db: &Db, clock: &Clock) -> Self {
        let until = if matches!(db, Db::Sqlite { .. }) { u64::MAX } else { 0 };
        Self {
            id: clock.id(),
            began: clock.instant(),
            seen_until: AtomicU64::new(0),
            until: AtomicU64::new(until),
        }
    }

    /// Whether this process may serve from memory.
    pub(super) fn lasts(&self) -> bool {
        let until = self.until.load(Ordering::Acquire);
        until == u64::MAX || millis(self.began.elapsed()) < until
    }

    /// Whether the process has never said that it lives.
    pub(super) fn is_new(&self) -> bool {
        self.seen_until.load(Ordering::Acquire) == 0
    }

    /// Says that the process has heard all events up to one. `asked` is when it began to read them.
    pub(super) async fn renew(&self, db: &Db, seen: i64, asked: Instant) -> db::Result<()> {
        let mut tx = db.begin().await?;
        let renew = tx.query(
            "INSERT INTO nodes (id, seen, renewed_at)
             VALUES ($1, $2, CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT))
             ON CONFLICT (id) DO UPDATE SET seen = excluded.seen, renewed_at = excluded.renewed_at",
        );
        renew.bind(self.id).bind(seen).execute().await?;
        if self.is_new() {
            let gone = tx.query(
                "DELETE FROM nodes
                 WHERE renewed_at < CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) - 86400000",
            );
            gone.execute().await?;
        }
        tx.commit().await?;
        let until = millis(asked.duration_since(self.began) + LEASE);
        let before = self.seen_until.swap(until, Ordering::AcqRel);
        // Without a break others have waited for this process all the while.
        if millis(self.began.elapsed()) < before {
            self.until.store(until, Ordering::Release);
        }
        Ok(())
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
    let lease = i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX);
    let (behind,): (i64,) = behind.bind(own).bind(seq).bind(lease).one().await?;
    Ok(behind)
}

impl Lease {
    /// Whether there is any other process that may serve from memory.
    pub(super) async fn has_others(&self, db: &Db) -> Result<bool> {
        Ok(behind(db, self.id, i64::MAX).await? > 0)
    }

    /// Waits until every other process has heard the event `seq`, or may not serve from memory any more.
    pub(super) async fn heard_by_others(&self, db: &Db, seq: i64) -> Result<()> {
        let heard = async {
            while behind(db, self.id, seq).await? > 0 {
                tokio::time::sleep(LOOK).await;
            }
            Ok(())
        };
        // No lease lasts longer, whatever the others say.
        tokio::time::timeout(LEASE + RENEWED, heard).await.unwrap_or(Ok(()))
    }
}
