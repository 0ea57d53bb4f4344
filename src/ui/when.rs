use crate::time::{Span, Timestamp};
use leptos::prelude::*;
use time::{
    Date, Month, OffsetDateTime,
    format_description::{BorrowedFormatItem, well_known::Rfc3339},
    macros::format_description,
};

const DAY: &[BorrowedFormatItem<'_>] = format_description!("[month repr:short] [day padding:none], [year]");
const EXACT: &[BorrowedFormatItem<'_>] =
    format_description!("[month repr:long] [day padding:none], [year], [hour]:[minute]:[second] UTC");
const MACHINE: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");

const MACHINE_DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

/// A moment: how far it is from now, and exactly on hover.
#[component]
pub fn When(
    /// The moment.
    at: Timestamp,
    /// The time now.
    now: Timestamp,
) -> impl IntoView {
    Moment::new(at, now).show()
}

/// A moment in its three spellings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// For programs: RFC 3339.
    pub machine: String,
    /// Exactly, for people.
    pub exact: String,
    /// How far it is from now.
    pub relative: String,
}

impl Moment {
    /// A moment, seen from now.
    #[must_use]
    pub fn new(at: Timestamp, now: Timestamp) -> Self {
        Self { machine: write(at, MACHINE), exact: write(at, EXACT), relative: relative(at, now) }
    }

    /// The moment on a page.
    pub fn show(self) -> impl IntoView {
        view! { <time datetime=self.machine title=self.exact>{self.relative}</time> }
    }
}

/// A moment as programs write it, to the millisecond: RFC 3339, UTC.
#[must_use]
pub fn rfc3339_exact(at: Timestamp) -> String {
    let seconds = write(at, MACHINE);
    format!("{}.{:03}Z", seconds.trim_end_matches('Z'), at.0.rem_euclid(1000))
}

/// A moment as programs write it: RFC 3339, UTC, to the second.
#[must_use]
pub fn rfc3339(at: Timestamp) -> String {
    write(at, MACHINE)
}

/// The moment that a program wrote: RFC 3339, in any time zone.
#[must_use]
pub fn parse_rfc3339(text: &str) -> Option<Timestamp> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000)).ok().map(Timestamp)
}

/// The beginning of a day that a program wrote, such as `2026-03-01`, UTC.
#[must_use]
pub fn parse_day(text: &str) -> Option<Timestamp> {
    let mut parts = text.splitn(3, '-');
    let (year, month, day) =
        (parts.next()?.parse().ok()?, parts.next()?.parse::<u8>().ok()?, parts.next()?.parse().ok()?);
    let date = Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()?;
    Some(Timestamp(date.midnight().assume_utc().unix_timestamp().max(0) * 1000))
}

/// The day of a moment, as programs write it: `2026-03-01`, UTC.
#[must_use]
pub fn iso_day(at: Timestamp) -> String {
    write(at, MACHINE_DAY)
}

/// The day of a moment, as people write it: "Mar 3, 2026".
#[must_use]
pub fn day(at: Timestamp) -> String {
    write(at, DAY)
}

fn write(at: Timestamp, format: &[BorrowedFormatItem<'_>]) -> String {
    OffsetDateTime::from_unix_timestamp(at.0.div_euclid(1000))
        .ok()
        .and_then(|at| at.format(format).ok())
        .unwrap_or_default()
}

/// "3 minutes ago", "yesterday", "in 6 days", and the day itself when it is a week or more away.
fn relative(at: Timestamp, now: Timestamp) -> String {
    let (ago, ahead) = (now - at, at - now);
    if ago.0.abs() < Span::minutes(1).0 {
        "just now".into()
    } else if ago >= Span::minutes(24 * 60 - 30) && ago < Span::days(2) {
        "yesterday".into()
    } else if ago >= Span::days(7) || ahead > Span::days(30) {
        day(at)
    } else if ago.0 > 0 {
        format!("{} ago", ago.in_words())
    } else {
        format!("in {}", ahead.in_words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_parsed_to_the_letter() {
        assert_eq!(parse_day("1970-01-02"), Some(Timestamp(86_400_000)));
        for text in ["", "2026", "2026-13-01", "2026-02-30", "x-y-z", "99999999999-1-1", "-1-1-1"] {
            assert_eq!(parse_day(text), None, "{text}");
        }
    }

    #[test]
    fn moments_read_as_people_say_them() {
        let now = Timestamp(1_772_539_200_000); // 3 March 2026, 12:00 UTC
        assert_eq!(relative(now, now), "just now");
        assert_eq!(relative(now - Span::minutes(5), now), "5 minutes ago");
        assert_eq!(relative(now - Span::hours(23), now), "23 hours ago");
        assert_eq!(relative(now - Span::hours(30), now), "yesterday");
        assert_eq!(relative(now + Span::days(6), now), "in 6 days");
        assert_eq!(relative(now - Span::days(10), now), "Feb 21, 2026");
        assert_eq!(write(now, EXACT), "March 3, 2026, 12:00:00 UTC");
        assert_eq!(write(now, MACHINE), "2026-03-03T12:00:00Z");
    }
}
