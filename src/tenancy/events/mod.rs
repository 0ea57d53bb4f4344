//! Events: what happens is told to all who watch, on every server process.
//!
//! A change writes its events as rows in its own transaction. On SQLite, which has one process,
//! they are published when it has committed. On PostgreSQL a coalescing notifier wakes all
//! processes after the commit (a `NOTIFY` inside the transaction would serialise all commits), and
//! each reads the new rows; reading twice a second in any case means that nothing depends on the
//! notification.

mod bus;
pub mod epochs;
mod event;
pub mod leases;
mod reader;

pub use bus::EventBus;
pub use event::{Event, Topic};
