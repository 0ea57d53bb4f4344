//! What concerns many rows is written in parts, each a transaction of its own: nobody waits long for the one writer
//! of SQLite.
//!
//! Rows are found by a connection that only reads; a part takes the writer for what was found, and for a moment. What
//! was found may be another's by then, so whether it still holds is asked again. A process may end between two parts:
//! what needs all of them notes first, in one change, what is to be done, and hands in a chore that does the rest.

use super::{Change, Server};
use crate::{
    error::Result,
    id::OrgId,
    kernel::{
        clock::stopwatch,
        db::{Db, Value},
    },
};
use std::time::{Duration, Instant};
use tracing::Instrument;

/// How long a part keeps others from writing.
const PART: Duration = Duration::from_millis(20);
/// How long a statement of a part should take at most: the next one writes fewer rows then.
const STATEMENT: Duration = Duration::from_millis(4);
/// The most rows of a statement of SQLite; some take a thousand times as long as others.
const AT_ONCE: usize = 32;
/// The most rows of a part.
pub const MOST: usize = 500;
/// How often so many rows of a kind are found in one run, where an organization may add more meanwhile.
const ROUNDS: usize = 200;
/// How long the person who asked waits for what goes on.
const PATIENCE: Duration = Duration::from_secs(5);

/// The time of one part.
#[derive(Debug, Clone, Copy)]
pub struct Part(Instant);

impl Part {
    /// Begins one.
    #[must_use]
    pub fn begin() -> Self {
        Self(stopwatch())
    }

    /// Whether it is the turn of others.
    #[must_use]
    pub fn is_over(self) -> bool {
        self.0.elapsed() >= PART
    }
}

/// Rows of a table, by a condition on `$1`, and what becomes of them; the macro `rows!` makes it.
#[derive(Debug, Clone, Copy)]
pub struct Rows {
    /// The statements of SQLite: one finds rows, at most `$2`, and one writes those of them that are in the list `$2`.
    pub sqlite: [&'static str; 2],
    /// The same of PostgreSQL.
    pub postgres: [&'static str; 2],
}

/// Rows to be deleted or updated in parts: `rows!(delete "trash" where "org_id = $1")`. What is costly to ask of a
/// single row is said in another way after `still`; `by` says in which order they are written.
macro_rules! rows {
    (delete $table:literal where $where:literal $($rest:tt)*) => {
        $crate::tenancy::rows!(@still ["DELETE FROM "] $table [" WHERE "] $where $($rest)*)
    };
    (update $table:literal set $set:literal where $where:literal $($rest:tt)*) => {
        $crate::tenancy::rows!(@still ["UPDATE "] $table [" SET ", $set, " WHERE "] $where $($rest)*)
    };
    (@still $verb:tt $table:literal $set:tt $where:literal still $still:literal $($by:tt)*) => {
        $crate::tenancy::rows!(@by $verb $table $set $where $still $($by)*)
    };
    (@still $verb:tt $table:literal $set:tt $where:literal $($by:tt)*) => {
        $crate::tenancy::rows!(@by $verb $table $set $where $where $($by)*)
    };
    (@by $verb:tt $table:literal $set:tt $where:literal $still:literal) => {
        $crate::tenancy::rows!(@all $verb $table $set $where $still [""])
    };
    (@by $verb:tt $table:literal $set:tt $where:literal $still:literal by $by:literal) => {
        $crate::tenancy::rows!(@all $verb $table $set $where $still [" ORDER BY ", $by])
    };
    (@all [$verb:literal] $table:literal [$($set:literal),+] $where:literal $still:literal [$($by:literal),+]) => {
        $crate::tenancy::batches::Rows {
            sqlite: [
                concat!("SELECT CAST(rowid AS TEXT) FROM ", $table, " WHERE ", $where, $($by,)+
                    " LIMIT CAST($2 AS BIGINT)"),
                // Found by what is in the list, whatever index the condition could use.
                concat!($verb, $table, " NOT INDEXED", $($set,)+
                    "rowid IN (SELECT CAST(value AS INTEGER) FROM json_each($2)) AND (", $still, ")"),
            ],
            postgres: [
                concat!("SELECT CAST(ctid AS TEXT) FROM ", $table, " WHERE ", $where, $($by,)+
                    " LIMIT CAST($2 AS BIGINT)"),
                concat!($verb, $table, $($set,)+
                    "ctid = ANY (ARRAY (SELECT CAST(value AS TID) FROM json_array_elements_text(CAST($2 AS JSON)))) AND (",
                    $still, ")"),
            ],
        }
    };
}
pub(crate) use rows;

impl Rows {
    /// Writes all of them, of all organizations.
    ///
    /// # Errors
    /// When the database fails; what was written by then stays.
    pub async fn write_in_parts<V>(&self, server: &Server, about: V) -> Result<()>
    where
        V: Value + Clone + Send + Sync,
    {
        self.write_rounds(server, None, about, usize::MAX).await?;
        Ok(())
    }

    /// Writes those of an organization, deleted or not, or those of all, in so many rounds; whether none is left.
    async fn write_rounds<V>(
        &self,
        server: &Server,
        org: Option<OrgId>,
        about: V,
        rounds: usize,
    ) -> Result<bool>
    where
        V: Value + Clone + Send + Sync,
    {
        let [find, write] = match server.db {
            Db::Sqlite { .. } => self.sqlite,
            Db::Postgres { .. } => self.postgres,
        };
        let (most, mut size, mut before) = (i64::try_from(MOST).unwrap_or(i64::MAX), 1, Vec::new());
        for _ in 0..rounds {
            let found: Vec<(String,)> = server.db.query(find).bind(about.clone()).bind(most).all().await?;
            let found: Vec<String> = found.into_iter().map(|(row,)| row).collect();
            // What is there after it was to be written, others have written otherwise meanwhile.
            if found == before {
                return Ok(true);
            }
            let mut left = found.as_slice();
            while !left.is_empty() {
                let Some(mut change) = begin(server, org).await? else { return Ok(true) };
                let part = Part::begin();
                if change.is_concurrent() {
                    size = MOST;
                }
                while !left.is_empty() && !part.is_over() {
                    let (now, later) = left.split_at(size.min(left.len()));
                    let began = stopwatch();
                    let rows =
                        change.query(write).bind(about.clone()).bind(serde_json::json!(now).to_string());
                    rows.execute().await?;
                    size =
                        if began.elapsed() < STATEMENT { (2 * size).min(AT_ONCE) } else { size.div_ceil(4) };
                    left = later;
                }
                change.commit().await?;
            }
            before = found;
        }
        Ok(false)
    }
}

/// Writes rows of an organization, deleted or not, one kind after the other. Where there are too many of a kind for one
/// run, they and the kinds after it are left to the next, so that other organizations have their turn.
///
/// # Errors
/// When the database fails; what was written by then stays.
pub async fn write_in_order(server: &Server, org: OrgId, kinds: &[Rows]) -> Result<()> {
    write_in_order_for(server, org, kinds, ROUNDS).await
}

/// The same with so many rounds for each kind.
pub(crate) async fn write_in_order_for(
    server: &Server,
    org: OrgId,
    kinds: &[Rows],
    rounds: usize,
) -> Result<()> {
    for rows in kinds {
        if !rows.write_rounds(server, Some(org), org, rounds).await? {
            break;
        }
    }
    Ok(())
}

/// A change for a part; none when the organization is no more. Where others write at the same time, those who write
/// the same in parts take turns.
async fn begin(server: &Server, org: Option<OrgId>) -> Result<Option<Change>> {
    let mut change = Change::begin(server).await?;
    if let Some(org) = org {
        change.fence(org).await?;
        let lock = if change.is_concurrent() {
            "SELECT id FROM organizations WHERE id = $1 FOR UPDATE"
        } else {
            "SELECT id FROM organizations WHERE id = $1"
        };
        let there: Option<(OrgId,)> = change.query(lock).bind(org).optional().await?;
        if there.is_none() {
            return Ok(None);
        }
    }
    Ok(Some(change))
}

/// Goes on with what a change has begun, whether or not the person who asked for it stays; they wait for it a little.
/// What it does not get done is left to a chore.
pub async fn go_on(work: impl Future<Output = Result<()>> + Send + 'static) {
    let work = async move {
        if let Err(error) = work.await {
            tracing::warn!(%error, "the rest of a change is left to a chore");
        }
    };
    // A person who has waited long enough leaves it to itself.
    drop(tokio::time::timeout(PATIENCE, tokio::spawn(work.in_current_span())).await);
}
