//! Streams that stay open: how many there are of whom, what they read together, and that they end with the process.
//! Files that are written bit by bit are counted by themselves.

use crate::{
    error::{Error, Result},
    id::OrgId,
    kernel::{JobOwner, keyed_semaphore::KeyedSemaphore, shutdown::Shutdown},
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
/// The most files that a person takes at once, with all their keys, in one process.
pub const MOST_FILES: usize = 2;
/// How many organizations read at once.
const READING: usize = 16;

type Counts = HashMap<Uuid, usize>;

/// The streams of a process.
#[derive(Debug)]
pub struct Streams {
    taken: Arc<Mutex<Counts>>,
    files: Arc<Mutex<Counts>>,
    /// All streams of an organization read with one connection, so that others have theirs.
    turns: KeyedSemaphore,
    reading: Semaphore,
    stop: Shutdown,
    #[cfg(test)]
    readings: std::sync::atomic::AtomicUsize,
}

impl Streams {
    /// None yet; all end with the process.
    #[must_use]
    pub fn new(stop: Shutdown) -> Self {
        Self {
            stop,
            taken: Arc::default(),
            files: Arc::default(),
            turns: KeyedSemaphore::default(),
            reading: Semaphore::new(READING),
            #[cfg(test)]
            readings: std::sync::atomic::AtomicUsize::default(),
        }
    }
}

impl Streams {
    /// Reads when it is the organization's turn.
    pub(super) async fn read<T>(&self, org: OrgId, read: impl Future<Output = Result<T>>) -> Result<T> {
        let _turn = self.turns.wait(org.0).await;
        let _reading =
            self.reading.acquire().await.map_err(|error| crate::kernel::internal_error::internal(&error))?;
        #[cfg(test)]
        self.readings.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        read.await
    }

    /// A seat for one more stream of a person.
    ///
    /// # Errors
    /// [`Error::TooMany`]; [`Error::Unavailable`] when the process is to stop.
    pub fn take(&self, of: Uuid) -> Result<Seat> {
        self.take_of(&self.taken, &[(of, MOST, streams(MOST, ""))])
    }

    /// A seat for one more stream of a key of an organization.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub fn take_of_key(&self, key: Uuid, org: OrgId) -> Result<Seat> {
        let of_key = (key, MOST, streams(MOST, " for a key"));
        let of_org = (org.0, MOST_OF_ORG, streams(MOST_OF_ORG, " for an organization"));
        self.take_of(&self.taken, &[of_key, of_org])
    }

    /// A seat for one more file that somebody takes. Those of a key are counted as its maker's.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub fn take_for_file(&self, behalf: JobOwner) -> Result<Seat> {
        let message = format!("Up to {MOST_FILES} exports can run at once. Wait until one has finished.");
        self.take_of(&self.files, &[(behalf.turn(), MOST_FILES, message)])
    }

    fn take_of(&self, taken: &Arc<Mutex<Counts>>, whose: &[(Uuid, usize, String)]) -> Result<Seat> {
        if self.stop.has_begun() {
            return Err(Error::Unavailable { retry_after: 1 });
        }
        let mut counts = lock(taken);
        for (of, most, message) in whose {
            if counts.get(of).is_some_and(|count| count >= most) {
                return Err(Error::TooMany { retry_after: 60, message: message.clone().into() });
            }
        }
        for (of, ..) in whose {
            *counts.entry(*of).or_default() += 1;
        }
        drop(counts);
        let of = whose.iter().map(|(of, ..)| *of).collect();
        Ok(Seat { of, taken: taken.clone(), stop: self.stop.clone() })
    }

    /// How often something was read for streams.
    #[cfg(test)]
    pub(crate) fn readings(&self) -> usize {
        self.readings.load(std::sync::atomic::Ordering::Relaxed)
    }
}

/// One open stream of a person or a key.
#[derive(Debug)]
pub struct Seat {
    of: Vec<Uuid>,
    taken: Arc<Mutex<Counts>>,
    stop: Shutdown,
}

/// That there are as many streams as may be.
fn streams(most: usize, whose: &str) -> String {
    format!("Up to {most} streams can be open at once{whose}. Close one first.")
}

fn lock(taken: &Mutex<Counts>) -> MutexGuard<'_, Counts> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Seat {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        pin::pin,
        task::{Context, Waker},
    };

    #[tokio::test]
    async fn an_organization_waits_for_itself_alone() {
        let streams = Streams::new(Shutdown::default());
        let of = |n: u128| OrgId(Uuid::from_u128(n << 8));
        let mut slow = pin!(streams.read(of(1), std::future::pending::<Result<()>>()));
        let mut behind = pin!(streams.read(of(1), async { Ok(1) }));
        let now = &mut Context::from_waker(Waker::noop());
        assert!(slow.as_mut().poll(now).is_pending() && behind.as_mut().poll(now).is_pending());
        for n in 2..50 {
            assert_eq!(streams.read(of(n), async { Ok(n) }).await, Ok(n), "the last byte is the same");
        }
        slow.set(streams.read(of(50), std::future::pending()));
        assert_eq!(behind.await, Ok(1));
        assert!(streams.turns.is_idle());
    }
}
