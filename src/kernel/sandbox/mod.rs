//! A sandbox for work on what tenants write: templates, differences, pictures.
//!
//! Such work can run forever, take all memory or overflow the stack, and no check beforehand rules that
//! out. So it runs in worker processes of this same binary ([`worker`]), which limit themselves and hold no
//! secret, no file and no connection. A [`Job`] is written to a worker's input, its answer read from its
//! output. A worker that is too slow, or dies, is replaced; the caller that gave it the job gets a [`Failure`].
//!
//! Places are given in turn to those who wait, by person (`fair_queue`), and one person never has all of them,
//! however many organizations and keys they have. A job that ran long lowers the priority of its worker below everything else on the
//! machine. Answers are kept by the hash of the job, since a job is a pure function.

mod job;
mod process;
pub mod worker;

pub use job::{Job, Place};
pub use worker::at;

use super::{
    JobOwner,
    fair_queue::{self, Queue},
    long_work::LongWork,
    open_changes,
    threads::Threads,
};
use crate::{
    error::{Error, Result},
    kernel::{clock::stopwatch, internal_error::internal},
};
use process::{Answered, Worker};
use quick_cache::{Weighter, sync::Cache};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{sync::Arc, time::Duration};
use thread_priority::NormalThreadSchedulePolicy;
use tokio::sync::oneshot;
use uuid::Uuid;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Failure {
    /// It took longer than it may.
    #[error("it takes too long")]
    TooSlow(
        /// Where it was, if it works on a text.
        Option<Place>,
    ),
    /// The worker died: of memory, of its stack, or of a fault.
    #[error("it is too large")]
    Died,
}

/// How long and by how many workers work may be done.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// How many workers there are.
    pub workers: usize,
    /// Processor time of one job.
    pub deadline: Duration,
    /// How many jobs of one person may wait.
    pub waiting: usize,
}

/// The most bytes of answers that are kept.
const KEPT: u64 = 16 * 1024 * 1024;
/// How often the wall clock may show the deadline before a worker is killed: on a busy machine
/// it gets little processor time.
const STRETCH: u32 = 8;
/// How long a job waits for a worker.
const PATIENCE: Duration = Duration::from_secs(4);
const BUSY: Error = Error::Unavailable { retry_after: 3 };

type Hash = [u8; 32];
type Kept = std::result::Result<Arc<[u8]>, Failure>;

#[derive(Clone)]
struct Bytes;

impl Weighter<Hash, Kept> for Bytes {
    fn weight(&self, _: &Hash, kept: &Kept) -> u64 {
        (128 + kept.as_ref().map_or(0, |answer| answer.len())) as u64
    }
}

/// The sandbox of a server. Cheap to clone; its workers end with the last clone.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    bounds: Bounds,
    queue: Queue<Worker>,
    /// Where workers are started: a process begins with the priority of the thread that starts it.
    starting: Threads,
    /// Where jobs are written and answers read.
    long_work: LongWork,
    answers: Cache<Hash, Kept, Bytes>,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").field("bounds", &self.0.bounds).finish_non_exhaustive()
    }
}

impl Sandbox {
    /// A sandbox; workers are started when there is work.
    #[must_use]
    pub fn new(bounds: Bounds, long_work: LongWork) -> Self {
        let answers = Cache::with_weighter(1024, KEPT, Bytes);
        let queue = Queue::new(bounds.workers, bounds.waiting);
        let starting = Threads::start(1, NormalThreadSchedulePolicy::Other);
        Self(Arc::new(Inner { bounds, queue, starting, long_work, answers }))
    }

    /// Does a job on somebody's behalf.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too much waits already, or no worker can be started.
    pub async fn run<J: Job>(
        &self,
        behalf: JobOwner,
        job: J,
    ) -> Result<std::result::Result<J::Answer, Failure>> {
        open_changes::note_long_work();
        let framed = self.0.long_work.run_on(behalf, job.bytes(), move || framed(behalf, &job));
        let (hash, frame) = framed.await??;
        let kept = match self.0.answers.get(&hash) {
            Some(kept) => kept,
            None => self.work(behalf.turn(), hash, frame).await?,
        };
        let answer = match kept {
            Ok(answer) => answer,
            Err(failure) => return Ok(Err(failure)),
        };
        let size = answer.len();
        let read = move || serde_json::from_slice(&answer).map_err(|error| internal(&error));
        self.0.long_work.run_on(behalf, size, read).await?.map(Ok)
    }

    /// Ends the workers that wait for work, as a system short of memory may.
    #[cfg(test)]
    pub(crate) fn end_waiting_workers(&self) {
        self.0.queue.each(|worker| worker.leash().pull());
    }

    async fn work(&self, whose: Uuid, hash: Hash, frame: Vec<u8>) -> Result<Kept> {
        let place = tokio::time::timeout(PATIENCE, self.0.queue.place(whose));
        let place = place.await.map_err(|_| BUSY)?.ok_or(BUSY)?;
        // Somebody may have waited for the same.
        if let Some(kept) = self.0.answers.get(&hash) {
            return Ok(kept);
        }
        // It goes on when nobody waits for the answer any more: it is what ends the worker in time.
        let sandbox = self.clone();
        let exchange = tokio::spawn(async move {
            let (kept, is_certain) = sandbox.0.exchange(place, frame.into()).await?;
            if is_certain {
                sandbox.0.answers.insert(hash, kept.clone());
            }
            Ok(kept)
        });
        exchange.await.map_err(|error| internal(&error))?
    }
}

impl Inner {
    /// Has a worker do a job, and tells whether it would come out the same again. A worker that got no processor
    /// in time, or was ended by the system, may have been innocent.
    async fn exchange(&self, mut place: fair_queue::Place<Worker>, frame: Arc<[u8]>) -> Result<(Kept, bool)> {
        let waited = place.resource.take();
        let is_new = waited.is_none();
        let answered = self.attempt(&mut place, waited, frame.clone()).await?;
        if is_new || answered.0 != Err(Failure::Died) {
            return Ok(answered);
        }
        // It may have died while it waited for work.
        self.attempt(&mut place, None, frame).await
    }

    /// Has this worker, or a new one, do a job. The place keeps a worker that can do another.
    async fn attempt(
        &self,
        place: &mut fair_queue::Place<Worker>,
        worker: Option<Worker>,
        frame: Arc<[u8]>,
    ) -> Result<(Kept, bool)> {
        let mut worker = match worker {
            Some(worker) => worker,
            None => self.start().await?,
        };
        let leash = worker.leash();
        let mut answering = tokio::task::spawn_blocking(move || {
            let answered = worker.answer(&frame);
            (worker, answered)
        });
        let (began, limit) = (stopwatch(), self.bounds.deadline * STRETCH);
        let answered = match tokio::time::timeout(limit, &mut answering).await {
            Ok(answered) if began.elapsed() <= limit => answered,
            late => {
                leash.pull();
                // The place is free once the worker is gone.
                if late.is_err() {
                    let _ = answering.await;
                }
                return Ok((Err(Failure::TooSlow(None)), false));
            }
        };
        let (worker, answered) = answered.map_err(|error| internal(&error))?;
        Ok(match answered {
            Ok(Answered::Done { answer, is_demoted }) => {
                place.resource = (!is_demoted).then_some(worker);
                (Ok(answer.into()), true)
            }
            Ok(Answered::TooSlow(place)) => (Err(Failure::TooSlow(place)), true),
            Err(error) => {
                tracing::warn!(%error, "a worker process died");
                (Err(Failure::Died), false)
            }
        })
    }

    /// Starts a worker. It takes some milliseconds, which requests do not wait for.
    async fn start(&self) -> Result<Worker> {
        let (started, worker) = oneshot::channel();
        let deadline = self.bounds.deadline;
        self.starting.run(move || drop(started.send(Worker::start(deadline))))?;
        worker.await.map_err(|error| internal(&error))?.map_err(|error| internal(&error))
    }
}

/// A job as the worker reads it, and its hash for an organization.
fn framed<J: Job>(behalf: JobOwner, job: &J) -> Result<(Hash, Vec<u8>)> {
    let frame = frame(job)?;
    let mut hash = Sha256::new_with_prefix(behalf.org.0);
    hash.update(&frame);
    Ok((hash.finalize().into(), frame))
}

/// Its name, a line's end, and what it is given.
fn frame<J: Job>(job: &J) -> Result<Vec<u8>> {
    let mut frame = Vec::with_capacity(1024);
    frame.extend(J::NAME.bytes());
    frame.push(b'\n');
    serde_json::to_writer(&mut frame, job).map_err(|error| internal(&error))?;
    Ok(frame)
}
