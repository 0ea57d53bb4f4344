//! Reads that are the same in a scope and within a change.

use super::{OrgChange, Scope, Server};
use crate::{
    kernel::{JobOwner, db::Query},
    time::Timestamp,
};

/// Where statements of one organization are run: in a scope each on its own, or all within a change.
pub trait Reads: Send {
    /// A statement in the organization; `$1` is its id.
    fn query(&mut self, sql: &'static str) -> Query<'_>;

    /// The time now.
    fn now(&self) -> Timestamp;
}

/// Reads that are outside of any change: nobody waits for them, so they may wait for the sandbox.
pub trait Unhurried: Reads {
    /// The server, and on whose behalf something is read.
    fn place(&self) -> (&Server, JobOwner);
}

impl Reads for &Scope {
    fn query(&mut self, sql: &'static str) -> Query<'_> {
        Scope::query(self, sql)
    }

    fn now(&self) -> Timestamp {
        self.server().clock.now()
    }
}

impl Unhurried for &Scope {
    fn place(&self) -> (&Server, JobOwner) {
        (self.server(), self.behalf())
    }
}

impl Reads for OrgChange {
    fn query(&mut self, sql: &'static str) -> Query<'_> {
        Self::query(self, sql)
    }

    fn now(&self) -> Timestamp {
        Self::now(self)
    }
}

impl<R: Reads> Reads for &mut R {
    fn query(&mut self, sql: &'static str) -> Query<'_> {
        R::query(self, sql)
    }

    fn now(&self) -> Timestamp {
        R::now(self)
    }
}

impl<R: Unhurried> Unhurried for &mut R {
    fn place(&self) -> (&Server, JobOwner) {
        R::place(self)
    }
}
