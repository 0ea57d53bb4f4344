//! From a connection to a page or a server function, and back: sessions, forms, rate limits, files.
//!
//! A request passes `router` (limits, headers), `csrf` and `session`, and arrives as a [`RequestContext`] at a page or a server
//! function.

pub mod admission;
pub mod assets;
pub mod body_memory;
pub mod chunked_body;
pub mod client;
pub mod connections;
pub mod cookies;
pub mod csrf;
pub mod downloads;
pub mod error_page;
pub mod filled_from;
pub mod form_once;
pub mod form_response;
pub mod form_result;
pub mod forms;
pub mod known_devices;
pub mod listener;
pub mod own_account;
pub mod page_person;
pub mod posted;
pub mod proof;
pub mod rate_limits;
pub mod readiness;
pub mod request_context;
pub mod request_progress;
pub mod response;
pub mod role_change;
pub mod router;
pub mod secure_headers;
pub mod server_function;
pub mod session;
pub mod state;
pub mod uploads;

pub use proof::Proof;
pub use request_context::RequestContext;
pub use state::Web;
