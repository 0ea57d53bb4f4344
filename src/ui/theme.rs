use super::cookies::cookie;

/// The light or dark a person chose, or nothing for what their system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// The cookie that remembers it; no secret, and read by the server only.
    pub const COOKIE: &'static str = "theme";

    /// The choice of the request being answered.
    #[must_use]
    pub fn chosen() -> Option<Self> {
        Self::parse(&cookie(Self::COOKIE)?)
    }

    /// The theme of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "light" => Some(Self::Light),
            "dark" => Some(Self::Dark),
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}
