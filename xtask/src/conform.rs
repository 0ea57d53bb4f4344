//! The HTTP API against what it says of itself: schemathesis reads the document, sends what it allows and what it does
//! not, and compares each answer with it.

use std::fs;
use std::path::{Path, PathBuf, absolute};
use std::process::Command;

use anyhow::{Context, Result};

use crate::bench::server::Server;
use crate::bench::services::{Key, Supplier};
use crate::site::Profile;
use crate::{machine, serve, sh};

const VERSION: &str = "4.32.5";
/// Which things there are, so that requests reach what is behind a path.
const CONFIG: &str = "xtask/schemathesis.toml";
/// The most requests of an operation and a way of making them up.
const EXAMPLES: &str = "25";
/// With it, the same requests are sent each time.
const SEED: &str = "1";

/// Checks the API of the binary that was built in a hurry.
pub(crate) fn test() -> Result<()> {
    let tool = schemathesis()?;
    let server = Server::start(&serve::binary(Profile::Quick)?)?;
    let address = server.address();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (key, organization) = runtime.block_on(prepare(&address))?;
    let mut run = Command::new(absolute(tool)?);
    // It keeps what it found out in a folder where it runs.
    run.current_dir(sh::target_dir());
    run.env("STUDIO_ORGANIZATION", organization);
    run.arg("--config-file").arg(absolute(CONFIG)?);
    run.args(["run", &format!("http://{address}/api/openapi.json")]);
    run.args(["--header", &format!("Authorization: Bearer {}", key.text())]);
    run.args(["--max-examples", EXAMPLES, "--seed", SEED, "--generation-deterministic"]);
    // What the document allows may still be refused: a name that is taken, a prompt that is not there.
    run.args(["--exclude-checks", "positive_data_acceptance"]);
    // A stream does not end.
    run.args(["--exclude-path", "/events", "--no-color", "--request-timeout", "10"]);
    sh::run(&mut run).with_context(|| format!("the server's last words:\n{}", server.last_words()))
}

/// Sets up what the configuration names, and tells a key and the organization it belongs to.
async fn prepare(address: &str) -> Result<(Key, String)> {
    let mut supplier = Supplier::small(address).await?;
    supplier.make_folder("Kept").await?;
    let key = supplier.make_key_of("full").await?;
    Ok((key, supplier.slug().to_owned()))
}

/// The tool, installed below the target folder.
fn schemathesis() -> Result<PathBuf> {
    let home = sh::target_dir().join(format!("schemathesis-{VERSION}"));
    let tool = home.join("bin/schemathesis");
    // Written last, so that what was cut off is done again.
    let done = home.join("installed");
    if done.is_file() {
        return Ok(tool);
    }
    machine::need("python3", "schemathesis runs on Python 3.10 or later")?;
    make_environment(&home)?;
    let mut install = Command::new(home.join("bin/python"));
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    sh::run(install.arg(format!("schemathesis=={VERSION}")))?;
    fs::write(done, "")?;
    Ok(tool)
}

/// Makes a Python environment; on Debian that takes a package of its own.
fn make_environment(home: &Path) -> Result<()> {
    let make = || sh::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(home));
    if make().is_ok() {
        return Ok(());
    }
    machine::install("python3-venv", "schemathesis is installed in an environment of its own")?;
    make()
}
