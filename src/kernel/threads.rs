//! Threads of a low priority, which do one job after the other.

use crate::{error::Result, kernel::internal_error::internal};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};
use thread_priority::{
    NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
    thread_native_id,
};

type Job = Box<dyn FnOnce() + Send>;

/// Some threads. Cheap to clone; they end with the last clone.
#[derive(Debug, Clone)]
pub(super) struct Threads(mpsc::Sender<Job>);

impl Threads {
    /// Starts so many, with the lowest priority of a policy.
    pub(super) fn start(count: usize, policy: NormalThreadSchedulePolicy) -> Self {
        let (jobs, next) = mpsc::channel::<Job>();
        let next = Arc::new(Mutex::new(next));
        for _ in 0..count {
            let next = next.clone();
            thread::spawn(move || work(&next, policy));
        }
        Self(jobs)
    }

    /// Has the first of them that is free do a job.
    pub(super) fn run(&self, job: impl FnOnce() + Send + 'static) -> Result<()> {
        self.0.send(Box::new(job)).map_err(|error| internal(&error))
    }
}

fn work(next: &Mutex<mpsc::Receiver<Job>>, policy: NormalThreadSchedulePolicy) {
    let policy = ThreadSchedulePolicy::Normal(policy);
    if let Err(error) = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, policy) {
        tracing::warn!(?error, "a thread has the priority of everything else");
    }
    loop {
        let job = next.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            // A job that panics takes its answer along, and nothing else.
            Ok(job) => drop(catch_unwind(AssertUnwindSafe(job))),
            Err(mpsc::RecvError) => return,
        }
    }
}
