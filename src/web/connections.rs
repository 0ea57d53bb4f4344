//! The open connections: as many as there is room for, in total and per address.
//!
//! Each takes a file descriptor. A client that holds all of them would keep out everybody else, the database included.
//! So when there is no room for one more, the connection that has been idle the longest is closed: one of the same
//! address when that address has reached its limit, or else one of all.

use super::{rate_limits::network, request_progress::Coming};
use crate::{kernel::clock::stopwatch, web::request_progress::Spot};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::{
    collections::HashMap,
    io,
    net::{IpAddr, Ipv6Addr},
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Instant,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::Notify,
};

/// How many file descriptors are asked for.
const DESCRIPTORS: u64 = 65_536;
/// How many are kept for everything but connections: the database, files, what is sent.
const KEPT: u64 = 512;
/// The most connections, however many descriptors there are: each takes memory too.
const MOST: u64 = 20_000;

/// How many connections there may be.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// In all.
    pub all: usize,
    /// Of one address: of IPv6 of its network.
    pub of_address: usize,
}

impl Room {
    /// As many as the system gives, which is asked for as many as it gives. Behind a proxy all are of one address.
    #[must_use]
    pub fn given(behind_proxy: bool) -> Self {
        let given = raise().unwrap_or_else(|error| {
            tracing::warn!(%error, "the limit of open files is not known");
            1024
        });
        let all = given.saturating_sub(KEPT).max(given / 2).min(MOST);
        let all = usize::try_from(all).unwrap_or(usize::MAX);
        tracing::info!(descriptors = given, connections = all, "open files");
        Self { all, of_address: if behind_proxy { all } else { all.div_ceil(4) } }
    }
}

/// Raises the soft limit of file descriptors, and tells what it is.
fn raise() -> nix::Result<u64> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    let wanted = DESCRIPTORS.min(hard);
    if soft >= wanted {
        return Ok(soft);
    }
    // Less is no reason not to start.
    Ok(setrlimit(Resource::RLIMIT_NOFILE, wanted, hard).map_or(soft, |()| wanted))
}

/// The connections that are open.
#[derive(Debug)]
pub(super) struct Connections {
    room: Room,
    began: Instant,
    next: u64,
    open: Arc<Mutex<Open>>,
}

#[derive(Debug, Default)]
struct Open {
    count: usize,
    of: HashMap<Ipv6Addr, HashMap<u64, Arc<Spot>>>,
}

/// The place of an open connection; it is free when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    network: Ipv6Addr,
    id: u64,
    began: Instant,
    spot: Arc<Spot>,
    open: Arc<Mutex<Open>>,
}

fn lock(open: &Mutex<Open>) -> MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Connections {
    pub(super) fn new(room: Room) -> Self {
        Self { room, began: stopwatch(), next: 0, open: Arc::default() }
    }

    /// A place for one more connection, for which another one may have to go.
    pub(super) fn place(&mut self, address: IpAddr) -> Place {
        let (network, id) = (network(address), self.next);
        self.next += 1;
        let spot = Arc::new(Spot {
            used: AtomicU64::new(millis(self.began)),
            is_whole: AtomicBool::new(false),
            over: Notify::new(),
        });
        let mut open = lock(&self.open);
        if open.of.get(&network).is_some_and(|of| of.len() >= self.room.of_address) {
            open.end_idlest(|of| *of == network);
        } else if open.count >= self.room.all {
            open.end_idlest(|_| true);
        }
        open.of.entry(network).or_default().insert(id, spot.clone());
        open.count += 1;
        drop(open);
        Place { network, id, began: self.began, spot, open: self.open.clone() }
    }
}

fn millis(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}

impl Open {
    fn end_idlest(&mut self, among: impl Fn(&Ipv6Addr) -> bool) {
        let all = self.of.iter().filter(|(network, _)| among(network));
        let all = all.flat_map(|(network, of)| of.iter().map(|(id, spot)| (*network, *id, spot)));
        // Of those that were used in the same moment, the one that came first.
        let idlest = all.min_by_key(|(_, id, spot)| (spot.used.load(Ordering::Relaxed), *id));
        if let Some((network, id, spot)) = idlest {
            spot.over.notify_one();
            self.remove(network, id);
        }
    }

    fn remove(&mut self, network: Ipv6Addr, id: u64) {
        let Some(of) = self.of.get_mut(&network) else { return };
        if of.remove(&id).is_some() {
            self.count -= 1;
        }
        if of.is_empty() {
            self.of.remove(&network);
        }
    }
}

impl Place {
    /// Waits until another connection needs the place, or another answer needs the room.
    pub(super) fn over(&self) -> impl Future<Output = ()> + use<> {
        let spot = self.spot.clone();
        async move { spot.over.notified().await }
    }

    /// What is known of the request that comes.
    pub(super) fn coming(&self) -> Coming {
        Coming(self.spot.clone())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.open).remove(self.network, self.id);
    }
}

/// A socket that notes when something comes or goes.
#[derive(Debug)]
pub(super) struct Watched {
    socket: TcpStream,
    place: Place,
}

impl Watched {
    pub(super) const fn new(socket: TcpStream, place: Place) -> Self {
        Self { socket, place }
    }

    fn note<T>(&self, done: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if done.is_ready() {
            self.place.spot.used.store(millis(self.place.began), Ordering::Relaxed);
        }
        done
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.socket).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.place.spot.is_whole.store(false, Ordering::Relaxed);
        }
        self.note(read)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(context, bytes);
        self.note(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(context, bytes);
        self.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}
