//! Reads that are the same in a scope and within a change.

use super::{OrgChange, Scope, Server, db::Query};
use crate::id::OrgId;

/// Where statements of one organization are run: in a scope each on its own, or all within a change.
pub trait Reads: Send {
    /// A statement in the organization; `$1` is its id.
    fn query(&mut self, sql: &'static str) -> Query<'_>;

    /// The organization, and the server it is on.
    fn place(&self) -> (&Server, OrgId);
}

impl Reads for &Scope {
    fn query(&mut self, sql: &'static str) -> Query<'_> {
        Scope::query(self, sql)
    }

    fn place(&self) -> (&Server, OrgId) {
        (self.server(), self.organization().id)
    }
}

impl Reads for OrgChange {
    fn query(&mut self, sql: &'static str) -> Query<'_> {
        Self::query(self, sql)
    }

    fn place(&self) -> (&Server, OrgId) {
        Self::place(self)
    }
}

impl<R: Reads> Reads for &mut R {
    fn query(&mut self, sql: &'static str) -> Query<'_> {
        R::query(self, sql)
    }

    fn place(&self) -> (&Server, OrgId) {
        R::place(self)
    }
}
