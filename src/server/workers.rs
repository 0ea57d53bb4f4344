//! Work that keeps a core busy (hashing, images), kept from everybody else's.
//!
//! It runs on threads of its own, one fewer than there are cores, which the system runs when it has
//! nothing else to do (`SCHED_IDLE`): whoever waits for a page comes first. (The lowest niceness is not
//! enough: a thread that was begun keeps its core for some milliseconds.) A short queue waits; whoever comes then is told to come
//! back, so that a flood takes neither the memory nor the time of others.

use crate::error::{Error, Result};
use std::{
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};
use thread_priority::{
    NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
    thread_native_id,
};
use tokio::sync::{Semaphore, oneshot};

/// How many may wait.
pub(super) const QUEUE: usize = 64;
/// How long they wait at most.
const PATIENCE: Duration = Duration::from_secs(3);

type Job = Box<dyn FnOnce() + Send>;

/// The threads and their queue. Cheap to clone; they end with the last clone.
#[derive(Debug, Clone)]
pub struct Workers {
    jobs: mpsc::Sender<Job>,
    places: Arc<Semaphore>,
}

impl Default for Workers {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = cores.saturating_sub(1).max(1);
        let (jobs, queue) = mpsc::channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..threads {
            let queue = queue.clone();
            thread::spawn(move || work(&queue));
        }
        Self { jobs, places: Arc::new(Semaphore::new(threads + QUEUE)) }
    }
}

fn work(queue: &Mutex<mpsc::Receiver<Job>>) {
    let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    let set = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle);
    if let Err(error) = set {
        tracing::warn!(?error, "workers run at the priority of everything else");
    }
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            // A job that panics takes its answer along, and nothing else.
            Ok(job) => drop(std::panic::catch_unwind(std::panic::AssertUnwindSafe(job))),
            Err(mpsc::RecvError) => return,
        }
    }
}

impl Workers {
    /// Does some work and tells what came of it.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too much waits already, or waited too long.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        const BUSY: Error = Error::Unavailable { retry_after: 3 };
        let place = self.places.clone().try_acquire_owned().map_err(|_| BUSY)?;
        let (answer, answered) = oneshot::channel();
        let job = move || {
            // Nobody waits for what is late: doing it would only make others late.
            if !answer.is_closed() {
                let _ = answer.send(work());
            }
            drop(place);
        };
        self.jobs.send(Box::new(job)).map_err(|error| super::caller::internal(&error))?;
        match tokio::time::timeout(PATIENCE, answered).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(_)) | Err(_) => Err(BUSY),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_job_that_panics_leaves_the_others_alone() {
        let workers = Workers::default();
        let broken: Result<()> = workers.run(|| panic!("on purpose")).await;
        assert!(matches!(broken, Err(Error::Unavailable { .. })));
        assert_eq!(workers.run(|| 1 + 1).await, Ok(2));
    }

    #[tokio::test]
    async fn no_more_wait_than_there_are_places() {
        let workers = Workers::default();
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
