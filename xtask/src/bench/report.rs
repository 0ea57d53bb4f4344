//! The table of a benchmark.

use std::time::Duration;

use crate::bench::load::{Comparison, Sample};

/// Prints the names of the columns.
pub(crate) fn print_head() {
    println!(
        "{:17} {:>10} {:>8} {:>8} {:>10} {:>12} {:>14} {:>11} {:>8} {:>7}",
        "route",
        "requests/s",
        "p50 ms",
        "p99 ms",
        "CPU ms/req",
        "control r/s",
        "its p99 ms",
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
        "{name:17} {:>10.0} {:>8.2} {:>8.2} {:>10.3} {:>12.0} {:>14.2} {:>10.1}% {:>7.1}% {:>7}",
        route.rate(),
        millis(percentile(&sorted, 50)),
        millis(percentile(&sorted, 99)),
        cpu_each(route),
        control.rate(),
        millis(percentile(&theirs, 99)),
        ratio * 100.0,
        spread * 100.0,
        route.errors + control.errors
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
