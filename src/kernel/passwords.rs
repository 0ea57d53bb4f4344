//! Hashing passwords: Argon2id (m = 19 MiB, t = 2, p = 1), bounded.
//!
//! A hash takes some 20 ms of one core and 19 MiB, so [`CpuPool`] make them, and refuse a flood.

use super::cpu_pool::CpuPool;
use crate::{error::Result, fields::Password};
use argon2::{
    Argon2, PasswordHash, PasswordHasher, PasswordVerifier,
    password_hash::{Salt, SaltString},
};

/// The hash that a password is compared with when there is no account: of no password, and as
/// slow as any.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGF0IGFsbCE$7hBFtOI0i3zFLkEDsPPB4jHoGPzFlAlBSxUaApIyeIU";

/// Hashes and verifies.
#[derive(Debug, Clone, Default)]
pub struct Passwords(CpuPool);

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

impl Passwords {
    /// Hashing by these workers.
    #[must_use]
    pub const fn new(workers: CpuPool) -> Self {
        Self(workers)
    }

    /// The hash to store of a password, in PHC format.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::error::Error::Unavailable) when too many are being hashed.
    pub async fn hash(&self, password: Password) -> Result<String> {
        self.0.run(move || hash(&password)).await
    }

    /// Compares a password with a stored hash, or with none in the same time.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::error::Error::Unavailable) when too many are being hashed.
    pub async fn verify(&self, password: Password, stored: Option<String>) -> Result<Verdict> {
        self.0.run(move || verify(&password, stored.as_deref())).await
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
    use crate::{error::Error, kernel::cpu_pool::QUEUE};

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
