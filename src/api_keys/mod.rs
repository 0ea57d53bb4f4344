//! API keys: what services show to read and change an organization's prompts. A key belongs to the
//! organization and outlives whoever made it; what it is as a principal stands in `server::keys`.

pub mod actions;
#[cfg(feature = "ssr")]
mod examples;
#[cfg(feature = "ssr")]
mod form;
#[cfg(feature = "ssr")]
pub mod makers;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod store;

pub use actions::{CreateApiKey, RevokeApiKey, RotateApiKey};

use crate::id::ApiKeyId;
use serde::{Deserialize, Serialize};

/// A key as it is shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Its id.
    pub id: ApiKeyId,
    /// The key.
    pub key: String,
}
