//! Streams that stay open: how many there are of whom, what they read together, and that they end with the process.

use super::{
    Scope, Server,
    shelf::{Keep, Label},
    stop::Stop,
};
use crate::{
    error::{Error, Result},
    id::OrgId,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Semaphore;
use uuid::Uuid;

/// The most streams of a person or a key, in one process.
pub const MOST: usize = 100;
/// The most streams of all keys of an organization, in one process.
pub const MOST_OF_ORG: usize = 500;
/// Among how many turns organizations are spread.
const TURNS: usize = 16;

type Counts = HashMap<Uuid, usize>;

/// The streams of a process.
#[derive(Debug)]
pub struct Streams {
    taken: Arc<Mutex<Counts>>,
    /// Whose turn it is to read. All streams of an organization read with one connection, so that others have theirs.
    turns: [Semaphore; TURNS],
    #[cfg(test)]
    readings: std::sync::atomic::AtomicUsize,
}

impl Default for Streams {
    fn default() -> Self {
        Self {
            taken: Arc::default(),
            turns: std::array::from_fn(|_| Semaphore::new(1)),
            #[cfg(test)]
            readings: std::sync::atomic::AtomicUsize::default(),
        }
    }
}

impl Streams {
    /// How often something was read for streams.
    #[cfg(test)]
    pub(crate) fn readings(&self) -> usize {
        self.readings.load(std::sync::atomic::Ordering::Relaxed)
    }
}

/// What `read` reads of an organization's data for a stream that knows of an event: once for all streams that hear of
/// it and ask for the same, whoever's they are. So `what` says all that it depends on besides.
///
/// # Errors
/// Those of `read`.
pub async fn shared<T: Keep>(
    scope: &Scope,
    event: i64,
    what: String,
    read: impl Future<Output = Result<T>>,
) -> Result<Arc<T>> {
    let (server, org) = (scope.server(), scope.organization().id);
    let minute = server.clock.now().minute();
    let label = Label { org, seen: event, role: scope.role(), minute, what };
    let read = async {
        let turn = &server.streams.turns[usize::from(org.0.as_bytes()[15]) % TURNS];
        let _turn = turn.acquire().await.map_err(|error| super::caller::internal(&error))?;
        #[cfg(test)]
        server.streams.readings.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        read.await
    };
    server.shelf.get(label, read).await
}

/// One open stream of a person or a key.
#[derive(Debug)]
pub struct Seat {
    of: Vec<Uuid>,
    taken: Arc<Mutex<Counts>>,
    stop: Stop,
}

fn lock(taken: &Mutex<Counts>) -> MutexGuard<'_, Counts> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Seat {
    /// A seat for one more stream of a person.
    ///
    /// # Errors
    /// [`Error::TooMany`] when they have as many as they may; [`Error::Unavailable`] when the process is to stop.
    pub fn take(server: &Server, of: Uuid) -> Result<Self> {
        Self::take_of(server, &[(of, MOST, "")])
    }

    /// A seat for one more stream of a key of an organization.
    ///
    /// # Errors
    /// As [`take`](Self::take); the organization has no more than so many either.
    pub fn take_of_key(server: &Server, key: Uuid, org: OrgId) -> Result<Self> {
        Self::take_of(server, &[(key, MOST, " for a key"), (org.0, MOST_OF_ORG, " for an organization")])
    }

    fn take_of(server: &Server, whose: &[(Uuid, usize, &str)]) -> Result<Self> {
        if server.stop.has_begun() {
            return Err(Error::Unavailable { retry_after: 1 });
        }
        let taken = server.streams.taken.clone();
        let mut counts = lock(&taken);
        for (of, most, whose) in whose {
            if counts.get(of).is_some_and(|count| count >= most) {
                let message =
                    format!("Up to {most} streams can be open at once{whose}. Close one first.").into();
                return Err(Error::TooMany { retry_after: 60, message });
            }
        }
        for (of, ..) in whose {
            *counts.entry(*of).or_default() += 1;
        }
        drop(counts);
        let of = whose.iter().map(|(of, ..)| *of).collect();
        Ok(Self { of, taken, stop: server.stop.clone() })
    }

    /// Waits until the stream must end, since the process does.
    pub async fn ends(&self) {
        self.stop.begun().await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        for of in &self.of {
            if let Some(count) = taken.get_mut(of) {
                *count -= 1;
                if *count == 0 {
                    taken.remove(of);
                }
            }
        }
    }
}
