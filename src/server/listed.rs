//! Statements about the ids of a list, which the two databases read in different words.

use super::{OrgChange, Scope, db::Query};
use uuid::Uuid;

/// A statement about `listed (id)`, the ids of the list `$2`, for SQLite and for PostgreSQL: to be given to
/// [`Scope::query_listed`] or [`OrgChange::query_listed`]. It goes on after a `WITH RECURSIVE listed (id) AS (…)`.
macro_rules! listed {
    ($($statement:tt)+) => {
        [
            concat!("WITH RECURSIVE listed (id) AS (SELECT unhex(value) FROM json_each($2)) ", $($statement)+),
            concat!(
                "WITH RECURSIVE listed (id) AS (
                   SELECT CAST(value AS UUID) FROM json_array_elements_text(CAST($2 AS JSON))) ",
                $($statement)+
            ),
        ]
    };
}
pub(crate) use listed;

/// The ids as both databases read them.
fn list(ids: impl IntoIterator<Item = Uuid>) -> String {
    let ids: Vec<String> = ids.into_iter().map(|id| id.simple().to_string()).collect();
    serde_json::json!(ids).to_string()
}

impl Scope {
    /// A read about the ids of a list in this organization; `$1` is its id, and `$2` the list.
    pub fn query_listed(&self, sql: [&'static str; 2], ids: impl IntoIterator<Item = Uuid>) -> Query<'_> {
        let [sqlite, postgres] = sql;
        self.query(self.either(sqlite, postgres)).bind(list(ids))
    }
}

impl OrgChange {
    /// The same within a change.
    pub fn query_listed(&mut self, sql: [&'static str; 2], ids: impl IntoIterator<Item = Uuid>) -> Query<'_> {
        let [sqlite, postgres] = sql;
        let sql = if self.is_concurrent() { postgres } else { sqlite };
        self.query(sql).bind(list(ids))
    }
}
