//! What the machine offers: programs on the path, packages on Debian, free ports.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::sh;

/// Finds a program on `PATH`.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|file| file.is_file())
}

/// Finds a program on `PATH`, or says in one line that it is needed and for what.
pub(crate) fn need(program: &str, why: &str) -> Result<PathBuf> {
    find(program).with_context(|| format!("`{program}` is missing: {why}"))
}

/// Whether we run as root.
pub(crate) fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Installs a package when we are root on Debian; otherwise says in one line what is missing.
pub(crate) fn install(package: &str, why: &str) -> Result<()> {
    if !is_root() || !Path::new("/etc/debian_version").exists() {
        bail!("{package} is missing: {why}; install it with the system's package manager");
    }
    sh::run(Command::new("apt-get").arg("update"))?;
    let mut apt = Command::new("apt-get");
    apt.args(["install", "--yes", "--no-install-recommends", package]);
    sh::run(apt.env("DEBIAN_FRONTEND", "noninteractive"))
}

/// A port of the loopback address that nobody listens on at this moment.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}

/// Whether somebody accepts connections on the loopback port.
pub(crate) fn listens(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// The first two processor cores that this process may use, if there are two.
pub(crate) fn two_cores() -> Option<(usize, usize)> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    let mut cores = cores(list.trim());
    Some((cores.next()?, cores.next()?))
}

/// Reads the kernel's list notation: `0-3,8` is 0, 1, 2, 3, 8.
fn cores(list: &str) -> impl Iterator<Item = usize> {
    let range = |part: &str| {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        Some(from.parse::<usize>().ok()?..=to.parse().ok()?)
    };
    list.split(',').filter_map(range).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_kernels_list_of_cores() {
        assert_eq!(cores("0-2,8,10-11").collect::<Vec<_>>(), [0, 1, 2, 8, 10, 11]);
        assert_eq!(cores("5").collect::<Vec<_>>(), [5]);
        assert_eq!(cores("").count(), 0);
    }

    #[test]
    fn a_missing_program_is_named_with_its_purpose() {
        let error = need("no-such-program", "the tests call it").unwrap_err();
        assert_eq!(error.to_string(), "`no-such-program` is missing: the tests call it");
    }
}
