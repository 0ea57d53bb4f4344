//! The worker's side of the sandbox: a process that does one job after the other, and limits itself.
//!
//! It is given its jobs on standard input and answers on standard output. It may use so much address
//! space, open no file, start no process. One thread works; the other looks at the processor time
//! that a job has taken: past some milliseconds the worker gets what nobody else wants of the machine, and
//! past the deadline it says at which line it was, and ends.

use super::job::{Job, Place};
use nix::sys::{
    resource::{Resource, UsageWho, getrlimit, getrusage, setrlimit},
    time::TimeValLike,
};
use std::{
    io::{self, Read, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};
use thread_priority::{
    NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
    thread_native_id,
};

/// The subcommand that makes a process a worker.
pub const COMMAND: &str = "render-worker";
/// The variable of its environment that says how many milliseconds of processor time a job may take.
pub(super) const DEADLINE: &str = "STUDIO_WORKER_DEADLINE";

/// First byte of an answer: here it is, with its length and its bytes.
pub(super) const DONE: u8 = 0xf1;
/// The same from a worker that has the lowest priority by now.
pub(super) const DONE_SLOWLY: u8 = 0xf2;
/// The deadline is past; the part and the line follow, 0 if there are none.
pub(super) const TOO_SLOW: u8 = 0xf3;

/// Address space beyond what the process has when it starts, in bytes.
const MEMORY: u64 = 256 * 1024 * 1024;
/// The stack of the thread that works, in bytes.
const STACK: usize = 8 * 1024 * 1024;
/// Processor time after which a job has the lowest priority, in microseconds.
const PROMPTLY: i64 = 10_000;
/// Seconds of processor time after which the system ends a job that nothing else ended.
const RESERVE: u64 = 30;
/// How often the time is looked at.
const GLANCE: Duration = Duration::from_millis(5);
/// The most bytes of a job.
const MAX_JOB: u32 = 64 * 1024 * 1024;

/// Where the job is: the part in the upper half, the line in the lower, which is 0 where there is none.
static PLACE: AtomicU64 = AtomicU64::new(0);
/// The job that is under way.
static UNDER_WAY: UnderWay = UnderWay::new();
/// Whether the worker has the lowest priority.
static DEMOTED: AtomicBool = AtomicBool::new(false);

/// The job that is under way, which is answered once: the thread that takes it first answers, and nobody else writes
/// meanwhile.
struct UnderWay {
    /// The processor time at which it began, in microseconds; none is under way below 0.
    begun: AtomicI64,
    answering: Mutex<()>,
}

impl UnderWay {
    const fn new() -> Self {
        Self { begun: AtomicI64::new(-1), answering: Mutex::new(()) }
    }

    fn begin(&self, begun: i64) {
        self.begun.store(begun, Ordering::Release);
    }

    fn begun(&self) -> Option<i64> {
        Some(self.begun.load(Ordering::Acquire)).filter(|begun| *begun >= 0)
    }

    /// Answers the job that began then, unless that was done.
    fn answer<T>(&self, begun: i64, write: impl FnOnce() -> T) -> Option<T> {
        let answering = self.answering.lock().unwrap_or_else(PoisonError::into_inner);
        self.begun.compare_exchange(begun, -1, Ordering::AcqRel, Ordering::Acquire).ok()?;
        let written = write();
        drop(answering);
        Some(written)
    }
}

/// A job by its name, as the worker finds it.
pub type Entry = (&'static str, fn(&[u8]) -> serde_json::Result<Vec<u8>>);

/// The entry of a job.
#[must_use]
pub const fn entry<J: Job>() -> Entry {
    (J::NAME, |given| serde_json::to_vec(&serde_json::from_slice::<J>(given)?.run()))
}

/// Notes where the job is, for when it takes too long.
pub fn at(place: Place) {
    PLACE.store(u64::from(place.part) << 32 | u64::from(place.line), Ordering::Relaxed);
}

/// Works until there are no more jobs.
pub fn run(jobs: &'static [Entry]) -> ExitCode {
    let Some(deadline) = std::env::var(DEADLINE).ok().and_then(|text| text.parse::<i64>().ok()) else {
        return ExitCode::FAILURE;
    };
    limit();
    let watcher = thread::current();
    let worker = thread::Builder::new().stack_size(STACK).spawn(move || {
        let ended = work(jobs, &watcher);
        // The process that gave the jobs is gone, or says what is none.
        std::process::exit(i32::from(ended.is_err()))
    });
    let Ok(worker) = worker else { return ExitCode::FAILURE };
    set(Resource::RLIMIT_NPROC, 0);
    watch(&worker, deadline.saturating_mul(1000))
}

/// Limits the process; what cannot be limited is not: the parent watches, too.
fn limit() {
    let pages: u64 = std::fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|sizes| sizes.split(' ').next()?.parse().ok())
        .unwrap_or_default();
    set(Resource::RLIMIT_AS, pages * 4096 + MEMORY);
    set(Resource::RLIMIT_CORE, 0);
    set(Resource::RLIMIT_FSIZE, 0);
    set(Resource::RLIMIT_NOFILE, 3);
    // The lowest niceness, so that pages come first from the first millisecond on.
    let normal = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Other);
    let _ = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, normal);
}

fn set(resource: Resource, most: u64) {
    if let Ok((_, hard)) = getrlimit(resource) {
        let most = most.min(hard);
        let _ = setrlimit(resource, most, most);
    }
}

fn set_soft(resource: Resource, most: u64) {
    if let Ok((_, hard)) = getrlimit(resource) {
        let _ = setrlimit(resource, most.min(hard), hard);
    }
}

/// The processor time of this process, in microseconds.
fn used() -> i64 {
    getrusage(UsageWho::RUSAGE_SELF)
        .map_or(0, |usage| usage.user_time().num_microseconds() + usage.system_time().num_microseconds())
}

/// Looks at how long a job has been under way, while one is.
fn watch(worker: &thread::JoinHandle<()>, deadline: i64) -> ! {
    use std::os::unix::thread::JoinHandleExt;
    loop {
        let Some(begun) = UNDER_WAY.begun() else {
            thread::park();
            continue;
        };
        let taken = used() - begun;
        if taken > deadline {
            UNDER_WAY.answer(begun, || {
                let place = PLACE.load(Ordering::Relaxed).rotate_left(32).to_le_bytes();
                let _ = io::stdout().lock().write_all(&[&[TOO_SLOW], &place[..]].concat());
                std::process::exit(1)
            });
        }
        if taken > PROMPTLY && !DEMOTED.swap(true, Ordering::Relaxed) {
            let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
            let _ = set_thread_priority_and_policy(worker.as_pthread_t(), ThreadPriority::Min, idle);
        }
        thread::sleep(GLANCE);
    }
}

fn work(jobs: &[Entry], watcher: &thread::Thread) -> io::Result<()> {
    let mut input = io::stdin().lock();
    loop {
        let mut length = [0; 4];
        if input.read_exact(&mut length).is_err() {
            return Ok(());
        }
        let length = u32::from_le_bytes(length);
        if length > MAX_JOB {
            return Err(io::Error::other("a job is too long"));
        }
        let mut frame = vec![0; length as usize];
        input.read_exact(&mut frame)?;
        PLACE.store(0, Ordering::Relaxed);
        let begun = used();
        // The system ends it should the watcher not.
        set_soft(Resource::RLIMIT_CPU, u64::try_from(begun / 1_000_000).unwrap_or_default() + RESERVE);
        UNDER_WAY.begin(begun);
        watcher.unpark();
        let answer = answer(jobs, &frame);
        let answer = answer.ok_or_else(|| io::Error::other("a job failed"))?;
        UNDER_WAY
            .answer(begun, || write(&answer))
            .ok_or_else(|| io::Error::other("a job was too slow"))??;
    }
}

fn write(answer: &[u8]) -> io::Result<()> {
    let kind = if DEMOTED.load(Ordering::Relaxed) { DONE_SLOWLY } else { DONE };
    let length = u32::try_from(answer.len()).map_err(io::Error::other)?.to_le_bytes();
    let mut output = io::stdout().lock();
    output.write_all(&[&[kind], &length[..]].concat())?;
    output.write_all(answer)?;
    output.flush()
}

fn answer(jobs: &[Entry], frame: &[u8]) -> Option<Vec<u8>> {
    let end = frame.iter().position(|byte| *byte == b'\n')?;
    let (name, given) = (std::str::from_utf8(&frame[..end]).ok()?, &frame[end + 1..]);
    let (_, job) = jobs.iter().find(|(known, _)| *known == name)?;
    catch_unwind(AssertUnwindSafe(|| job(given))).ok()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_answered_once_and_never_the_next_one() {
        let under_way = UnderWay::new();
        for begun in 0..2000 {
            under_way.begin(begun);
            let answer = || under_way.answer(begun, || under_way.begun()).into_iter().collect::<Vec<_>>();
            let answers = thread::scope(|scope| {
                let other = scope.spawn(answer);
                [answer(), other.join().unwrap()].concat()
            });
            assert_eq!(answers, [None], "while it is answered none is under way");
        }
        under_way.begin(5000);
        assert_eq!(under_way.answer(1999, || ()), None, "the watcher is late");
        assert_eq!(under_way.begun(), Some(5000));
    }
}
