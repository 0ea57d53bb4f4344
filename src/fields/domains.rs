use super::Email;
use std::fmt;

/// The domains that addresses may be of: none for any. Each in the ASCII form that addresses have.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, sqlx::Type)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct Domains(String);

impl Domains {
    /// The most domains.
    const MAX: usize = 50;

    /// Reads domains, one a line or separated by commas or spaces; with or without an `@` before them.
    ///
    /// # Errors
    /// A sentence for the field.
    pub fn parse(text: &str) -> Result<Self, String> {
        let typed = text.split([' ', '\t', '\r', '\n', ',', ';']).filter(|typed| !typed.is_empty());
        // They are counted as they are written, before each is read.
        if typed.clone().nth(Self::MAX).is_some() {
            return Err("Use at most 50 domains.".to_owned());
        }
        let mut domains: Vec<String> = Vec::new();
        for typed in typed {
            let domain = typed.strip_prefix('@').unwrap_or(typed);
            // What stands after the `@` of an address is a domain, and nothing else is.
            let shown: String = typed.chars().take(80).collect();
            let address = Email::parse(&format!("somebody@{domain}"));
            let address =
                address.map_err(|_| format!("{shown} isn't a domain. Enter domains such as acme.com."))?;
            let domain = address.domain().to_owned();
            if !domains.contains(&domain) {
                domains.push(domain);
            }
        }
        Ok(Self(domains.join("\n")))
    }

    /// Whether an address may be written to: its domain is one of these, to the letter.
    #[must_use]
    pub fn allow(&self, email: &Email) -> bool {
        self.0.is_empty() || self.0.lines().any(|domain| domain == email.domain())
    }

    /// The domains, one a line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Domains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.replace('\n', ", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(text: &str) -> Email {
        Email::parse(text).unwrap()
    }

    #[test]
    fn a_domain_is_itself_and_no_other() {
        let domains = Domains::parse("Acme.com, @bücher.example\n acme.com").unwrap();
        assert_eq!(domains.as_str(), "acme.com\nxn--bcher-kva.example");
        for inside in
            ["a@acme.com", "a@ACME.com.", "a@ａｃｍｅ.com", "a@BÜCHER.example", "a@xn--bcher-kva.example"]
        {
            assert!(domains.allow(&email(inside)), "{inside}");
        }
        for outside in ["a@sub.acme.com", "a@acme.com.evil.test", "a@notacme.com", "a@acme.co", "a@аcme.com"]
        {
            assert!(!domains.allow(&email(outside)), "{outside}");
        }
        assert!(Domains::parse(" ").unwrap().allow(&email("a@anything.test")));
    }

    #[test]
    fn what_is_no_domain_is_refused() {
        for text in
            ["localhost", "a b@c.d", "*.acme.com", "acme..com", "http://acme.com", "127.0.0.1", "a@b.c"]
        {
            assert!(Domains::parse(text).is_err(), "{text}");
        }
        let many: Vec<_> = (0..51).map(|n| format!("d{n}.test")).collect();
        assert!(Domains::parse(&many.join(" ")).is_err() && Domains::parse(&many[1..].join(" ")).is_ok());
        // However many are the same or none, they are counted first.
        for typed in ["acme.com ", "? "] {
            let too_many = Domains::parse(&typed.repeat(51));
            assert_eq!(too_many, Err("Use at most 50 domains.".to_owned()), "{typed}");
        }
    }
}
