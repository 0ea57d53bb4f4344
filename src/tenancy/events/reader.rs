//! Reads each event once, on PostgreSQL.
//!
//! Numbers are given out before transactions commit, so a lower one may appear after a higher one, however much
//! later. What decides is therefore the transaction that wrote a row, and no clock: of one that had ended when
//! it was read, nothing appears any more. What others wrote is read again, and passed over if it was known.

use super::Event;
use crate::kernel::db::{Db, Result};
use std::collections::HashSet;

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// All transactions before this one had ended, and what they wrote was read or came before the first
    /// reading; none before that.
    floor: Option<i64>,
    /// The events of later ones that were read.
    seen: HashSet<i64>,
    /// The highest number that was read. A process that has read a number has read all that had committed before it
    /// was given out.
    pub(super) newest: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    event: Event,
    /// The first transaction that had not ended.
    open: i64,
}

impl Reader {
    /// What appeared since the last reading; at the first one, nothing.
    ///
    /// # Errors
    /// When the database fails; the next reading tells of it all.
    pub(super) async fn read(&mut self, db: &Db) -> Result<Vec<Event>> {
        let Some(floor) = self.floor else {
            let begin = db.query(
                "SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT), coalesce(max(seq), 0)
                 FROM events",
            );
            let (open, newest): (i64, i64) = begin.one().await?;
            (self.floor, self.newest) = (Some(open), newest);
            return Ok(Vec::new());
        };
        // Those of transactions to come are of another server, from which the database was copied.
        let rows = db.query(
            "SELECT seq, org_id, topic, entity_id, created_at,
               CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT) AS open
             FROM events
             WHERE tx >= $1 AND tx < CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT) AS BIGINT)
             ORDER BY seq",
        );
        let rows: Vec<Row> = rows.bind(floor).all().await?;
        let Some(last) = rows.last() else { return Ok(Vec::new()) };
        self.newest = self.newest.max(last.event.seq);
        self.floor = Some(last.open);
        let seen = rows.iter().map(|row| row.event.seq).collect();
        let known = std::mem::replace(&mut self.seen, seen);
        let fresh = rows.into_iter().map(|row| row.event).filter(|event| !known.contains(&event.seq));
        Ok(fresh.collect())
    }
}
