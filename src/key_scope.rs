//! What an API key may be good for.
//!
//! A key has scopes as a member has a role; the table in [`role`](crate::role) says which scope a permission
//! asks of it. What no scope stands for, no key may do: members, keys, environments, settings, deletion.

use serde::{Deserialize, Serialize};

macro_rules! scopes {
    ($($name:ident $code:literal $says:literal;)*) => {
        /// One thing that a key may be good for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum KeyScope { $(#[doc = $says] #[serde(rename = $code)] $name,)* }

        impl KeyScope {
            /// All of them, in the order they are shown.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name in forms, the API and the database.
            #[must_use]
            pub const fn code(self) -> &'static str { match self { $(Self::$name => $code,)* } }

            /// What it allows.
            #[must_use]
            pub const fn says(self) -> &'static str { match self { $(Self::$name => $says,)* } }
        }
    };
}

scopes! {
    ReadPrompts      "read:prompts"      "Fetch, list, render and export prompts";
    WritePrompts     "write:prompts"     "Create and change prompts and folders, save versions, import";
    DeletePrompts    "delete:prompts"    "Move prompts and folders to the trash";
    ReadDeployments  "read:deployments"  "See environments and what is deployed to them";
    WriteDeployments "write:deployments" "Deploy and roll back; request approval where needed";
    DeployProtected  "deploy:protected"  "Deploy to protected environments where one approval is enough";
    ReadTests        "read:tests"        "See tests and their results";
    ExecuteTests     "execute:tests"     "Run tests";
    RunPrompts       "run:prompts"       "Run prompts (this costs money)";
    ReadUsage        "read:usage"        "See usage and cost";
    ReadAudit        "read:audit"        "Read the audit log, the members and the invitations";
}

impl KeyScope {
    /// Whether there is something that it allows. What there is not yet is offered to nobody; keys may have it from
    /// before.
    #[must_use]
    pub const fn is_offered(self) -> bool {
        !matches!(self, Self::ReadTests | Self::ExecuteTests | Self::RunPrompts)
    }

    /// The scope of a name, to the letter.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|scope| scope.code() == text)
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// Some scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeyScopes(u16);

impl KeyScopes {
    /// Whether one is among them.
    #[must_use]
    pub const fn has(self, scope: KeyScope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Those there are, in the order they are shown.
    pub fn iter(self) -> impl Iterator<Item = KeyScope> {
        KeyScope::ALL.iter().copied().filter(move |scope| self.has(*scope))
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The scopes of names divided by spaces. What is no name is left out: nothing is allowed by it.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        text.split(' ').filter_map(KeyScope::parse).collect()
    }

    /// Their names, divided by spaces.
    #[must_use]
    pub fn codes(self) -> String {
        self.iter().map(KeyScope::code).collect::<Vec<_>>().join(" ")
    }

    /// The preset they are, as far as there is something that they allow.
    #[must_use]
    pub fn preset(self) -> Option<Preset> {
        let offered: Self = self.iter().filter(|scope| scope.is_offered()).collect();
        Preset::ALL.into_iter().find(|preset| preset.scopes() == offered)
    }
}

impl FromIterator<KeyScope> for KeyScopes {
    fn from_iter<I: IntoIterator<Item = KeyScope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

/// Scopes that are often wanted together. None deploys to protected environments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// Reads what there is.
    ReadOnly,
    /// What a service needs that uses prompts.
    Runtime,
    /// What a pipeline needs that deploys them.
    CiCd,
    /// Everything but protected environments.
    Full,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::ReadOnly, Self::Runtime, Self::CiCd, Self::Full];

    /// Its name in forms.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::Runtime => "runtime",
            Self::CiCd => "ci-cd",
            Self::Full => "full",
        }
    }

    /// Its name on screen.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::ReadOnly => "Read-only",
            Self::Runtime => "Runtime",
            Self::CiCd => "CI/CD",
            Self::Full => "Full",
        }
    }

    /// What it is for.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::ReadOnly => "Reads prompts, deployments and usage",
            Self::Runtime => "For services: fetches prompts",
            Self::CiCd => "For pipelines: reads prompts, and deploys to unprotected environments",
            Self::Full => "Everything except protected environments",
        }
    }

    /// Its scopes.
    #[must_use]
    pub fn scopes(self) -> KeyScopes {
        use KeyScope as S;
        match self {
            Self::ReadOnly => [S::ReadPrompts, S::ReadDeployments, S::ReadUsage].into_iter().collect(),
            Self::Runtime => [S::ReadPrompts, S::ReadDeployments].into_iter().collect(),
            Self::CiCd => [S::ReadPrompts, S::ReadDeployments, S::WriteDeployments].into_iter().collect(),
            Self::Full => {
                let all = KeyScope::ALL.iter().copied();
                all.filter(|scope| scope.is_offered() && *scope != S::DeployProtected).collect()
            }
        }
    }

    /// The preset of a name, to the letter.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.code() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_and_written_to_the_letter() {
        let all: KeyScopes = KeyScope::ALL.iter().copied().collect();
        assert_eq!(KeyScopes::parse(&all.codes()), all);
        assert_eq!(all.iter().count(), KeyScope::ALL.len());
        for text in ["", " ", "READ:PROMPTS", "read", "read:prompts,write:prompts", "*"] {
            assert!(KeyScopes::parse(text).is_empty(), "{text:?}");
        }
        assert_eq!(KeyScopes::parse("nonsense read:audit").codes(), "read:audit");
    }

    #[test]
    fn no_preset_deploys_to_protected_environments() {
        for preset in Preset::ALL {
            assert!(!preset.scopes().has(KeyScope::DeployProtected), "{preset:?}");
            assert!(preset.scopes().has(KeyScope::ReadPrompts), "{preset:?}");
            assert!(preset.scopes().iter().all(KeyScope::is_offered), "{preset:?}");
            assert_eq!(Preset::parse(preset.code()), Some(preset));
        }
    }

    #[test]
    fn a_preset_is_known_whatever_else_a_key_was_given() {
        for preset in Preset::ALL {
            assert_eq!(preset.scopes().preset(), Some(preset));
        }
        // As they were made before.
        for (codes, preset) in [
            ("read:prompts read:deployments run:prompts", Some(Preset::Runtime)),
            ("read:prompts read:deployments read:tests read:usage", Some(Preset::ReadOnly)),
            ("read:prompts", None),
            ("run:prompts", None),
        ] {
            assert_eq!(KeyScopes::parse(codes).preset(), preset, "{codes}");
        }
    }
}
