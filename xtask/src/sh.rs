//! Running other programs: every command is echoed before it starts, and none outlives us.
//!
//! A terminal sends Ctrl-C to the whole foreground group, a supervisor signals us alone. So an interrupt is remembered
//! here, and whoever waits gives its program a moment to end by itself before passing the signal on. Callers get an
//! error and unwind, which is what lets guards (a throwaway database, a temporary folder) clean up.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// How often a waiting loop looks again.
pub(crate) const TICK: Duration = Duration::from_millis(20);

/// How long a program may take to end after a signal before it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// From now on Ctrl-C, SIGTERM and SIGHUP are remembered instead of ending the process.
pub(crate) fn listen_for_interrupts() -> Result<()> {
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::SeqCst)).context("cannot listen for Ctrl-C")
}

/// Whether we were asked to stop.
pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Ends the current work when we were asked to stop.
pub(crate) fn check_interrupt() -> Result<()> {
    ensure!(!interrupted(), "interrupted");
    Ok(())
}

/// Sleeps until Ctrl-C.
pub(crate) fn wait_for_interrupt() {
    while !interrupted() {
        std::thread::sleep(TICK);
    }
}

/// The cargo that runs us, so that the pinned toolchain is kept. It learns nothing of our own package: there are
/// crates that are built anew when such a variable differs from the last time.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        let ours = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];
        if name.to_str().is_some_and(|name| ours.iter().any(|start| name.starts_with(start))) {
            cargo.env_remove(&name);
        }
    }
    cargo
}

/// Where cargo leaves final artefacts.
pub(crate) fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from)
}

/// Echoes the command, runs it with our streams, and fails unless it succeeds.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    check_interrupt()?;
    echo(command);
    let status = wait(&mut spawn(command)?)?;
    check_interrupt()?;
    ensure!(status.success(), "`{}` ended with {status}", short(command));
    Ok(())
}

/// Runs the command quietly and returns what it wrote to its standard output.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start `{}`", short(command)))?;
    ensure!(output.status.success(), "`{}` ended with {}", short(command), output.status);
    String::from_utf8(output.stdout)
        .with_context(|| format!("`{}` wrote something that is not text", short(command)))
}

/// Starts the command without waiting for it.
pub(crate) fn spawn(command: &mut Command) -> Result<Child> {
    command.spawn().with_context(|| format!("cannot start `{}`", short(command)))
}

/// Waits for the program's end; passes an interrupt on to it.
pub(crate) fn wait(child: &mut Child) -> Result<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if interrupted() {
            return match wait_at_most(child, Duration::from_millis(500))? {
                Some(status) => Ok(status),
                None => stop(child, Signal::SIGTERM),
            };
        }
        std::thread::sleep(TICK);
    }
}

/// Ends the program: with the signal first, by force when that does not help.
pub(crate) fn stop(child: &mut Child, signal: Signal) -> Result<ExitStatus> {
    if let Some(status) = child.try_wait()? {
        return Ok(status);
    }
    let pid = i32::try_from(child.id()).context("a process id out of range")?;
    kill(Pid::from_raw(pid), signal)?;
    if let Some(status) = wait_at_most(child, GRACE)? {
        return Ok(status);
    }
    child.kill()?;
    Ok(child.wait()?)
}

fn wait_at_most(child: &mut Child, limit: Duration) -> Result<Option<ExitStatus>> {
    let deadline = Instant::now() + limit;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        std::thread::sleep(TICK);
    }
    Ok(None)
}

/// Asks `ready` again and again until it says yes, the child ends, or the time is over.
pub(crate) fn wait_until(child: &mut Child, limit: Duration, ready: impl Fn() -> bool) -> Result<()> {
    let deadline = Instant::now() + limit;
    while !ready() {
        check_interrupt()?;
        if let Some(status) = child.try_wait()? {
            bail!("it ended with {status} while starting");
        }
        ensure!(Instant::now() < deadline, "it did not start within {} s", limit.as_secs());
        std::thread::sleep(TICK);
    }
    Ok(())
}

fn echo(command: &Command) {
    print!("$ ");
    if let Some(dir) = command.get_current_dir() {
        print!("(in {}) ", dir.display());
    }
    for (key, value) in command.get_envs() {
        if let Some(value) = value {
            print!("{}={} ", key.display(), quoted(value));
        }
    }
    println!("{}", short(command));
}

/// The command line as a person would type it.
fn short(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program());
    std::iter::once(name).chain(command.get_args()).map(quoted).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    if word.is_empty() || word.contains(char::is_whitespace) {
        format!("'{word}'")
    } else {
        word.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_command_is_an_error_that_names_it() {
        let error = run(Command::new("false").arg("two words")).unwrap_err();
        assert_eq!(error.to_string(), "`false 'two words'` ended with exit status: 1");
    }

    #[test]
    fn captures_what_a_command_says() {
        assert_eq!(capture(Command::new("echo").arg("hello")).unwrap(), "hello\n");
    }
}
