//! Work that keeps a core busy (hashing, images), kept from everybody else's.
//!
//! It runs on threads of its own, one fewer than there are cores, which the system runs when it has
//! nothing else to do (`SCHED_IDLE`): pages come first. (The lowest niceness is not
//! enough: a thread that was begun keeps its core for some milliseconds.) Only a short queue waits; later callers are told to come
//! back, so that a flood takes neither the memory nor the time of others.
//!
//! On a machine that is never idle, that would be never. So a job that has waited for a second gets a turn at normal
//! priority, one after the other and with a pause between: few enough that pages do not feel it,
//! and enough for a person to sign in on the busiest machine. (A thread cannot be taken out of `SCHED_IDLE` without a
//! privilege: the work is done once more, and the first answer counts.)

use super::threads::Threads;
use crate::error::{Error, Result};
use std::{sync::Arc, thread, time::Duration};
use thread_priority::NormalThreadSchedulePolicy;
use tokio::sync::{Semaphore, oneshot};

/// How many may wait.
pub(super) const QUEUE: usize = 64;
/// How long they wait before they get a turn.
const SOON: Duration = Duration::from_secs(1);
/// How long they wait for their turn.
const PATIENCE: Duration = Duration::from_secs(3);
/// The pause between two turns.
const PAUSE: Duration = Duration::from_millis(250);
/// How many wait when it is a crowd.
const CROWD: usize = 8;
/// The pause between two turns when a crowd waits: its work takes less than one part in two hundred of the time.
const PAUSE_IN_A_CROWD: Duration = Duration::from_secs(10);

/// The threads and their queue. Cheap to clone; they end with the last clone.
#[derive(Debug, Clone)]
pub struct CpuPool {
    threads: Threads,
    /// How many work or wait at most.
    most: usize,
    places: Arc<Semaphore>,
    turn: Arc<Semaphore>,
}

impl Default for CpuPool {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let count = cores.saturating_sub(1).max(1);
        let (threads, most) = (Threads::start(count, NormalThreadSchedulePolicy::Idle), count + QUEUE);
        let (places, turn) = (Semaphore::new(most), Semaphore::new(1));
        Self { threads, most, places: Arc::new(places), turn: Arc::new(turn) }
    }
}

impl CpuPool {
    fn waiting(&self) -> usize {
        self.most.saturating_sub(self.places.available_permits())
    }

    /// Does some work, twice at most, and tells what came of it.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too much waits already, or waited too long.
    pub async fn run<T: Send + 'static>(&self, work: impl Fn() -> T + Send + Sync + 'static) -> Result<T> {
        const BUSY: Error = Error::Unavailable { retry_after: 3 };
        let place = self.places.clone().try_acquire_owned().map_err(|_| BUSY)?;
        let work = Arc::new(work);
        let (answer, mut answered) = oneshot::channel();
        let idle = work.clone();
        let job = move || {
            // Nobody waits for what is late: doing it would only make others late.
            if !answer.is_closed() {
                let _ = answer.send(idle());
            }
            drop(place);
        };
        self.threads.run(job)?;
        if let Ok(done) = tokio::time::timeout(SOON, &mut answered).await {
            return done.map_err(|_| BUSY);
        }
        tokio::select! {
            biased;
            done = answered => done.map_err(|_| BUSY),
            turn = tokio::time::timeout(PATIENCE, self.turn.clone().acquire_owned()) => {
                let turn = turn.map_err(|_| BUSY)?;
                let pause = if self.waiting() < CROWD { PAUSE } else { PAUSE_IN_A_CROWD };
                let done = tokio::task::spawn_blocking(move || work()).await;
                tokio::spawn(async move {
                    tokio::time::sleep(pause).await;
                    drop(turn);
                });
                done.map_err(|_| BUSY)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Mutex, mpsc};

    #[tokio::test]
    async fn a_job_that_panics_leaves_the_others_alone() {
        let workers = CpuPool::default();
        let broken: Result<()> = workers.run(|| panic!("on purpose")).await;
        assert!(matches!(broken, Err(Error::Unavailable { .. })));
        assert_eq!(workers.run(|| 1 + 1).await, Ok(2));
    }

    #[tokio::test]
    async fn whoever_waits_behind_others_gets_a_turn() {
        let workers = CpuPool::default();
        let (open, gate) = mpsc::channel::<()>();
        let gate = Mutex::new(gate);
        let wait = move || drop(gate.lock().map(|gate| gate.recv()));
        let threads = workers.places.available_permits() - QUEUE;
        let wait = Arc::new(wait);
        for _ in 0..threads {
            let wait = wait.clone();
            let place = workers.places.clone().try_acquire_owned().unwrap();
            let job = move || {
                wait();
                drop(place);
            };
            workers.threads.run(job).unwrap();
        }
        assert_eq!(workers.run(|| 1).await, Ok(1));
        assert_eq!(workers.run(|| 2).await, Ok(2));
        drop(open);
    }

    #[tokio::test]
    async fn no_more_wait_than_there_are_places() {
        let workers = CpuPool::default();
        let (open, gate) = mpsc::channel::<()>();
        let gate = Arc::new(Mutex::new(gate));
        let wait = move || drop(gate.lock().map(|gate| gate.recv()));
        let places = workers.places.available_permits();
        let waiting: Vec<_> = (0..places)
            .map(|_| {
                let (workers, wait) = (workers.clone(), wait.clone());
                tokio::spawn(async move { workers.run(wait).await })
            })
            .collect();
        while workers.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(workers.run(|| ()).await, Err(Error::Unavailable { .. })));
        drop(open);
        for one in waiting {
            assert_eq!(one.await.unwrap(), Ok(()));
        }
        assert_eq!(workers.run(|| 1).await, Ok(1));
    }
}
