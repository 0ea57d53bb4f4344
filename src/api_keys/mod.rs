//! API keys: what services send to read and change an organization's prompts. A key belongs to the
//! organization and stays when the person who created it leaves. How a key acts is in `delivery::keys`.

pub mod actions;
mod examples;
mod fetched;
mod form;
pub mod listing;
pub mod makers;
pub mod page;
pub mod pages;
mod reach;
pub mod store;

pub use actions::{CreateApiKey, RevokeApiKey, RotateApiKey};

use crate::id::ApiKeyId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A key as it is shown once; what is written of it in between tells nothing of its secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Its id.
    pub id: ApiKeyId,
    /// The key.
    pub key: String,
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shown").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_not_told_in_passing() {
        let shown = Shown { id: ApiKeyId(uuid::Uuid::nil()), key: "ps_x".to_owned() };
        assert!(!format!("{shown:?}").contains("ps_x"), "{shown:?}");
    }
}
