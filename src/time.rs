//! Points in time: milliseconds since 1970, UTC.
//!
//! RFC 3339 text does not sort as time in SQLite (trimmed fractions), so both databases store a
//! 64-bit integer.

use crate::fields::counted;
use serde::{Deserialize, Serialize};
use std::ops::{Add, Sub};

/// Milliseconds since 1970-01-01T00:00:00 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// A length of time in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct Span(pub i64);

impl Span {
    /// A span of whole seconds.
    #[must_use]
    pub const fn seconds(n: i64) -> Self {
        Self(n * 1000)
    }

    /// A span of whole minutes.
    #[must_use]
    pub const fn minutes(n: i64) -> Self {
        Self::seconds(n * 60)
    }

    /// A span of whole hours.
    #[must_use]
    pub const fn hours(n: i64) -> Self {
        Self::minutes(n * 60)
    }

    /// A span of days of 24 hours.
    #[must_use]
    pub const fn days(n: i64) -> Self {
        Self::hours(n * 24)
    }

    /// The span in whole hours, rounded down.
    #[must_use]
    pub const fn whole_hours(self) -> i64 {
        self.0 / 3_600_000
    }

    /// The span in whole minutes, rounded down.
    #[must_use]
    pub const fn whole_minutes(self) -> i64 {
        self.0 / 60_000
    }

    /// The span in the largest unit that fits, rounded, in words: "6 days", "1 hour", "a moment".
    #[must_use]
    pub fn in_words(self) -> String {
        let minutes = self.0 / 60_000;
        let (n, unit) = match minutes {
            ..1 => return "a moment".into(),
            1..60 => (minutes, "minute"),
            60..2880 => ((minutes + 30) / 60, "hour"),
            _ => ((minutes + 720) / 1440, "day"),
        };
        counted(n, unit)
    }
}

impl Timestamp {
    /// The whole minutes since 1970.
    #[must_use]
    pub const fn minute(self) -> i64 {
        self.0.div_euclid(60_000)
    }
}

impl Add<Span> for Timestamp {
    type Output = Self;

    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Timestamp {
    type Output = Self;

    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Sub for Timestamp {
    type Output = Span;

    fn sub(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_as_people_say_them() {
        let words = |span: Span| span.in_words();
        assert_eq!(words(Span::seconds(20)), "a moment");
        assert_eq!(words(Span::minutes(1)), "1 minute");
        assert_eq!(words(Span::minutes(59)), "59 minutes");
        assert_eq!(words(Span::hours(47)), "47 hours");
        assert_eq!(words(Span::days(7)), "7 days");
        assert_eq!(words(Span(Span::days(7).0 - 1000)), "7 days");
    }
}
