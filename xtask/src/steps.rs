//! The steps of `cargo xtask test`, in their order: what is quick and often wrong comes first.
//!
//! Packages are compiled one by one, never as a whole workspace: cargo would join the features that both ask of a shared
//! dependency, and so compile most of the tree once more in another shape.

use std::path::Path;
use std::{env, thread};

use anyhow::{Context, Result};

use crate::postgres::Postgres;
use crate::site::{self, Profile};
use crate::{browser, conform, licences, serve, sh, wasm};

/// Everything in the workspace.
const PACKAGES: [&str; 2] = ["prompt-studio", "xtask"];

/// One thing to check.
pub(crate) struct Step {
    /// The short name, for `--only`.
    pub(crate) name: &'static str,
    /// What it checks, in a line.
    pub(crate) about: &'static str,
    /// Checks it.
    pub(crate) run: fn(&mut Shared) -> Result<()>,
}

/// What steps share.
pub(crate) struct Shared {
    /// Picks tests by name.
    pub(crate) filter: Option<String>,
    postgres: Option<Postgres>,
}

/// Every step, in order.
pub(crate) const ALL: &[Step] = &[
    Step { name: "fmt", about: "the code is formatted", run: fmt },
    Step { name: "lint", about: "clippy finds nothing in the product and the tools", run: lint },
    Step { name: "doc", about: "the documentation builds without a warning", run: doc },
    Step { name: "licences", about: "every dependency has a licence we accept", run: |_| licences::check() },
    Step { name: "site", about: "the release site builds, and its wasm holds no SQL", run: release_site },
    Step { name: "rust", about: "the Rust tests pass on SQLite and PostgreSQL", run: rust },
    Step { name: "api", about: "the HTTP API answers as its document says", run: api },
    Step { name: "browser", about: "the browser tests pass in Chromium", run: in_browser },
];

impl Shared {
    /// Nothing is started yet.
    pub(crate) fn new(filter: Option<String>) -> Self {
        Self { filter, postgres: None }
    }

    /// The URL of the throwaway PostgreSQL, which the first who asks starts.
    fn postgres_url(&mut self) -> Result<String> {
        let server = match self.postgres.take() {
            Some(server) => server,
            None => Postgres::start().context("no throwaway PostgreSQL")?,
        };
        Ok(self.postgres.insert(server).url())
    }
}

fn fmt(_: &mut Shared) -> Result<()> {
    sh::run(sh::cargo().args(["fmt", "--all", "--check"]))
}

fn lint(_: &mut Shared) -> Result<()> {
    all(PACKAGES.map(|package| clippy(&["--package", package, "--all-targets"])))
}

fn clippy(args: &[&str]) -> Result<()> {
    sh::run(sh::cargo().arg("clippy").args(args).args(["--", "-D", "warnings"]))
}

fn doc(_: &mut Shared) -> Result<()> {
    let mut cargo = sh::cargo();
    cargo.args(["doc", "--no-deps", "--lib", "--document-private-items"]);
    sh::run(cargo.env("RUSTDOCFLAGS", "-D warnings"))
}

fn release_site(_: &mut Shared) -> Result<()> {
    site::build(Profile::Release)?;
    wasm::check(&Path::new(site::DIR).join("pkg"))
}

fn rust(shared: &mut Shared) -> Result<()> {
    let url = shared.postgres_url()?;
    let filter = shared.filter.as_deref();
    all(PACKAGES.map(|package| cargo_test(package, &url, filter)))
}

/// The first failure, after all have run.
fn all(results: [Result<()>; PACKAGES.len()]) -> Result<()> {
    results.into_iter().collect()
}

fn cargo_test(package: &str, postgres: &str, filter: Option<&str>) -> Result<()> {
    let mut cargo = sh::cargo();
    cargo.args(["test", "--no-fail-fast", "--package", package]).args(filter);
    if env::var_os("RUST_TEST_THREADS").is_none() {
        // A test waits for databases about as long as it computes.
        let threads = 2 * thread::available_parallelism()?.get();
        cargo.env("RUST_TEST_THREADS", threads.to_string());
    }
    sh::run(cargo.env("TEST_POSTGRES_URL", postgres))
}

fn api(_: &mut Shared) -> Result<()> {
    site::build(Profile::Release)?;
    serve::build_binary(Profile::Quick)?;
    conform::test()
}

fn in_browser(shared: &mut Shared) -> Result<()> {
    site::build(Profile::Release)?;
    serve::build_binary(Profile::Quick)?;
    let url = shared.postgres_url()?;
    browser::test(&url, shared.filter.as_deref())
}
