//! The one developer command of Prompt Studio.
//!
//! Everything that has to be done to work on the project is a subcommand here, so that a fresh machine needs rustup and
//! node and nothing else: no task runner, no globally installed bundler of a version that must match. What a step
//! needs and the machine lacks is installed where that is safe, and otherwise named in one line.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]
#![allow(
    clippy::disallowed_methods,
    reason = "they are the server's rules; nothing here needs a clock that is injected"
)]

mod bench;
mod browser;
mod bundle;
mod compress;
mod conform;
mod css;
mod fuzz;
mod licences;
mod machine;
mod postgres;
mod serve;
mod sh;
mod site;
mod steps;
mod test;
mod wasm;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

use crate::site::Profile;

/// Build, run, test and measure Prompt Studio.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Make a debug build and serve it at <http://localhost:3000>; data in ./data, emails at /dev/mailbox
    Run {
        /// More arguments for the server, after `--`
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// Build the site and the server; with --release the one binary with the site inside
    Build {
        /// Optimize, minify, precompress
        #[arg(long)]
        release: bool,
    },
    /// Build target/site only: browser bundle, style sheets, public files
    Site {
        /// Optimize, minify, precompress
        #[arg(long)]
        release: bool,
    },
    /// Run every check there is: format, lints, docs, licences, site, Rust tests on both databases, browser tests
    Test(test::Args),
    /// Measure the release server under load, each route against a control
    Bench(bench::Args),
    /// Give one target of src/tests/fuzz to libFuzzer, until Ctrl-C or a failure
    Fuzz(fuzz::Args),
    /// Keep a throwaway PostgreSQL until Ctrl-C and print its URL
    Postgres,
}

fn main() -> ExitCode {
    match start() {
        Ok(code) => code,
        Err(_) if sh::interrupted() => {
            eprintln!("interrupted");
            ExitCode::from(130)
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> Result<ExitCode> {
    let cli = Cli::parse();
    sh::listen_for_interrupts()?;
    std::env::set_current_dir(root()).context("cannot enter the repository")?;
    match cli.task {
        Task::Run { args } => serve::run(&args)?,
        Task::Build { release } => serve::build(Profile::from_flag(release))?,
        Task::Site { release } => site::build(Profile::from_flag(release))?,
        Task::Test(args) => return test::run(args),
        Task::Bench(args) => bench::run(&args)?,
        Task::Fuzz(args) => fuzz::run(&args)?,
        Task::Postgres => postgres::keep()?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The repository. Cargo names the manifest's folder when it runs us; the path of the build serves for a bare call.
fn root() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    manifest.parent().map_or_else(|| PathBuf::from("."), PathBuf::from)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
