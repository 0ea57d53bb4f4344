use std::{borrow::Cow, fmt};
use unicode_normalization::UnicodeNormalization;

/// An email address in its one canonical spelling.
///
/// Two spellings that reach the same mailbox in practice give the same value, and only this value
/// is stored, compared and written to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, sqlx::Type)]
#[sqlx(transparent)]
pub struct Email(String);

impl Email {
    /// The most bytes of an address (RFC 5321 §4.5.3.1.3, less the angle brackets).
    pub const MAX: usize = 254;

    /// Trims, composes (NFC), folds case, and maps the domain by IDNA (UTS 46) to its ASCII form.
    ///
    /// # Errors
    /// A sentence for the field.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const WRONG: &str = "Enter an email such as ana@example.com.";
        let text = text.trim();
        if text.len() > Self::MAX * 4 {
            return Err("Use an email of at most 254 characters.");
        }
        let (local, domain) = text.rsplit_once('@').ok_or(WRONG)?;
        let local: String = local.nfc().flat_map(char::to_lowercase).nfc().collect();
        if !is_local_part(&local) {
            return Err(WRONG);
        }
        let domain = idna::domain_to_ascii_strict(domain.trim_end_matches('.')).map_err(|_| WRONG)?;
        if !domain.contains('.') || domain.parse::<std::net::Ipv4Addr>().is_ok() {
            return Err(WRONG);
        }
        let email = format!("{local}@{domain}");
        if local.len() > 64 || email.len() > Self::MAX {
            return Err("Use an email of at most 254 characters.");
        }
        Ok(Self(email))
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the `@`.
    #[must_use]
    pub fn local(&self) -> &str {
        self.0.rsplit_once('@').map_or(&*self.0, |(local, _)| local)
    }

    /// The part after it, in ASCII.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The address with most of it hidden, for somebody who may or may not know it:
    /// `c•••@client.test`.
    #[must_use]
    pub fn masked(&self) -> String {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or((&self.0, ""));
        let first: String = local.chars().take(1).collect();
        format!("{first}•••@{domain}")
    }
}

/// Whether the text can stand before the `@`: dot-separated atoms of RFC 5322, letters of other
/// scripts included (RFC 6531), no quoting.
fn is_local_part(local: &str) -> bool {
    let is_atom = |c: char| match c {
        'a'..='z' | '0'..='9' => true,
        c if c.is_ascii() => "!#$%&'*+-/=?^_`{|}~".contains(c),
        c => c.is_alphanumeric(),
    };
    local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom))
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The most addresses that are read from one text.
pub const MAX_ADDRESSES: usize = 100;

/// The addresses in a text that has one a line, or separated by commas, semicolons or spaces;
/// `Ana <ana@example.com>` counts as its address. Repetitions of the same text are dropped. Of more than
/// [`MAX_ADDRESSES`] one too many is found, and no further ones.
#[must_use]
pub fn split_addresses(text: &str) -> Vec<Cow<'_, str>> {
    let mut addresses: Vec<Cow<'_, str>> = Vec::new();
    for line in text.split(['\n', '\r', ',', ';']) {
        let line = line.trim();
        let parts: Vec<&str> = match line.rsplit_once('<').and_then(|(_, rest)| rest.strip_suffix('>')) {
            Some(address) => vec![address.trim()],
            None => line.split_whitespace().collect(),
        };
        for part in parts {
            if !part.is_empty() && !addresses.iter().any(|seen| seen == part) {
                addresses.push(part.into());
            }
            if addresses.len() > MAX_ADDRESSES {
                return addresses;
            }
        }
    }
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_mailbox_has_one_spelling() {
        for (typed, canonical) in [
            ("  Ana@Example.COM ", "ana@example.com"),
            ("ana@example.com.", "ana@example.com"),
            ("jos\u{65}\u{301}@example.com", "jos\u{e9}@example.com"),
            ("a@bücher.example", "a@xn--bcher-kva.example"),
            ("a@BÜCHER.example", "a@xn--bcher-kva.example"),
            ("a@ｅｘａｍｐｌｅ.com", "a@example.com"),
            ("\u{212a}im@example.com", "kim@example.com"),
            ("a+b@example.com", "a+b@example.com"),
        ] {
            assert_eq!(Email::parse(typed).unwrap().as_str(), canonical, "{typed:?}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for typed in [
            "",
            "ana",
            "@example.com",
            "ana@",
            "ana@localhost",
            "a b@example.com",
            "a@b@c.com",
            "ana@exa mple.com",
            "ana@-bad-.com",
            "ana\r\nbcc:x@example.com",
            "ana@127.0.0.1",
            "\"a\"@example.com",
            "a..b@example.com",
            ".a@example.com",
            "a\u{0}@example.com",
            "a\u{200b}b@example.com",
            "<ana@example.com>",
            "ana@example.com,bo@example.com",
        ] {
            assert!(Email::parse(typed).is_err(), "{typed:?}");
        }
        assert!(Email::parse(&format!("{}@example.com", "a".repeat(65))).is_err());
        assert!(Email::parse(&"a@b.".repeat(100_000)).is_err());
    }

    #[test]
    fn lists_of_addresses_are_split_as_people_write_them() {
        let found = split_addresses("a@x.y, b@x.y;c@x.y\n Dan <d@x.y>\r\n\n a@x.y  e@x.y");
        assert_eq!(found, ["a@x.y", "b@x.y", "c@x.y", "d@x.y", "e@x.y"]);
        let many: Vec<_> = (0..29_000).map(|n| format!("a{n}@x.y")).collect();
        assert_eq!(split_addresses(&many[..100].join(" ")).len(), 100);
        assert_eq!(split_addresses(&many.join(" ")).len(), 101);
    }

    #[test]
    fn a_masked_address_tells_the_domain_only() {
        assert_eq!(Email::parse("ciro@client.test").unwrap().masked(), "c•••@client.test");
    }

    proptest! {
        #[test]
        fn parsing_is_idempotent(local in "\\PC{1,20}", domain in "[\\PC.]{1,20}") {
            if let Ok(email) = Email::parse(&format!("{local}@{domain}.com")) {
                prop_assert_eq!(Email::parse(email.as_str()), Ok(email));
            }
        }
    }
}
