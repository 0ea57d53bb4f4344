//! The server under measurement: the release binary on a free port, with a temporary data folder.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use nix::unistd::{SysconfVar, sysconf};
use tempfile::TempDir;

use crate::{machine, sh};

/// A running server; dropping it stops the server and deletes its data.
pub(crate) struct Server {
    child: Child,
    command: Command,
    port: u16,
    home: TempDir,
}

impl Server {
    /// Starts the server.
    pub(crate) fn start(binary: &Path) -> Result<Self> {
        Self::start_on(binary, None)
    }

    /// Starts the server and, where that can be done, gives it and us a core each. We keep ours, and whatever we
    /// start from then on has it too.
    pub(crate) fn start_pinned(binary: &Path) -> Result<Self> {
        let cores = machine::find("taskset").and_then(|_| machine::two_cores());
        let server = Self::start_on(binary, cores.map(|(theirs, _)| theirs))?;
        match cores {
            Some((theirs, ours)) => {
                pin_ourselves(ours)?;
                println!("pinned: the server to core {theirs}, the load to core {ours}");
            }
            None => println!("not pinned: `taskset` or a second core is missing"),
        }
        Ok(server)
    }

    fn start_on(binary: &Path, core: Option<usize>) -> Result<Self> {
        let port = machine::free_port()?;
        let home = tempfile::tempdir()?;
        let mut command = command(binary, port, home.path(), core)?;
        let child = sh::spawn(&mut command)?;
        let mut server = Self { child, command, port, home };
        server.wait()?;
        Ok(server)
    }

    /// Stops the server and starts it anew, with the data that it has: it keeps nothing in memory then.
    pub(crate) fn restart(&mut self) -> Result<()> {
        sh::stop(&mut self.child, Signal::SIGTERM)?;
        self.child = sh::spawn(&mut self.command)?;
        self.wait()
    }

    fn wait(&mut self) -> Result<()> {
        let port = self.port;
        sh::wait_until(&mut self.child, Duration::from_secs(30), || machine::listens(port))
            .with_context(|| format!("the server does not start:\n{}", self.last_words()))
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The processor time that it has used so far, all threads together.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))
            .context("processor time is read from /proc, which Linux has")?;
        let ticks = cpu_ticks(&stat).context("cannot read /proc/<pid>/stat")?;
        let a_second =
            sysconf(SysconfVar::CLK_TCK)?.and_then(|ticks| u32::try_from(ticks).ok()).unwrap_or(100);
        Ok(Duration::from_secs(ticks) / a_second)
    }

    /// The most memory that it has had since it was started, in KiB.
    pub(crate) fn peak_memory(&self) -> Result<u64> {
        self.memory_of("VmHWM:")
    }

    /// The memory that it has now, in KiB.
    pub(crate) fn memory(&self) -> Result<u64> {
        self.memory_of("VmRSS:")
    }

    fn memory_of(&self, field: &str) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .context("memory is read from /proc, which Linux has")?;
        kib(&status, field).context("cannot read /proc/<pid>/status")
    }

    /// The end of its log.
    pub(crate) fn last_words(&self) -> String {
        let log = fs::read_to_string(self.home.path().join("log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = sh::stop(&mut self.child, Signal::SIGTERM) {
            eprintln!("cannot stop the server: {error:#}");
        }
    }
}

fn command(binary: &Path, port: u16, home: &Path, core: Option<usize>) -> Result<Command> {
    let mut command = match core {
        Some(core) => {
            let mut taskset = Command::new("taskset");
            taskset.args(["-c", &core.to_string()]).arg(binary);
            taskset
        }
        None => Command::new(binary),
    };
    command.args([
        "--listen",
        &format!("127.0.0.1:{port}"),
        "--base-url",
        &format!("http://127.0.0.1:{port}"),
    ]);
    command.arg("--data-dir").arg(home.join("data")).args([
        "--dev-mailbox",
        "--bench",
        // What is measured is what a request costs, and a flood of them is meant.
        "--rate-limits=0",
        "--max-pending-invitations=1000000000",
        "--max-invitations-a-day=1000000000",
        // All that is fetched is kept, however large the library.
        "--fetch-mib=1024",
    ]);
    let log = File::create(home.join("log"))?;
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    Ok(command)
}

fn pin_ourselves(core: usize) -> Result<()> {
    let pid = std::process::id().to_string();
    sh::capture(Command::new("taskset").args(["-a", "-c", "-p", &core.to_string(), &pid])).map(drop)
}

/// Sums user and system time, fields 14 and 15; the name in field 2 may contain anything, so count from its end.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
}

fn kib(status: &str, field: &str) -> Option<u64> {
    status.lines().find_map(|line| line.strip_prefix(field))?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_processor_time_behind_any_name() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194304 100 0 0 0 17 25 0 0 20 0 3 0 100";
        assert_eq!(cpu_ticks(stat), Some(42));
        assert_eq!(cpu_ticks("nonsense"), None);
    }

    #[test]
    fn reads_memory_by_the_name_of_its_field() {
        let status = "VmHWM:\t   30 kB\nVmRSS:\t   20 kB\nRssAnon:\t   10 kB\n";
        assert_eq!(kib(status, "VmRSS:"), Some(20));
        assert_eq!(kib(status, "VmSwap:"), None);
    }
}
