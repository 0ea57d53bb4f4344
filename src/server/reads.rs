//! Reads that are the same in a scope and within a change.

use super::{OrgChange, Scope, db::Query};

/// Where statements of one organization are run: in a scope each on its own, or all within a change.
pub trait Reads: Send {
    /// A statement in the organization; `$1` is its id.
    fn query(&mut self, sql: &'static str) -> Query<'_>;
}

impl Reads for &Scope {
    fn query(&mut self, sql: &'static str) -> Query<'_> {
        Scope::query(self, sql)
    }
}

impl Reads for OrgChange {
    fn query(&mut self, sql: &'static str) -> Query<'_> {
        Self::query(self, sql)
    }
}

impl<R: Reads> Reads for &mut R {
    fn query(&mut self, sql: &'static str) -> Query<'_> {
        R::query(self, sql)
    }
}
