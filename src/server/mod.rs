//! The machine room: everything a feature stands on, and nothing that knows a feature.
//!
//! A request passes `serve` (limits, headers), `csrf`, `session` and arrives as a [`Caller`] at a
//! page or a server function, which enters an organization through [`scope`] and writes in a
//! transaction of [`db`] that carries its audit row, its letters and its events.

mod answering;
pub mod assets;
pub mod audit;
mod behalf;
pub mod bodies;
pub mod bus;
pub mod caller;
pub mod change;
pub mod clock;
mod coming;
pub mod config;
pub mod connections;
pub mod cookies;
pub mod csrf;
pub mod db;
pub mod demotion;
pub mod devices;
pub mod exports;
pub mod forms;
pub mod hot;
pub mod jobs;
pub mod keys;
pub mod limits;
pub mod listed;
pub mod listen;
pub mod mail;
pub mod notes;
pub mod once;
mod open;
pub mod org_change;
pub mod organization;
pub mod parts;
pub mod passwords;
mod posted;
mod private;
pub mod proof;
pub mod readers;
mod reads;
mod ready;
mod recall;
pub mod sandbox;
pub mod scope;
pub mod seal;
pub mod seen;
pub mod serve;
pub mod session;
pub mod shelf;
pub mod sole;
pub mod start;
pub mod stop;
pub mod streams;
pub mod tokens;
pub mod uploads;
pub mod workers;
pub mod writer;

pub use behalf::Behalf;
pub use bus::{Event, Topic};
pub use caller::{Caller, Person};
pub use change::Change;
pub use clock::Clock;
pub use config::Config;
pub use keys::Key;
pub(crate) use listed::listed;
pub use org_change::OrgChange;
pub use organization::{Membership, Organization};
pub(crate) use parts::rows;
pub use proof::Proof;
pub use reads::{Reads, Unhurried};
pub use scope::{Actor, Grant, Scope};
pub use start::Server;
