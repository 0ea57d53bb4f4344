//! The bodies of requests, which take memory until they are answered, and those of large answers (`sent`), which do
//! until they are sent: there is room for so many bytes of one, and of all.
//!
//! Bytes count as they come, so a client that announces much and sends nothing takes nothing from others. They are
//! copied into pieces, so that many small chunks take no more memory than one large. Some room is kept for those who
//! hold little, and where there is none, a body that is still read of the one who holds most makes room.

pub(crate) mod counted;
pub(crate) mod sent;

use super::rate_limits::network;
use crate::{error::Error, id::UserId, tenancy::client::Client};
use std::{
    collections::HashMap,
    net::Ipv6Addr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::Waker,
};

/// The most bytes of all.
const OF_ALL: usize = 128 * 1024 * 1024;
/// How many of them are for those alone who hold little.
const RESERVE: usize = 8 * 1024 * 1024;
/// The most bytes of one who holds little.
const LITTLE: usize = 64 * 1024;
/// The most bytes of one person, or of one address where nobody is signed in: two large files at once, or about ten of
/// the largest answers.
const OF_ONE: usize = 24 * 1024 * 1024;
/// The answer to what there is no room for.
pub const NO_ROOM: Error = Error::Unavailable { retry_after: 5 };

/// Whose a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Whose {
    /// A person's, or that of a key they made.
    Person(UserId),
    /// Of somebody at an address: of IPv6 its network.
    Address(Ipv6Addr),
    /// Of somebody who does not say where they are.
    Nobody,
}

impl Whose {
    pub(crate) fn of(person: Option<UserId>, client: &Client) -> Self {
        let there = || client.ip.map_or(Self::Nobody, |ip| Self::Address(network(ip)));
        person.map_or_else(there, Self::Person)
    }
}

/// The bodies that are there. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Bodies(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    of: HashMap<Whose, usize>,
    /// What each body takes, by number.
    shares: HashMap<u64, Share>,
    next: u64,
}

/// What one body takes.
#[derive(Debug)]
struct Share {
    whose: Whose,
    bytes: usize,
    /// Who reads it, while somebody does.
    reader: Option<Waker>,
    /// Whether it made room for another.
    is_cut: bool,
}

impl Taken {
    /// Takes room for some bytes more of a body; whether there was room. The readers of bodies that make room go to
    /// `cut`.
    fn take(&mut self, number: u64, bytes: usize, cut: &mut Vec<Waker>) -> bool {
        let share = self.shares.get(&number).filter(|share| !share.is_cut);
        let Some(whose) = share.map(|share| share.whose) else { return false };
        let of_one = self.of.get(&whose).copied().unwrap_or_default() + bytes;
        if of_one > OF_ONE {
            return false;
        }
        let room = if of_one <= LITTLE { OF_ALL } else { OF_ALL - RESERVE };
        while self.all + bytes > room {
            let Some(reader) = self.cut_off(of_one) else { return false };
            cut.push(reader);
        }
        self.all += bytes;
        self.of.insert(whose, of_one);
        if let Some(share) = self.shares.get_mut(&number) {
            share.bytes += bytes;
        }
        true
    }

    /// Cuts off the largest body that is still read, of the one who holds most, if that is more than so many bytes.
    fn cut_off(&mut self, more_than: usize) -> Option<Waker> {
        let of = |share: &Share| self.of.get(&share.whose).copied().unwrap_or_default();
        let read = self.shares.iter().filter(|(_, share)| share.reader.is_some() && share.bytes > 0);
        let largest = read.map(|(number, share)| (of(share), share.bytes, *number)).max();
        let (_, bytes, number) = largest.filter(|(of_one, ..)| *of_one > more_than)?;
        let share = self.shares.get_mut(&number)?;
        (share.is_cut, share.bytes) = (true, 0);
        let (whose, reader) = (share.whose, share.reader.take());
        self.free(whose, bytes);
        reader
    }

    fn free(&mut self, whose: Whose, bytes: usize) {
        self.all -= bytes;
        let left = self.of.get(&whose).map_or(0, |of| of - bytes);
        if left > 0 {
            self.of.insert(whose, left);
        } else {
            self.of.remove(&whose);
        }
    }
}

impl Bodies {
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many bytes are taken.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.taken().all
    }

    /// A place for the body of a request, which is free when all that hold it are dropped.
    #[must_use]
    pub fn hold(&self, whose: Whose) -> Held {
        let mut taken = self.taken();
        let number = taken.next;
        taken.next += 1;
        taken.shares.insert(number, Share { whose, bytes: 0, reader: None, is_cut: false });
        Held(Arc::new(Place { bodies: self.clone(), number, is_refused: AtomicBool::new(false) }))
    }
}

#[derive(Debug)]
struct Place {
    bodies: Bodies,
    number: u64,
    is_refused: AtomicBool,
}

/// The place of a body. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Held(Arc<Place>);

impl Held {
    /// Takes room for some bytes more; whether there was room.
    fn take(&self, bytes: usize) -> bool {
        let mut cut = Vec::new();
        let fits = self.0.bodies.taken().take(self.0.number, bytes, &mut cut);
        cut.into_iter().for_each(Waker::wake);
        self.refuse_unless(fits)
    }

    /// Notes who reads the body, or that nobody does any more. Whether it was not cut off.
    fn is_read_by(&self, reader: Option<Waker>) -> bool {
        // What is dropped is dropped when nothing is locked.
        let before = {
            let mut taken = self.0.bodies.taken();
            let share = taken.shares.get_mut(&self.0.number).filter(|share| !share.is_cut);
            share.map(|share| std::mem::replace(&mut share.reader, reader))
        };
        before.is_some()
    }

    fn refuse_unless(&self, fits: bool) -> bool {
        if !fits {
            self.0.is_refused.store(true, Ordering::Relaxed);
        }
        fits
    }

    /// Whether there was no room for all of it.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.0.is_refused.load(Ordering::Relaxed)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.bodies.taken();
        let share = taken.shares.remove(&self.number);
        if let Some(share) = &share {
            taken.free(share.whose, share.bytes);
        }
        // What else is dropped is dropped when nothing is locked.
        drop(taken);
    }
}

#[cfg(test)]
mod tests {
    use super::{counted::tests::sent, *};
    use http_body_util::BodyExt;
    use uuid::Uuid;

    fn of(n: u128) -> Whose {
        Whose::Person(UserId(Uuid::from_u128(n)))
    }

    #[test]
    fn there_is_room_for_so_much_of_one_and_of_all() {
        let bodies = Bodies::default();
        let (first, second) = (bodies.hold(of(1)), bodies.hold(of(1)));
        assert!(first.take(OF_ONE / 2) && second.take(OF_ONE / 2));
        assert!(!second.take(1) && second.is_refused() && !first.is_refused());
        // Others go on, until there is no more for anybody.
        let others: Vec<_> = (2..100).map(|n| bodies.hold(of(n))).collect();
        let fit = others.iter().filter(|held| held.take(OF_ONE)).count();
        assert_eq!(fit, OF_ALL / OF_ONE - 1);
        assert!(bodies.bytes() <= OF_ALL);
        let also = second.clone();
        drop((first, second));
        assert!(bodies.hold(of(1)).take(OF_ONE / 2), "what was answered is free");
        drop((also, others));
        assert_eq!((bodies.bytes(), bodies.taken().of.len()), (0, 0));
    }

    #[tokio::test]
    async fn those_who_stall_do_not_keep_others_out() {
        let bodies = Bodies::default();
        let held: Vec<_> = (0..5).map(|n| bodies.hold(of(n))).collect();
        let stalled = held.iter().map(|held| {
            let body = sent(held, vec![vec![0; OF_ONE].into()], false);
            tokio::spawn(body.collect())
        });
        let stalled: Vec<_> = stalled.collect();
        while bodies.bytes() < 5 * OF_ONE {
            tokio::task::yield_now().await;
        }
        let small: Vec<_> = (10..20).map(|n| bodies.hold(of(n))).collect();
        assert!(small.iter().all(|held| held.take(LITTLE)), "there is room for those who hold little");
        assert!(held.iter().all(|held| !held.is_refused()));
        // Who holds less than the others is let in, and one of them is not any more.
        let large = bodies.hold(of(20));
        assert!(large.take(OF_ONE / 2));
        let cut = || held.iter().filter(|held| held.is_refused()).count();
        while cut() == 0 {
            tokio::task::yield_now().await;
        }
        assert!(!bodies.hold(of(21)).take(OF_ONE), "who wants as much as they have is not");
        assert_eq!(cut(), 1);
        let ended = stalled.iter().filter(|one| one.is_finished()).count();
        assert!(ended <= 1 && bodies.bytes() <= OF_ALL);
        stalled.iter().for_each(tokio::task::JoinHandle::abort);
    }

    #[tokio::test]
    async fn what_is_read_to_its_end_is_not_cut_off() {
        let bodies = Bodies::default();
        let held: Vec<_> = (0..5).map(|n| bodies.hold(of(n))).collect();
        for held in &held {
            sent(held, vec![vec![0; OF_ONE].into()], true).collect().await.unwrap();
        }
        assert!(!bodies.hold(of(9)).take(OF_ONE / 2) && held.iter().all(|held| !held.is_refused()));
        assert!(bodies.hold(of(9)).take(LITTLE));
    }
}
