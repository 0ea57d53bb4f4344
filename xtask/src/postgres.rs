//! A throwaway PostgreSQL: fast, private to this machine, and gone without a trace when its guard is dropped.
//!
//! Tests talk to it as `studio`, a role that may create databases but is no superuser: row-level security does not bind
//! superusers, so a test that runs as one proves nothing. Durability is off, since nothing in it is worth keeping.

use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;
use nix::unistd::User;
use tempfile::TempDir;

use crate::{machine, sh};

const WHY: &str = "the tests run on PostgreSQL as well";

/// Made in single-user mode, before anybody can connect; one statement a line.
const SETUP: &str = "CREATE ROLE studio LOGIN CREATEDB\nCREATE DATABASE studio OWNER studio\n";

const SETTINGS: &[&str] = &[
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=200",
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "logging_collector=off",
];

/// Starts a server, prints its URL and keeps it until Ctrl-C.
pub(crate) fn keep() -> Result<()> {
    let server = Postgres::start()?;
    println!("{}", server.url());
    eprintln!("PostgreSQL runs until Ctrl-C");
    sh::wait_for_interrupt();
    Ok(())
}

/// A running server; dropping it stops the server and deletes its data.
pub(crate) struct Postgres {
    child: Child,
    port: u16,
    home: TempDir,
}

impl Postgres {
    /// Starts a server on a free port.
    pub(crate) fn start() -> Result<Self> {
        let cluster = Cluster::create()?;
        let port = machine::free_port()?;
        let child = cluster.serve(port)?;
        // From here on the guard owns the server, so that a failed start leaves nothing behind either.
        let mut server = Self { child, port, home: cluster.home };
        let data = server.home.path().join("data");
        let ready = || is_ready(&data);
        sh::wait_until(&mut server.child, Duration::from_mins(1), ready).with_context(|| {
            let log = fs::read_to_string(data.with_file_name("log")).unwrap_or_default();
            format!("PostgreSQL does not start:\n{log}")
        })?;
        Ok(server)
    }

    /// The URL of the server's database `studio`, as the role `studio`.
    pub(crate) fn url(&self) -> String {
        format!("postgres://studio@127.0.0.1:{}/studio", self.port)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGINT is the fast shutdown, which does not wait for clients.
        if let Err(error) = sh::stop(&mut self.child, Signal::SIGINT) {
            eprintln!("cannot stop PostgreSQL: {error:#}");
        }
    }
}

/// The server says in its pid file when it takes connections; its own `pg_ctl` waits for the same line.
fn is_ready(data: &Path) -> bool {
    fs::read_to_string(data.join("postmaster.pid"))
        .is_ok_and(|pid| pid.lines().nth(7).is_some_and(|line| line.trim() == "ready"))
}

/// The files of a server that does not run yet.
struct Cluster {
    programs: PathBuf,
    home: TempDir,
    /// Whom to run as when we are root, which PostgreSQL refuses to be.
    user: Option<User>,
}

impl Cluster {
    fn create() -> Result<Self> {
        let programs = programs()?;
        let private = Permissions::from_mode(0o700);
        let home = tempfile::Builder::new().prefix("studio-postgres-").permissions(private).tempdir()?;
        let user = if machine::is_root() { Some(unprivileged()?) } else { None };
        if let Some(user) = &user {
            chown(home.path(), Some(user.uid.as_raw()), Some(user.gid.as_raw()))?;
        }
        let cluster = Self { programs, home, user };
        cluster.initialize().context("cannot set PostgreSQL up")?;
        Ok(cluster)
    }

    fn initialize(&self) -> Result<()> {
        let mut initdb = self.command("initdb");
        initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]);
        self.feed(initdb.arg("--pgdata").arg(self.data()), "")?;
        // Nobody from elsewhere, nobody through a socket: loopback only.
        fs::write(self.data().join("pg_hba.conf"), "host all all 127.0.0.1/32 trust\n")?;
        let mut single = self.command("postgres");
        self.feed(single.args(["--single", "-c", "fsync=off", "-D"]).arg(self.data()).arg("postgres"), SETUP)
    }

    /// Starts the server proper.
    fn serve(&self, port: u16) -> Result<Child> {
        let log = File::create(self.home.path().join("log"))?;
        let mut postgres = self.command("postgres");
        postgres.arg("-D").arg(self.data()).arg("-p").arg(port.to_string());
        for setting in SETTINGS {
            postgres.args(["-c", setting]);
        }
        // A group of its own: Ctrl-C in the terminal must not stop it under the tests that still use it.
        postgres.process_group(0).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        sh::spawn(&mut postgres)
    }

    fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// One of PostgreSQL's programs, as the right user and in a folder which that user may enter.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(self.home.path()).env_remove("PGDATA");
        if let Some(user) = &self.user {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        command
    }

    /// Runs a program to its end with `input`; shows what it said only when it fails.
    fn feed(&self, command: &mut Command, input: &str) -> Result<()> {
        let mut child =
            sh::spawn(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()))?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes())?;
        }
        let output = child.wait_with_output()?;
        let said = || String::from_utf8_lossy(&[&*output.stdout, &*output.stderr].concat()).into_owned();
        ensure!(
            output.status.success(),
            "{} ended with {}:\n{}",
            self.programs.display(),
            output.status,
            said()
        );
        // Single-user mode goes on after a failed statement and succeeds all the same.
        ensure!(!said().contains("ERROR:"), "{}", said());
        Ok(())
    }
}

fn unprivileged() -> Result<User> {
    for name in ["postgres", "nobody"] {
        if let Some(user) = User::from_name(name)? {
            return Ok(user);
        }
    }
    anyhow::bail!("PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody`")
}

/// The folder of PostgreSQL's programs; on Debian it is installed when missing.
fn programs() -> Result<PathBuf> {
    if let Some(dir) = installed() {
        return Ok(dir);
    }
    machine::install("postgresql", WHY)?;
    installed()
        .context("postgresql was installed, but its programs `initdb` and `postgres` are not to be found")
}

fn installed() -> Option<PathBuf> {
    on_path().or_else(|| newest_in(Path::new("/usr/lib/postgresql")))
}

/// A link to `initdb` on the path leads to the folder that holds the rest.
fn on_path() -> Option<PathBuf> {
    let dir = machine::find("initdb")?.canonicalize().ok()?.parent()?.to_path_buf();
    is_complete(&dir).then_some(dir)
}

/// Debian keeps each major version in a folder of its own and none on the path.
fn newest_in(versions: &Path) -> Option<PathBuf> {
    let dirs = fs::read_dir(versions).ok()?.flatten();
    let major = |name: &str| name.parse::<u32>().ok();
    let candidates = dirs.filter_map(|dir| Some((major(dir.file_name().to_str()?)?, dir.path().join("bin"))));
    candidates.filter(|(_, bin)| is_complete(bin)).max().map(|(_, bin)| bin)
}

fn is_complete(dir: &Path) -> bool {
    ["initdb", "postgres"].iter().all(|program| dir.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_complete_version_wins() {
        let dir = tempfile::tempdir().unwrap();
        for (version, programs) in [("9", 2), ("15", 2), ("17", 1), ("old", 2)] {
            let bin = dir.path().join(version).join("bin");
            fs::create_dir_all(&bin).unwrap();
            for program in &["initdb", "postgres"][..programs] {
                File::create(bin.join(program)).unwrap();
            }
        }
        assert_eq!(newest_in(dir.path()), Some(dir.path().join("15/bin")));
    }
}
