//! Hashing passwords: Argon2id (m = 19 MiB, t = 2, p = 1), bounded.
//!
//! A hash takes some 20 ms of one core and 19 MiB. As many run at a time as there are cores, a
//! short queue waits, and whoever comes then is told to come back, so that a flood of sign-ins
//! takes neither the memory nor the time of everybody else.

use crate::{
    error::{Error, Result},
    fields::Password,
};
use argon2::{
    Argon2, PasswordHash, PasswordHasher, PasswordVerifier,
    password_hash::{Salt, SaltString},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// How many may wait for a core.
const QUEUE: usize = 64;
/// How long they wait at most.
const PATIENCE: Duration = Duration::from_secs(2);
/// The hash that a password is compared with when there is no account: of no password, and as
/// slow as any.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGF0IGFsbCE$7hBFtOI0i3zFLkEDsPPB4jHoGPzFlAlBSxUaApIyeIU";

/// Hashes and verifies.
#[derive(Debug, Clone)]
pub struct Passwords {
    cores: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

/// What comparing a password came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is not the one.
    Wrong,
    /// It is the one.
    Right,
    /// It is the one, and its hash is of older parameters; here is a new one to keep.
    Rehash(String),
}

impl Default for Passwords {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { cores: Arc::new(Semaphore::new(cores)), queue: Arc::new(Semaphore::new(cores + QUEUE)) }
    }
}

impl Passwords {
    /// The hash to store of a password, in PHC format.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too many are being hashed.
    pub async fn hash(&self, password: Password) -> Result<String> {
        self.run(move || hash(&password)).await
    }

    /// Compares a password with a stored hash, or with none in the same time.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too many are being hashed.
    pub async fn verify(&self, password: Password, stored: Option<String>) -> Result<Verdict> {
        self.run(move || verify(&password, stored.as_deref())).await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        const BUSY: Error = Error::Unavailable { retry_after: 3 };
        let _place = self.queue.try_acquire().map_err(|_| BUSY)?;
        let core = tokio::time::timeout(PATIENCE, self.cores.clone().acquire_owned()).await;
        let core = core.map_err(|_| BUSY)?.map_err(|_| BUSY)?;
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(core);
            result
        });
        done.await.map_err(|error| super::caller::internal(&error))
    }
}

#[expect(clippy::expect_used, reason = "the parameters are constant and good")]
fn hash(password: &Password) -> String {
    let salt = SaltString::encode_b64(&super::clock::random::<16>()).expect("a salt of 16 bytes");
    Argon2::default()
        .hash_password(password.as_bytes(), Salt::from(&salt))
        .expect("argon2 takes any password of ours")
        .to_string()
}

fn verify(password: &Password, stored: Option<&str>) -> Verdict {
    let Ok(parsed) = PasswordHash::new(stored.unwrap_or(NOBODY)) else { return Verdict::Wrong };
    let right = Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok();
    if !right || stored.is_none() {
        return Verdict::Wrong;
    }
    let current = argon2::Params::try_from(&parsed).is_ok_and(|params| {
        let default = argon2::Params::default();
        (params.m_cost(), params.t_cost(), params.p_cost())
            == (default.m_cost(), default.t_cost(), default.p_cost())
    });
    if current { Verdict::Right } else { Verdict::Rehash(hash(password)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::typed(text).unwrap()
    }

    #[test]
    fn the_hash_of_nobody_is_a_hash_like_any_other() {
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let somebody = hash(&password("correct horse"));
        let somebody = PasswordHash::new(&somebody).unwrap();
        assert_eq!(nobody.params.to_string(), somebody.params.to_string());
        assert_eq!(nobody.algorithm, somebody.algorithm);
        assert_eq!(nobody.hash.unwrap().len(), somebody.hash.unwrap().len());
    }

    #[test]
    fn a_hash_of_older_parameters_is_made_anew() {
        let params = argon2::Params::new(8, 1, 1, None).unwrap();
        let weak = Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
        let salt = SaltString::encode_b64(b"sixteen bytes 16").unwrap();
        let old = weak.hash_password(b"correct horse", Salt::from(&salt)).unwrap().to_string();
        assert!(matches!(verify(&password("correct horse"), Some(&old)), Verdict::Rehash(_)));
        assert_eq!(verify(&password("wrong horse!"), Some(&old)), Verdict::Wrong);
        assert_eq!(verify(&password("anything at all"), None), Verdict::Wrong);
    }

    #[tokio::test]
    async fn a_flood_is_told_to_come_back() {
        let passwords = Passwords::default();
        let tries = (0..200).map(|_| passwords.verify(password("correct horse"), None));
        let results = futures_util::future::join_all(tries).await;
        let refused = results.iter().filter(|r| matches!(r, Err(Error::Unavailable { .. }))).count();
        assert!(refused >= 200 - QUEUE - 64, "{refused} refused");
        assert!(results.contains(&Ok(Verdict::Wrong)));
    }
}
