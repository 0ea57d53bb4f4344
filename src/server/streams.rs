//! Streams that stay open: how many there are of whom, and that they end with the process.

use super::{Server, stop::Stop};
use crate::error::{Error, Result};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use uuid::Uuid;

/// The most streams of a person or a key, in one process.
pub const MOST: usize = 100;

/// The streams of a process.
#[derive(Debug, Default)]
pub struct Streams(Arc<Mutex<HashMap<Uuid, usize>>>);

/// One open stream of a person or a key.
#[derive(Debug)]
pub struct Seat {
    of: Uuid,
    taken: Arc<Mutex<HashMap<Uuid, usize>>>,
    stop: Stop,
}

fn lock(taken: &Mutex<HashMap<Uuid, usize>>) -> MutexGuard<'_, HashMap<Uuid, usize>> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Seat {
    /// A seat for one more stream of a person or a key.
    ///
    /// # Errors
    /// [`Error::TooMany`] when they have as many as they may; [`Error::Unavailable`] when the process is to stop.
    pub fn take(server: &Server, of: Uuid) -> Result<Self> {
        if server.stop.has_begun() {
            return Err(Error::Unavailable { retry_after: 1 });
        }
        let taken = server.streams.0.clone();
        let mut counts = lock(&taken);
        let count = counts.entry(of).or_default();
        if *count >= MOST {
            let message = format!("Up to {MOST} streams can be open at once. Close one first.").into();
            return Err(Error::TooMany { retry_after: 60, message });
        }
        *count += 1;
        drop(counts);
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
        if let Some(count) = taken.get_mut(&self.of) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.of);
            }
        }
    }
}
