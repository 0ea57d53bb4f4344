//! The table of a benchmark.

use std::time::Duration;

use crate::bench::load::{Comparison, Sample};

/// Prints the names of the columns.
pub(crate) fn print_head() {
    println!(
        "{:17} {:>10} {:>8} {:>8} {:>10} {:>12} {:>11} {:>8} {:>11} {:>8} {:>7}",
        "route",
        "requests/s",
        "p50 ms",
        "p99 ms",
        "CPU ms/req",
        "control r/s",
        "its p99 ms",
        "its CPU",
        "of control",
        "spread",
        "errors"
    );
}

/// Prints a route's numbers. The ratio is the median of the rounds, the spread how far apart they lie.
pub(crate) fn print_row(name: &str, comparison: &Comparison) {
    let Comparison { route, control, ratios } = comparison;
    let mut sorted = route.latencies.clone();
    sorted.sort_unstable();
    let mut theirs = control.latencies.clone();
    theirs.sort_unstable();
    let (ratio, spread) = summary(ratios);
    println!(
        "{name:17} {:>10.0} {:>8.2} {:>8.2} {:>10.3} {:>12.0} {:>11.2} {:>8.3} {:>10.1}% {:>7.1}% {:>7}",
        route.rate(),
        millis(percentile(&sorted, 50)),
        millis(percentile(&sorted, 99)),
        cpu_each(route),
        control.rate(),
        millis(percentile(&theirs, 99)),
        cpu_each(control),
        ratio * 100.0,
        spread * 100.0,
        route.errors + control.errors
    );
}

/// Prints what came of keys that were revoked, by how long each took, sorted, under so many fetches a second.
pub(crate) fn print_revocations(sorted: &[Duration], load: f64, let_in: usize) {
    println!(
        "{:17} p50 {:>9.2} ms   p99 {:>9.2} ms   {} keys under {load:.0} fetches/s; {let_in} of them let in later",
        "revocations",
        millis(percentile(sorted, 50)),
        millis(percentile(sorted, 99)),
        sorted.len()
    );
}

/// The memory of the server around the fetches of a library, in KiB.
pub(crate) struct Memory {
    /// When it has just begun.
    pub(crate) start: u64,
    /// When it has read the database, and nothing was fetched yet.
    pub(crate) before: u64,
    /// When each prompt was fetched.
    pub(crate) after: u64,
    /// How many there are.
    pub(crate) prompts: usize,
    /// How many fetches a second it answered when they were all sent again.
    pub(crate) again: f64,
}

/// Prints what a library takes in memory.
pub(crate) fn print_memory(memory: &Memory) {
    let Memory { start, before, after, prompts, again } = memory;
    let prompts_or_one = u64::try_from(*prompts).unwrap_or(u64::MAX).max(1);
    println!(
        "{:17} {} MiB at the start, {} before and {} after {prompts} prompts were fetched, {} bytes each; \
         again at {again:.0} fetches/s",
        "memory",
        start / 1024,
        before / 1024,
        after / 1024,
        after.saturating_sub(*before) * 1024 / prompts_or_one
    );
}

/// The server's processor time for one request, in milliseconds.
fn cpu_each(sample: &Sample) -> f64 {
    let requests = u32::try_from(sample.latencies.len()).unwrap_or(u32::MAX).max(1);
    millis(sample.cpu) / f64::from(requests)
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The nearest-rank percentile of sorted values.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

/// The median of the ratios, and the distance of the highest from the lowest as a share of it.
fn summary(ratios: &[f64]) -> (f64, f64) {
    let mut sorted = ratios.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (Some(lowest), Some(highest)) = (sorted.first(), sorted.last()) else {
        return (0.0, 0.0);
    };
    let median = f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
    (median, (highest - lowest) / median)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let sorted: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&sorted, 50), Duration::from_millis(100));
        assert_eq!(percentile(&sorted, 99), Duration::from_millis(198));
        assert_eq!(percentile(&sorted[..1], 99), Duration::from_millis(1));
        assert_eq!(percentile(&[], 50), Duration::ZERO);
    }

    #[test]
    fn the_spread_is_relative_to_the_median() {
        assert_eq!(summary(&[0.5, 0.25, 0.75]), (0.5, 1.0));
        assert_eq!(summary(&[0.5, 1.0]), (0.75, 2.0 / 3.0));
        assert_eq!(summary(&[]), (0.0, 0.0));
    }
}
