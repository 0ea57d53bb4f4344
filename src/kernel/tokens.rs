//! Secrets that travel in links: 256 bit from the operating system, of which only the SHA-256 is
//! stored.

use super::clock::random;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A fresh token, to be shown or mailed once.
#[derive(Clone)]
pub struct Token(String);

/// What is stored of a token.
#[derive(Debug, Clone, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub struct TokenHash(Vec<u8>);

impl Token {
    /// A new one: 43 characters of `A-Z a-z 0-9 - _`.
    #[must_use]
    pub fn new() -> Self {
        Self(URL_SAFE_NO_PAD.encode(random::<32>()))
    }

    /// The token as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

impl Default for Token {
    fn default() -> Self {
        Self::new()
    }
}

impl TokenHash {
    /// The hash of a token as it came in; one of another length matches nothing.
    ///
    /// Looking a hash up is safe against timing: an attacker who measures it learns of a hash, from which
    /// no token follows.
    #[must_use]
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).to_vec())
    }

    /// Whether it is another's hash too, in a time that tells nothing.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}
