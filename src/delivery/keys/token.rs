//! What a key looks like: `ps_<id>_<secret>_<check>`.

use crate::kernel::{clock::random, tokens::TokenHash};
use std::fmt;

const PREFIX: &str = "ps";
/// The characters of an id, a secret and a check. None needs care in a header, a URL or a shell.
const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ID: usize = 12;
/// 43 of 62 characters are 256 bit.
const SECRET: usize = 43;
/// Six of 62 characters hold any CRC-32.
const CHECK: usize = 6;

/// A key, to be shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyToken(String);

impl KeyToken {
    /// A new one with the public id `id`, or with a new one.
    #[must_use]
    pub fn new(id: Option<&str>) -> Self {
        let id = id.map_or_else(|| letters(ID), ToOwned::to_owned);
        let start = format!("{PREFIX}_{id}_{}", letters(SECRET));
        let check = check(&start);
        Self(format!("{start}_{check}"))
    }

    /// A key as it came in; none when it is none, or was cut or mistyped.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (start, sum) = text.rsplit_once('_')?;
        let mut parts = start.split('_');
        let (prefix, id, secret) = (parts.next()?, parts.next()?, parts.next()?);
        let is_ours = prefix == PREFIX && id.len() == ID && secret.len() == SECRET && parts.next().is_none();
        let is_plain = start.bytes().all(|byte| byte == b'_' || LETTERS.contains(&byte));
        (is_ours && is_plain && sum == check(start)).then(|| Self(text.to_owned()))
    }

    /// The id by which it is found, which is no secret.
    #[must_use]
    pub fn public_id(&self) -> &str {
        self.0.split('_').nth(1).unwrap_or_default()
    }

    /// The last four characters of its secret, by which people tell keys apart.
    #[must_use]
    pub fn last_four(&self) -> &str {
        let secret = self.0.split('_').nth(2).unwrap_or_default();
        &secret[secret.len().saturating_sub(4)..]
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is stored of it: its SHA-256. There is nothing to guess in 256 random bits, so no slower hash is
    /// needed.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

impl fmt::Debug for KeyToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}_{}_…", self.public_id())
    }
}

/// `n` characters, each as likely as any other.
fn letters(n: usize) -> String {
    let mut text = String::with_capacity(n);
    while text.len() < n {
        // 248 is 4 × 62: what is above would make the first characters likelier.
        let fair = random::<64>().into_iter().filter(|byte| *byte < 248);
        text.extend(
            fair.take(n - text.len()).map(|byte| char::from(LETTERS[usize::from(byte) % LETTERS.len()])),
        );
    }
    text
}

/// The CRC-32 of what stands before it, in six characters. It tells a mistyped key from a wrong one, and a
/// key in a public place from something like it.
fn check(start: &str) -> String {
    let mut rest = crc32fast::hash(start.as_bytes()) as usize;
    let mut digits = [b'0'; CHECK];
    for digit in digits.iter_mut().rev() {
        *digit = LETTERS[rest % LETTERS.len()];
        rest /= LETTERS.len();
    }
    String::from_utf8_lossy(&digits).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_key_is_read_as_it_was_made() {
        let key = KeyToken::new(None);
        assert_eq!(KeyToken::parse(key.as_str()), Some(key.clone()));
        assert_eq!(key.as_str().len(), 2 + 1 + ID + 1 + SECRET + 1 + CHECK);
        let next = KeyToken::new(Some(key.public_id()));
        assert_eq!(next.public_id(), key.public_id());
        assert!(next != key && next.hash() != key.hash());
        assert!(!format!("{key:?}").contains(key.last_four()), "{key:?}");
    }

    #[test]
    fn a_changed_key_is_none() {
        let key = KeyToken::new(None).as_str().to_owned();
        for at in 0..key.len() {
            for with in ['0', 'z', '_', ' ', '-'] {
                let mut other = key.clone();
                other.replace_range(at..=at, &with.to_string());
                assert!(other == key || KeyToken::parse(&other).is_none(), "{other}");
            }
            assert_eq!(KeyToken::parse(&key[..at]), None);
        }
        for other in
            [format!("{key} "), format!(" {key}"), key.to_uppercase(), format!("{key}_{key}"), String::new()]
        {
            assert_eq!(KeyToken::parse(&other), None, "{other:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_in_is_a_key_or_not(text in "\\PC{0,90}") {
            prop_assert_eq!(KeyToken::parse(&text), None);
        }
    }
}
