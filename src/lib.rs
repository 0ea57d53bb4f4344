//! Prompt Studio: a self-hostable studio where teams keep their AI prompts.
//!
//! This page is the architecture. It stays at the height of a bird; the docs of each module go on.
//!
//! # From above
//!
//! One crate, built twice: with `ssr` it is the server, one binary with SQLite inside (PostgreSQL
//! when one machine is not enough); with `hydrate` it is the wasm of the few things that react in
//! the browser. Pages are rendered on the server by components that read the database directly.
//! What changes something is a `#[server]` function that a real `<form>` posts to, so everything
//! works with scripts off; with them, the island [`ui::InPlace`] posts forms in place and
//! [`ui::Live`] keeps the marked regions of a page as they are on the server. There is no JSON twin
//! of any page, and no router in the browser. Services have an HTTP API of their own, [`api`], which a
//! key opens; what they fetch all day is answered from memory ([`server::hot`]) before any of it.
//!
//! Everything belongs to one organization, the tenant, and is invisible from every other.
//!
//! # Where things are
//!
//! | | |
//! | --- | --- |
//! | the floor | [`id`], [`time`], [`role`] (the permission table), [`fields`] (what people type, parsed once), [`error`] (the one error), [`paths`] (every URL) |
//! | `server` | the machine room: config, database, walls, sessions, forms, mail, events. It knows no feature |
//! | [`ui`] | components, each with a twin in `style/components/`, and the islands of every page |
//! | features | [`orgs`], [`environments`], [`templates`], [`prompts`], [`deployments`], [`library`], [`editor`], [`board`], [`api_keys`], [`members`], [`accounts`], [`invitations`], [`profile`], [`dashboard`], [`audit_log`], [`live`], [`mailbox`], [`api`] (what services read), [`bench`](mod@bench) |
//! | `app` | the sitemap and the router |
//!
//! A feature has the same few file names, each only when needed: `model` (types and pure rules),
//! `actions` (server functions, each a paragraph: enter, require, act, announce), `store` (SQL),
//! `pages`, `letters`. Each module may use those to its left, never one to its right:
//! floor → server → ui → orgs → environments → templates → prompts → deployments → library → editor → board → `api_keys` → members → accounts → invitations → profile → dashboard → palette → `audit_log` →
//! live → mailbox → api → bench → app → main. Where a page shows something of a later feature, `app` hands it in.
//!
//! # What always holds
//!
//! - **Three walls.** A `server::Scope` is somebody in one organization; only `server/scope`
//!   makes one, from the session and the slug in the URL. Reads take it, and every statement names
//!   the organization as `$1`. A `server::Grant` is the proof that its holder may do one thing;
//!   writes demand it, so a forgotten check does not compile. In the schema every tenant key begins
//!   with the organization, and PostgreSQL fences rows once more.
//! - Not a member means 404, the same as no such organization.
//! - **One transaction** ([`Change`](server::Change)) carries a change, its audit row, its letters
//!   and its events. Changes in an organization hold its lock and read the actor's role again under
//!   it: never zero Owners, one membership a person, one pending invitation an address.
//! - Nobody writes for long. What concerns many rows is noted in one change, with which it is so for everybody, and is
//!   written in parts after it; a chore does what a process that ended has left ([`server::parts`]).
//! - The audit log is append-only: the schema refuses to change or remove a row. It tells of people by
//!   id; their names are looked up, and where they were is erased with their account.
//! - What services get of an environment changes by deployments alone: each is a row that never changes, and keeps
//!   the values that the prompt inherited from folders. Where others must approve, no other environment, role, key
//!   or reference leads around them ([`deployments::deploy`]). An approval is for a fingerprint of everything that
//!   would be served, and void where that changes ([`deployments::voiding`]).
//! - A path at which something is live leads there until something else is deployed at it; where others must approve,
//!   no other prompt takes it ([`prompts::paths`]).
//! - There is one way in ([`accounts::entrance`]), so nobody gets around their second factor. What cannot
//!   be taken back demands a [`Proof`](server::Proof) that the password was entered lately.
//! - Every function is limited by where it is called from (`server::limits`), and what keeps a core busy
//!   runs beside everything else (`server::workers`).
//! - Nothing is changed by `GET`, and nothing by another site.
//! - Of tokens and session ids only hashes are stored; letters lie sealed until they are sent.
//! - No text that is shown travels through a URL; a failed form comes back with what was typed.
//! - Nothing in `server` knows a feature; nothing in `ui` reads the database; the wasm has no SQL.
//! - Time and randomness come from [`server::Clock`], so tests move them.
//!
//! # Two walks
//!
//! **Inviting somebody.** The dialog's form posts to `/api/invitations/invite`. `server::serve`
//! has limited the body, `server::csrf` made sure that a page of ours sent it, `server::session`
//! found the visit, and `server::forms` runs the function. [`invitations::actions::invite_members`]
//! enters the organization, requires `InviteMembers`, and calls `invitations::store::invite`: under
//! the organization's lock each address is parsed, checked against members, pending invitations and
//! limits, and written with two token hashes, an audit row, a sealed letter and an event. After the
//! commit the outbox worker sends the letter, the bus tells every process, and members' pages
//! refresh the region `data-live="invitations"`. `forms` renders the page the form stands on, with
//! what came of each address, and the island swaps that in; without script the browser is led back to it.
//!
//! **Opening the members page.** `GET /acme/settings/members`: the session layer reads one row, and
//! [`ui::page`] asks the page of the sitemap in `app`. It enters the scope (one query: the person,
//! the organization, the newest event in it, their other organizations for the switcher) and asks
//! for the rows. Those are kept ([`server::shelf`]) under the number of that event, so they are read
//! and written once for all of a role until something happens in the organization. Then the page is
//! written whole, with its status. The browser gets HTML, one style sheet and, since the page is of
//! the app, the islands; the stream they open begins after the event that the page knew of.

// A view is a type, nested as deep as the page it shows.
#![recursion_limit = "256"]

pub mod accounts;
#[cfg(feature = "ssr")]
pub mod api;
pub mod api_keys;
#[cfg(feature = "ssr")]
pub mod app;
pub mod audit_log;
pub mod bench;
pub mod board;
pub mod dashboard;
pub mod deployments;
pub mod editor;
pub mod environments;
pub mod error;
pub mod fields;
pub mod id;
pub mod invitations;
pub mod key_scope;
pub mod library;
pub mod live;
pub mod mailbox;
pub mod members;
pub mod orgs;
pub mod palette;
pub mod paths;
pub mod profile;
pub mod prompts;
pub mod role;
#[cfg(feature = "ssr")]
pub mod server;
pub mod templates;
#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests;
pub mod time;
pub mod ui;

/// Starts the islands of a page.
#[cfg(all(feature = "hydrate", not(feature = "editor")))]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}

/// Assists at the form `#editor`: a module of its own, which the other pages need not load.
#[cfg(feature = "editor")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn assist() {
    editor::assist();
}
