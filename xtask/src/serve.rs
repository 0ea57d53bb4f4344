//! The server itself: building it and running it for daily work.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::site::{self, Profile};
use crate::{bundle, sh};

const LISTEN: &str = "127.0.0.1:3000";
const URL: &str = "http://localhost:3000";

/// Builds the site, then the server that serves or, in release, embeds it.
pub(crate) fn build(profile: Profile) -> Result<()> {
    site::build(profile)?;
    build_binary(profile)
}

/// Builds the server only.
pub(crate) fn build_binary(profile: Profile) -> Result<()> {
    let mut cargo = sh::cargo();
    cargo.args(["build", "--package", bundle::NAME]);
    if profile == Profile::Release {
        cargo.arg("--release");
    }
    sh::run(&mut cargo)
}

/// Where the server's binary is, absolute.
pub(crate) fn binary(profile: Profile) -> Result<PathBuf> {
    let path = sh::target_dir().join(profile.name()).join(bundle::NAME);
    path.canonicalize().with_context(|| format!("{} was not built", path.display()))
}

/// Builds in a hurry and serves until Ctrl-C.
pub(crate) fn run(args: &[String]) -> Result<()> {
    build(Profile::Quick)?;
    let mut server = Command::new(binary(Profile::Quick)?);
    server.args(["--listen", LISTEN, "--base-url", URL, "--data-dir", "data", "--dev-mailbox"]).args(args);
    println!("\n  Prompt Studio   {URL}\n  Mailbox         {URL}/dev/mailbox\n  Stop it with Ctrl-C\n");
    let status = sh::wait(&mut sh::spawn(&mut server)?)?;
    ensure!(status.success() || sh::interrupted(), "the server ended with {status}");
    Ok(())
}
