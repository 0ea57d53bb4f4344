//! Work that keeps a core busy, on what tenants send and keep: reading a file, writing one, looking through long
//! texts.
//!
//! It has threads of its own, which come after all else that the machine has to do, and is done in turn by person
//! (`fair_queue`): requests are answered meanwhile. What is small is done at once. What may never end is
//! for the [`sandbox`](super::sandbox).
//!
//! Nothing waits for its turn within a change. What must be done there is done at once, [`within`] it: other tasks of
//! the thread go on elsewhere.

use super::{JobOwner, fair_queue::Queue, open_changes, threads::Threads};
use crate::{
    error::{Error, Result},
    kernel::internal_error::internal,
};
use std::{cell::Cell, thread, time::Duration};
use thread_priority::NormalThreadSchedulePolicy;
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::oneshot,
    task::block_in_place,
};

/// The most bytes that are worked on at once: less than a millisecond's work.
pub const SMALL: usize = 16 * 1024;
/// The most jobs of one person that wait.
const WAITING: usize = 64;
/// How long a job waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);
const BUSY: Error = Error::Unavailable { retry_after: 3 };

/// The threads, and whose turn it is. Cheap to clone; they end with the last clone.
#[derive(Clone)]
pub struct LongWork {
    queue: Queue<()>,
    threads: Threads,
}

impl std::fmt::Debug for LongWork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LongWork").finish_non_exhaustive()
    }
}

impl Default for LongWork {
    /// As many threads as there are cores, but two at least: one person never has all of them.
    fn default() -> Self {
        let count = thread::available_parallelism().map_or(1, std::num::NonZero::get).max(2);
        // The lowest niceness, not the idle policy: on a machine that is never idle it goes on, too.
        let threads = Threads::start(count, NormalThreadSchedulePolicy::Other);
        Self { queue: Queue::new(count, WAITING), threads }
    }
}

impl LongWork {
    /// Does some work on somebody's behalf, when it is their turn.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too much of theirs waits already, or waited too long; [`Error::Internal`] when it
    /// panics.
    pub async fn run<T: Send + 'static>(
        &self,
        behalf: JobOwner,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        open_changes::note_long_work();
        let place = tokio::time::timeout(PATIENCE, self.queue.place(behalf.turn())).await;
        let place = place.map_err(|_| BUSY)?.ok_or(BUSY)?;
        let (answer, answered) = oneshot::channel();
        let span = tracing::Span::current();
        let job = move || {
            // What nobody waits for any more is left.
            if !answer.is_closed() {
                drop(answer.send(span.in_scope(work)));
            }
            drop(place);
        };
        self.threads.run(job)?;
        answered.await.map_err(|error| internal(&error))
    }

    /// The same for work on so many bytes: at once, where they are few.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_on<T: Send + 'static>(
        &self,
        behalf: JobOwner,
        bytes: usize,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        if bytes <= SMALL { Ok(work()) } else { self.run(behalf, work).await }
    }
}

thread_local! {
    /// Whether nobody waits for this thread.
    static IS_ASIDE: Cell<bool> = const { Cell::new(false) };
}

/// While it is there nobody waits for this thread; what was before comes back after it.
struct Aside(bool);

impl Aside {
    fn begin() -> Self {
        Self(IS_ASIDE.replace(true))
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        IS_ASIDE.set(self.0);
    }
}

/// Does work on so many bytes within a change, where nothing can wait for its turn: some milliseconds of it at most.
pub fn within<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    let can_leave =
        || Handle::try_current().is_ok_and(|here| here.runtime_flavor() == RuntimeFlavor::MultiThread);
    if bytes <= SMALL || IS_ASIDE.get() || !can_leave() {
        return work();
    }
    block_in_place(|| {
        let _aside = Aside::begin();
        work()
    })
}

/// Tells when work on so many bytes is done by a thread that answers requests.
pub fn note(bytes: usize) {
    if bytes > SMALL && !IS_ASIDE.get() && Handle::try_current().is_ok() {
        tracing::error!(bytes, "requests wait for long work");
        debug_assert!(false, "requests wait for work on {bytes} bytes");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{OrgId, UserId};
    use std::sync::{Arc, Mutex, mpsc};
    use uuid::Uuid;

    fn behalf(person: u128) -> JobOwner {
        JobOwner { org: OrgId(Uuid::nil()), person: Some(UserId(Uuid::from_u128(person))) }
    }

    #[tokio::test]
    async fn it_is_done_on_another_thread_and_what_is_small_at_once() {
        let (long_work, here) = (LongWork::default(), thread::current().id());
        let told = || (thread::current().id(), Handle::try_current().is_ok());
        assert_eq!(long_work.run_on(behalf(1), SMALL, told).await, Ok((here, true)));
        let (there, answers) = long_work.run_on(behalf(1), SMALL + 1, told).await.unwrap();
        assert!(there != here && !answers);
    }

    #[tokio::test]
    async fn a_job_that_panics_leaves_the_others_alone() {
        let long_work = LongWork::default();
        for _ in 0..10 {
            let broken: Result<()> = long_work.run(behalf(1), || panic!("on purpose")).await;
            assert!(matches!(broken, Err(Error::Internal { .. })), "{broken:?}");
        }
        assert_eq!(long_work.run(behalf(1), || 1 + 1).await, Ok(2));
    }

    #[tokio::test]
    async fn one_person_never_has_all_threads() {
        let long_work = LongWork::default();
        let (open, gate) = mpsc::channel::<()>();
        let gate = Arc::new(Mutex::new(gate));
        let flood: Vec<_> = (0..WAITING)
            .map(|_| {
                let (long_work, gate) = (long_work.clone(), gate.clone());
                let waits = move || drop(gate.lock().map(|gate| gate.recv()));
                tokio::spawn(async move { long_work.run(behalf(1), waits).await })
            })
            .collect();
        tokio::task::yield_now().await;
        assert_eq!(long_work.run(behalf(2), || "done").await, Ok("done"));
        drop(open);
        for one in flood {
            assert_eq!(one.await.unwrap(), Ok(()));
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn long_work_where_requests_are_answered_is_found_out() {
        let told = async |bytes| tokio::spawn(async move { note(bytes) }).await.is_ok();
        assert!(told(SMALL).await && !told(SMALL + 1).await);
        let within_a_change = tokio::spawn(async { within(SMALL + 1, || note(SMALL + 1)) });
        assert!(within_a_change.await.is_ok());
        assert!(!told(SMALL + 1).await, "it is as before");
        assert_eq!(LongWork::default().run(behalf(1), || note(SMALL + 1)).await, Ok(()));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn other_tasks_go_on_while_a_change_works() {
        let (send, receive) = mpsc::channel();
        let works = tokio::spawn(async move {
            // The only thread of the runtime is busy until another task of it has run.
            tokio::spawn(async move { send.send(()) });
            within(SMALL + 1, || receive.recv_timeout(Duration::from_secs(10)).is_ok())
        });
        assert!(works.await.unwrap());
    }
}
