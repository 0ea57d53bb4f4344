//! Prompt Studio: a self-hostable studio where teams keep their AI prompts.
//!
//! This page is the architecture, seen from above. The docs of each module give the details.
//!
//! # Overview
//!
//! One binary is the server, with SQLite inside (use PostgreSQL when one machine is not enough). Components that read the
//! database directly render the pages. Every change is a `#[server]` function that a real `<form>` posts to, so everything
//! works without scripts. With scripts, the island [`InPlace`](browser::islands::InPlace) posts forms in place, and
//! [`Live`](browser::islands::Live) keeps the marked regions of a page up to date. Services use a separate HTTP API,
//! [`api`], with an API key; what they fetch all day is answered from memory ([`delivery`]).
//!
//! **What is used of Leptos.** Pages are written as a whole on the server, with `view!` and `#[component]`; the router is
//! axum's, in `app`. `#[server]` functions are what forms post to; no script calls one, so they exist on the server alone,
//! and so do all features. Islands are for what reacts: [`browser`] holds them and what they call. With [`templates`],
//! [`slug`] and [`text`] it is all that is compiled for wasm. No page has a second version in JSON.
//!
//! Everything belongs to one organization, the tenant, and is invisible from every other.
//!
//! # Where things are
//!
//! | | |
//! | --- | --- |
//! | the floor | [`id`], [`time`], [`text`], [`slug`], [`role`] (the permission table), [`fields`] (what people type, parsed once), [`error`] (the one error), [`paths`] (every URL) |
//! | [`templates`] | the grammar of prompts, for the server and the browser |
//! | [`browser`] | what runs in the browser: the islands of every page, and what assists in the editor |
//! | [`kernel`] | configuration, the clock, the database, encryption, work that keeps a core busy, caches |
//! | [`tenancy`] | who acts in which organization: scopes and grants, changes with their audit rows, events and emails, API keys as principals |
//! | [`web`] | from a connection to a page or a server function, and back: sessions, forms, rate limits, security headers |
//! | [`delivery`] | what services are answered with: their keys, the memory of what they fetch, usage |
//! | [`ui`] | components, each with its style in `style/components/` |
//! | features | [`orgs`], [`environments`], [`prompts`], [`deployments`], [`library`], [`editor`], [`board`], [`api_keys`], [`members`], [`accounts`], [`invitations`], [`profile`], [`dashboard`], [`audit_log`], [`live`], [`mailbox`], [`api`] (what services read), [`bench`](mod@bench) |
//! | `app` | the sitemap, the router, and the server put together |
//!
//! Every feature uses the same few file names, each only when needed: `model` (types and pure rules),
//! `actions` (server functions, each a paragraph: enter, require, act, announce), `store` (SQL),
//! `pages`, `emails`. A module may use the modules to its left, never those to its right:
//! floor → templates → browser → kernel → tenancy → web → delivery → ui → orgs → environments → prompts → deployments → library → editor → board → `api_keys` → members → accounts → invitations → profile → dashboard → palette → `audit_log` →
//! live → mailbox → api → bench → app → main. Where a page shows something of a later feature, `app` passes it in.
//!
//! # What always holds
//!
//! - **Three walls.** A `tenancy::Scope` is a person, an API key or the system in one organization; only
//!   `tenancy/scope` makes one, from the session and the slug in the URL. Reads take it, and every statement names
//!   the organization as `$1`. A `tenancy::Grant` proves that its holder may do one thing;
//!   writes demand it, so a forgotten check does not compile. In the schema every tenant key begins
//!   with the organization, and on PostgreSQL row-level security is a further fence.
//! - A person who is not a member gets 404, as if the organization did not exist.
//! - **One transaction** ([`Change`](tenancy::Change)) carries a change, its audit row, its emails
//!   and its events. Changes in an organization hold its lock and read the actor's role again under
//!   it. So an organization always has an Owner, a person is a member once, and an email has one pending invitation.
//! - Nobody writes for long. A change that concerns many rows is noted in one transaction, from which on everybody sees
//!   it, and the rows are written in parts after it; a chore finishes what a process left when it ended
//!   ([`tenancy::batches`]).
//! - The audit log is append-only: the schema refuses to change or remove a row. Rows refer to people by
//!   id; names are looked up, and IP addresses and browsers are erased with the account.
//! - Only a deployment changes what services get from an environment. It is a row that never changes, and keeps
//!   the values that the prompt inherited from folders, its path, its description and its tags. After what would serve
//!   values that no deployment kept, folders could change them, so it is refused. Where others must approve, no other environment, role, key
//!   or reference gets around them ([`deployments::deploy`]). An approval covers a fingerprint of everything that
//!   would be served, and is void when that changes ([`deployments::voiding`]).
//! - A path with a live prompt leads to it until something else is deployed at that path. Where others must approve,
//!   no other prompt can take the path ([`prompts::paths`]).
//! - A change of one's account holds the row of the person, and asks under that lock whether the session still is there
//!   ([`RequestContext::change_own_account`](web::RequestContext::change_own_account)). A session begins only while the password is
//!   the one that was shown. So nothing comes after a new password, a sign-out or the end of an account.
//! - There is one way to sign in ([`accounts::sign_in`]), so nobody gets around their second factor. An act that cannot
//!   be undone demands a [`Proof`](web::Proof) that the password was entered recently.
//! - Every function has a rate limit per client (`web::rate_limits`), and work that keeps a core busy is off the threads
//!   that answer requests: on what is large (`kernel::long_work`), on what may never end (`kernel::sandbox`), on
//!   passwords (`kernel::cpu_pool`). Of a person only so many requests are answered at once, and so many bytes of answers
//!   under way (`web::admission`).
//! - Organizations read in turn, none on more than half of the connections, and a statement that nobody waits for any
//!   more is ended ([`kernel::read_pool`]).
//! - `GET` changes nothing, and no other site can change anything. What scripts send is done for the person their page
//!   was made for, or not at all (`web::page_person`).
//! - Of tokens and session ids only hashes are stored; emails are encrypted until they are sent.
//! - No text that is shown travels through a URL; a failed form comes back with what was typed.
//! - Rooms and features use each other in one order, and files never in a circle (`tests/architecture.rs`); nothing in `ui` reads the database; the wasm has no SQL.
//! - Time and randomness come from [`kernel::Clock`], so tests can set them.
//!
//! # Two walkthroughs
//!
//! **Inviting people.** The dialog's form posts to `/api/invitations/invite`. First `web::router`
//! limits the body, `web::csrf` checks that a page of ours sent it, `web::session`
//! finds the session, and `web::forms` runs the function. [`invitations::actions::invite_members`]
//! enters the organization, requires `InviteMembers`, and calls `invitations::store::invite`. Under
//! the organization's lock, it parses each email, checks it against members, pending invitations and
//! limits, and writes the invitation with two token hashes, an audit row, an encrypted email and an event. After the
//! commit, the outbox worker sends the email, the bus tells every process, and the pages of members
//! refresh the region `data-live="invitations"`. `forms` renders the form's page with the result
//! for each email, and the island swaps it in; without script the browser is redirected to that page.
//!
//! **Opening the members page.** For `GET /acme/settings/members` the session layer reads one row, and
//! [`ui::page`] calls the page from the sitemap in `app`. It enters the scope with one query: the person,
//! the organization, its newest event, and the person's other organizations for the switcher. Then it reads
//! the rows. They are kept ([`kernel::fragment_cache`]) under the number of that event, so for each role they are read
//! and rendered once until something happens in the organization. Then the page is
//! rendered as a whole, with its status. The browser gets HTML, one style sheet and, since this is a page of
//! the app, the islands; the stream they open begins after the event that the page knew of.

// A view is a type, nested as deep as the page it shows.
#![recursion_limit = "256"]

/// What runs in the browser. All of it is compiled for the server, too, which renders the islands.
pub mod browser {
    pub mod dom;
    pub mod editor;
    #[cfg(not(feature = "editor"))]
    pub mod islands;
    pub mod morph;
}
pub mod slug;
pub mod templates;
pub mod text;

#[cfg(feature = "ssr")]
pub mod accounts;
#[cfg(feature = "ssr")]
pub mod api;
#[cfg(feature = "ssr")]
pub mod api_keys;
#[cfg(feature = "ssr")]
pub mod app;
#[cfg(feature = "ssr")]
pub mod audit_log;
#[cfg(feature = "ssr")]
pub mod bench;
#[cfg(feature = "ssr")]
pub mod board;
#[cfg(feature = "ssr")]
pub mod dashboard;
#[cfg(feature = "ssr")]
pub mod delivery;
#[cfg(feature = "ssr")]
pub mod deployments;
#[cfg(feature = "ssr")]
pub mod editor;
#[cfg(feature = "ssr")]
pub mod environments;
#[cfg(feature = "ssr")]
pub mod error;
#[cfg(feature = "ssr")]
pub mod fields;
#[cfg(feature = "ssr")]
pub mod id;
#[cfg(feature = "ssr")]
pub mod invitations;
#[cfg(feature = "ssr")]
pub mod kernel;
#[cfg(feature = "ssr")]
pub mod key_scope;
#[cfg(feature = "ssr")]
pub mod library;
#[cfg(feature = "ssr")]
pub mod live;
#[cfg(feature = "ssr")]
pub mod mailbox;
#[cfg(feature = "ssr")]
pub mod members;
#[cfg(feature = "ssr")]
pub mod orgs;
#[cfg(feature = "ssr")]
pub mod palette;
#[cfg(feature = "ssr")]
pub mod paths;
#[cfg(feature = "ssr")]
pub mod profile;
#[cfg(feature = "ssr")]
pub mod prompts;
#[cfg(feature = "ssr")]
pub mod role;
#[cfg(feature = "ssr")]
pub mod tenancy;
#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests;
#[cfg(feature = "ssr")]
pub mod time;
#[cfg(feature = "ssr")]
pub mod ui;
#[cfg(feature = "ssr")]
pub mod web;

/// Starts the islands of a page.
#[cfg(all(feature = "hydrate", not(feature = "editor")))]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}

/// Assists on the page of a prompt: a module of its own, which the other pages need not load.
#[cfg(feature = "editor")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn assist() {
    browser::editor::assist();
}
