//! `cargo xtask test`: runs the steps, goes on after a failure, and tells at the end how each went.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

use crate::steps::{ALL, Shared, Step};
use crate::{sh, site};

/// What to test.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Picks Rust tests by path and browser tests by file; runs only the steps `rust` and `browser` unless --only says
    /// otherwise
    filter: Option<String>,
    /// Runs only these steps: fmt, lint, doc, licences, site, rust, api, browser
    #[arg(long, value_name = "STEP", value_delimiter = ',')]
    only: Vec<String>,
    /// Lists the steps and runs none
    #[arg(long)]
    list: bool,
}

/// How a step went.
struct Outcome {
    step: &'static Step,
    error: Option<anyhow::Error>,
    took: Duration,
}

/// Runs the chosen steps; the exit code tells whether all passed.
pub(crate) fn run(args: Args) -> Result<ExitCode> {
    if args.list {
        for step in ALL {
            println!("{:10} {}", step.name, step.about);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let steps = choose(&args)?;
    site::ensure_folder()?;
    let mut shared = Shared::new(args.filter);
    let mut outcomes = Vec::new();
    for step in steps {
        outcomes.push(perform(step, &mut shared));
        sh::check_interrupt()?;
    }
    drop(shared);
    Ok(report(&outcomes))
}

fn choose(args: &Args) -> Result<Vec<&'static Step>> {
    let named = |name: &String| {
        let step = ALL.iter().find(|step| step.name == *name);
        step.ok_or_else(|| anyhow!("there is no step `{name}`; see `cargo xtask test --list`"))
    };
    match (args.only.is_empty(), &args.filter) {
        (false, _) => args.only.iter().map(named).collect(),
        (true, Some(_)) => Ok(ALL.iter().filter(|step| ["rust", "browser"].contains(&step.name)).collect()),
        (true, None) => Ok(ALL.iter().collect()),
    }
}

fn perform(step: &'static Step, shared: &mut Shared) -> Outcome {
    println!("\n== {}: {}", step.name, step.about);
    let start = Instant::now();
    let error = (step.run)(shared).err();
    let took = start.elapsed();
    match &error {
        None => println!("== {} passed in {:.1} s", step.name, took.as_secs_f64()),
        Some(error) => println!("== {} failed after {:.1} s: {error:#}", step.name, took.as_secs_f64()),
    }
    Outcome { step, error, took }
}

fn report(outcomes: &[Outcome]) -> ExitCode {
    println!("\n{:10} {:>8}   result", "step", "time");
    for Outcome { step, error, took } in outcomes {
        let result =
            error.as_ref().map_or_else(|| "passed".into(), |error| format!("failed: {}", first_line(error)));
        println!("{:10} {:>6.1} s   {result}", step.name, took.as_secs_f64());
    }
    let failed = outcomes.iter().filter(|outcome| outcome.error.is_some()).count();
    println!("\n{} passed, {failed} failed", outcomes.len() - failed);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn first_line(error: &anyhow::Error) -> String {
    format!("{error:#}").lines().next().unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(filter: Option<&str>, only: &[&str]) -> Result<Vec<&'static str>> {
        let only = only.iter().map(ToString::to_string).collect();
        let steps = choose(&Args { filter: filter.map(Into::into), only, list: false })?;
        Ok(steps.iter().map(|step| step.name).collect())
    }

    #[test]
    fn everything_runs_unless_something_is_chosen() {
        let all = ["fmt", "lint", "doc", "licences", "site", "rust", "api", "browser"];
        assert_eq!(chosen(None, &[]).unwrap(), all);
        assert_eq!(chosen(None, &["rust", "fmt"]).unwrap(), ["rust", "fmt"]);
        assert_eq!(chosen(Some("members"), &[]).unwrap(), ["rust", "browser"]);
        assert_eq!(chosen(Some("members"), &["rust"]).unwrap(), ["rust"]);
        assert!(chosen(None, &["tests"]).is_err());
    }
}
