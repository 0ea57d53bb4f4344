//! Statements about the items of a list, which the two databases read in different words.

use super::{OrgChange, Scope};
use crate::kernel::db::Query;
use serde::Serialize;
use serde_json::json;

/// A statement about the list `$2`, for SQLite and for PostgreSQL: to be given to [`Scope::query_listed`] or
/// [`OrgChange::query_listed`]. It goes on after a `WITH RECURSIVE listed (…) AS (…)`: `listed (id)` where the list is
/// one of ids, or with the columns that come first, as in `listed!([id: uuid, number: bigint] "SELECT …")`, where it is
/// one of objects with these names.
macro_rules! listed {
    (@sqlite uuid $column:ident) => {
        concat!("unhex(json_extract(value, '$.", stringify!($column), "'), '-')")
    };
    (@sqlite $kind:ident $column:ident) => {
        concat!("json_extract(value, '$.", stringify!($column), "')")
    };
    (@postgres $kind:ident $column:ident) => {
        concat!("CAST(value ->> '", stringify!($column), "' AS ", stringify!($kind), ")")
    };
    ([$first:ident: $kind:ident $(, $more:ident: $kind_of_more:ident)*] $($statement:tt)+) => {
        [
            concat!(
                "WITH RECURSIVE listed (", stringify!($first), $(", ", stringify!($more),)* ") AS (SELECT ",
                $crate::tenancy::listed!(@sqlite $kind $first),
                $(", ", $crate::tenancy::listed!(@sqlite $kind_of_more $more),)*
                " FROM json_each($2)) ",
                $($statement)+
            ),
            concat!(
                "WITH RECURSIVE listed (", stringify!($first), $(", ", stringify!($more),)* ") AS (SELECT ",
                $crate::tenancy::listed!(@postgres $kind $first),
                $(", ", $crate::tenancy::listed!(@postgres $kind_of_more $more),)*
                " FROM json_array_elements(CAST($2 AS JSON))) ",
                $($statement)+
            ),
        ]
    };
    ($($statement:tt)+) => {
        [
            concat!("WITH RECURSIVE listed (id) AS (SELECT unhex(value, '-') FROM json_each($2)) ", $($statement)+),
            concat!(
                "WITH RECURSIVE listed (id) AS (
                   SELECT CAST(value AS UUID) FROM json_array_elements_text(CAST($2 AS JSON))) ",
                $($statement)+
            ),
        ]
    };
}
pub(crate) use listed;

/// The items as both databases read them.
fn list(items: impl IntoIterator<Item = impl Serialize>) -> String {
    let items: Vec<_> = items.into_iter().collect();
    json!(items).to_string()
}

impl Scope {
    /// A read about the items of a list in this organization; `$1` is its id, and `$2` the list.
    pub fn query_listed(
        &self,
        sql: [&'static str; 2],
        items: impl IntoIterator<Item = impl Serialize>,
    ) -> Query<'_> {
        let [sqlite, postgres] = sql;
        self.query(self.either(sqlite, postgres)).bind(list(items))
    }
}

impl OrgChange {
    /// The same within a change.
    pub fn query_listed(
        &mut self,
        sql: [&'static str; 2],
        items: impl IntoIterator<Item = impl Serialize>,
    ) -> Query<'_> {
        let [sqlite, postgres] = sql;
        let sql = if self.is_concurrent() { postgres } else { sqlite };
        self.query(sql).bind(list(items))
    }
}
