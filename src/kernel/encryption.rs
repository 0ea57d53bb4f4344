//! Secrets at rest: sealed with XChaCha20-Poly1305, bound to what they belong to.
//!
//! A sealed value is `key id (4) ‖ nonce (24) ‖ ciphertext`. The additional data names the owner
//! (organization and row), so a blob that is copied to another row does not open there.

use super::{Clock, clock::random, db::Db};
use base64::{Engine, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use sha2::{Digest, Sha256};
use std::{fmt, fs, io::Write, path::Path, sync::Arc};

const KEY_ID: usize = 4;
const NONCE: usize = 24;
const CHECK: &[u8] = b"prompt-studio master key check";

/// Seals and opens secrets with the master key.
#[derive(Clone)]
pub struct Encryption {
    cipher: Arc<XChaCha20Poly1305>,
    key_id: [u8; KEY_ID],
}

/// Why the master key cannot be used; the server does not start then.
#[derive(Debug, thiserror::Error)]
pub enum EncryptionError {
    /// The key is not 32 bytes in base64.
    #[error("the master key must be 32 bytes in base64")]
    Malformed,
    /// The key file cannot be read or made.
    #[error("the master key file {0} cannot be used: {1}")]
    File(String, std::io::Error),
    /// Others than the server's account can read the key file.
    #[error("the master key file {0} can be read by others; set its mode to 0600")]
    Exposed(String),
    /// The database was written under another key.
    #[error("the master key is not the one this database was created with")]
    Mismatch,
    /// The database cannot be asked.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl Encryption {
    /// The key from the environment or, without one, from `master.key` in the data directory,
    /// made on first start.
    ///
    /// # Errors
    /// When the key is malformed or its file cannot be used.
    pub fn load(given: Option<&str>, data_dir: &Path) -> Result<Self, EncryptionError> {
        let text = match given {
            Some(text) => text.to_owned(),
            None => key_file(&data_dir.join("master.key"))?,
        };
        let key = STANDARD.decode(text.trim()).map_err(|_| EncryptionError::Malformed)?;
        let cipher = XChaCha20Poly1305::new_from_slice(&key).map_err(|_| EncryptionError::Malformed)?;
        let mut key_id = [0; KEY_ID];
        key_id.copy_from_slice(&Sha256::digest(&key)[..KEY_ID]);
        Ok(Self { cipher: Arc::new(cipher), key_id })
    }

    /// Seals a secret for its owner.
    ///
    /// # Panics
    /// Never for what fits in memory.
    #[must_use]
    pub fn encrypt(&self, secret: &[u8], owner: &[u8]) -> Vec<u8> {
        let nonce = random::<NONCE>();
        let payload = Payload { msg: secret, aad: owner };
        #[expect(clippy::expect_used, reason = "fails only past 256 GiB")]
        let sealed = self.cipher.encrypt(XNonce::from_slice(&nonce), payload).expect("seals");
        [&self.key_id[..], &nonce, &sealed].concat()
    }

    /// Opens what was sealed for this owner under this key.
    #[must_use]
    pub fn decrypt(&self, blob: &[u8], owner: &[u8]) -> Option<Vec<u8>> {
        let (key_id, rest) = blob.split_at_checked(KEY_ID)?;
        let (nonce, sealed) = rest.split_at_checked(NONCE)?;
        if key_id != self.key_id {
            return None;
        }
        let payload = Payload { msg: sealed, aad: owner };
        self.cipher.decrypt(XNonce::from_slice(nonce), payload).ok()
    }

    /// Makes sure that this key is the one the database was made with, noting it on first start.
    ///
    /// # Errors
    /// [`EncryptionError::Mismatch`] when it is another.
    pub async fn verify(&self, db: &Db, clock: &Clock) -> Result<(), EncryptionError> {
        let mut tx = db.begin().await?;
        tx.query(
            "INSERT INTO master_keys (id, proof, created_at) VALUES (1, $1, $2) ON CONFLICT (id) DO NOTHING",
        )
        .bind(self.encrypt(CHECK, CHECK))
        .bind(clock.now())
        .execute()
        .await?;
        let (proof,): (Vec<u8>,) = tx.query("SELECT proof FROM master_keys WHERE id = 1").one().await?;
        tx.commit().await?;
        if self.decrypt(&proof, CHECK).as_deref() == Some(CHECK) {
            Ok(())
        } else {
            Err(EncryptionError::Mismatch)
        }
    }
}

/// The text of the key file, made with mode 0600 when there is none.
fn key_file(path: &Path) -> Result<String, EncryptionError> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let name = path.display().to_string();
    let created = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match created {
        Ok(mut file) => {
            let key = STANDARD.encode(random::<32>());
            file.write_all(key.as_bytes())
                .and_then(|()| file.sync_all())
                .map_err(|error| EncryptionError::File(name, error))?;
            Ok(key)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let file = |error| EncryptionError::File(name.clone(), error);
            let permissions = fs::metadata(path).map_err(file)?.permissions();
            if permissions.mode() & 0o077 != 0 {
                return Err(EncryptionError::Exposed(name));
            }
            fs::read_to_string(path).map_err(file)
        }
        Err(error) => Err(EncryptionError::File(name, error)),
    }
}

impl fmt::Debug for Encryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal() -> Encryption {
        Encryption::load(Some(&STANDARD.encode([7; 32])), Path::new("")).unwrap()
    }

    #[test]
    fn a_secret_opens_for_its_owner_only() {
        let blob = seal().encrypt(b"sk-1", b"org-a row-1");
        assert_eq!(seal().decrypt(&blob, b"org-a row-1").unwrap(), b"sk-1");
        assert_eq!(seal().decrypt(&blob, b"org-b row-1"), None);
        let other = Encryption::load(Some(&STANDARD.encode([8; 32])), Path::new("")).unwrap();
        assert_eq!(other.decrypt(&blob, b"org-a row-1"), None);
    }

    #[test]
    fn a_blob_that_was_tampered_with_does_not_open() {
        let blob = seal().encrypt(b"sk-1", b"owner");
        for i in 0..blob.len() {
            let mut bad = blob.clone();
            bad[i] ^= 1;
            assert_eq!(seal().decrypt(&bad, b"owner"), None, "byte {i}");
            assert_eq!(seal().decrypt(&blob[..i], b"owner"), None, "cut at {i}");
        }
    }

    #[test]
    fn the_key_file_is_made_once_and_kept_private() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let first = Encryption::load(None, dir.path()).unwrap();
        let again = Encryption::load(None, dir.path()).unwrap();
        assert_eq!(first.key_id, again.key_id);
        let path = dir.path().join("master.key");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(Encryption::load(None, dir.path()), Err(EncryptionError::Exposed(_))));
    }
}
