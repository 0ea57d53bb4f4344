//! The walls between organizations: who acts in which, and what a change carries with it.

pub mod api_key;
pub mod audit;
pub mod batches;
pub mod change;
pub mod client;
pub mod deferred_writes;
pub mod events;
pub mod fence;
pub mod jobs;
pub mod listed;
pub mod mail;
pub mod org_change;
pub mod organization;
pub mod outbox;
pub mod reads;
pub mod scope;
pub mod server;
pub mod sessions;
pub mod stream_limit;
pub mod visitor;

pub use api_key::Key;
pub(crate) use batches::rows;
pub use change::Change;
pub use client::{Client, Person};
pub use events::{Event, Topic};
pub(crate) use listed::listed;
pub use org_change::OrgChange;
pub use organization::{Membership, Organization};
pub use reads::{Reads, Unhurried};
pub use scope::{Actor, Grant, Scope};
pub use server::Server;
pub use visitor::Visitor;
