//! The browser tests: Playwright in `end2end/`, driving the machine's own Chromium against the server just built.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};

use crate::site::Profile;
use crate::{machine, serve, sh};

const DIR: &str = "end2end";

/// The names that Chromium goes by.
const CHROMIUM: &[&str] = &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Runs the browser tests; `filter` picks test files by name.
pub(crate) fn test(postgres: &str, filter: Option<&str>) -> Result<()> {
    ensure!(
        Path::new(DIR).join("package.json").is_file(),
        "{DIR}/package.json is missing: it names the browser tests"
    );
    for program in ["node", "npm"] {
        machine::need(program, "the browser tests run on Node.js 20 or later")?;
    }
    let chromium = chromium()?;
    install_packages()?;
    let mut playwright = Command::new("npx");
    playwright.current_dir(DIR).args(["playwright", "test"]);
    if let Some(filter) = filter {
        playwright.args([filter, "--pass-with-no-tests"]);
    }
    playwright.env("STUDIO_BIN", serve::binary(Profile::Quick)?);
    playwright.env("STUDIO_POSTGRES_URL", postgres);
    sh::run(playwright.env("CHROMIUM", chromium))
}

/// Installs the locked packages when the lock file is newer than what is installed.
fn install_packages() -> Result<()> {
    let lock = modified(&Path::new(DIR).join("package-lock.json"))
        .context("end2end/package-lock.json is missing")?;
    // npm writes this file last.
    let installed = modified(&Path::new(DIR).join("node_modules/.package-lock.json"));
    if installed.is_some_and(|installed| installed >= lock) {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.current_dir(DIR).args(["ci", "--no-audit", "--no-fund"]);
    // The browser is the machine's; the packages bring none.
    sh::run(npm.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|data| data.modified()).ok()
}

fn chromium() -> Result<PathBuf> {
    if let Some(chosen) = std::env::var_os("CHROMIUM") {
        return Ok(chosen.into());
    }
    let find = || CHROMIUM.iter().find_map(|name| machine::find(name));
    if let Some(found) = find() {
        return Ok(found);
    }
    machine::install("chromium", "the browser tests drive it")?;
    find().context("chromium was installed, but is not on the path")
}
