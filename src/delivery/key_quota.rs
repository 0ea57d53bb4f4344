//! How often a key asks: counted by the minute, in this process.

use crate::time::Timestamp;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts what a key asks for.
#[derive(Debug, Default)]
pub(super) struct KeyQuota {
    /// The minute in the upper half, and how often was asked in it in the lower.
    counted: AtomicU64,
}

/// What a key may still ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// How often it may ask in a minute.
    pub limit: u32,
    /// How often it still may in this one.
    pub remaining: u32,
    /// Seconds until the next one begins.
    pub reset: u32,
    /// Whether it asked too often.
    pub is_spent: bool,
}

impl RateLimit {
    /// Tells of it in the headers of an answer.
    pub fn write_headers(self, headers: &mut HeaderMap) {
        let all = [
            ("x-ratelimit-limit", self.limit),
            ("x-ratelimit-remaining", self.remaining),
            ("x-ratelimit-reset", self.reset),
        ];
        headers.extend(all.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from(value))));
    }
}

const MINUTE: u64 = 60_000;

impl KeyQuota {
    /// Counts a request.
    pub(super) fn spend(&self, limit: u32, now: Timestamp) -> RateLimit {
        let now = u64::try_from(now.0).unwrap_or_default();
        let minute = (now / MINUTE) << 32;
        let next = |counted: u64| match counted & !u64::from(u32::MAX) {
            this if this == minute => counted.saturating_add(1).min(minute | u64::from(u32::MAX)),
            _ => minute | 1,
        };
        let counted = self.counted.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |it| Some(next(it)));
        let asked = next(counted.unwrap_or_else(|counted| counted)) & u64::from(u32::MAX);
        let limit_left = u64::from(limit).checked_sub(asked);
        RateLimit {
            limit,
            remaining: limit_left.and_then(|left| u32::try_from(left).ok()).unwrap_or_default(),
            reset: u32::try_from((MINUTE - now % MINUTE).div_ceil(1000)).unwrap_or(60),
            is_spent: limit_left.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_has_so_many_requests() {
        let meter = KeyQuota::default();
        let at = |second: i64| Timestamp(1_700_000_040_000 + second * 1000);
        let first = meter.spend(2, at(0));
        assert_eq!(first, RateLimit { limit: 2, remaining: 1, reset: 60, is_spent: false });
        assert_eq!(meter.spend(2, at(10)), RateLimit { limit: 2, remaining: 0, reset: 50, is_spent: false });
        assert_eq!(meter.spend(2, at(59)), RateLimit { limit: 2, remaining: 0, reset: 1, is_spent: true });
        assert!(!meter.spend(2, at(60)).is_spent, "another minute");
        assert!(meter.spend(0, at(61)).is_spent);
    }
}
