//! Prompt Studio.

pub mod accounts;
#[cfg(feature = "ssr")]
pub mod app;
pub mod bench;
pub mod dashboard;
pub mod error;
pub mod fields;
pub mod id;
pub mod invitations;
pub mod live;
pub mod mailbox;
pub mod members;
pub mod orgs;
pub mod paths;
pub mod role;
#[cfg(feature = "ssr")]
pub mod server;
pub mod time;
pub mod ui;

/// Starts the islands of a page.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
