//! The load: connections that each send one request after the other, in slices that alternate between control and route.
//!
//! The order within a round is A B B A, so that a machine that slowly gets warmer or busier favours neither.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use hyper::Method;
use hyper::header::LOCATION;
use tokio::task::{JoinHandle, LocalSet};

use crate::bench::client::{Answer, Call, Connection};
use crate::bench::scenario::{Route, SERIAL};
use crate::bench::server::Server;
use crate::bench::wire::{Wire, can_carry};
use crate::sh;

/// How long to wait after a crowd has left: the server may still be at work for it.
const AFTERMATH: Duration = Duration::from_secs(3);

/// How much the length of an answer may differ from the first: relative times in a page come and go.
const LENGTH_SLACK: usize = 64;

/// How many errors in a row a connection puts up with before it ends its slice.
const PATIENCE: u32 = 100;

/// How long and how hard to measure.
pub(crate) struct Plan {
    /// Rounds of four slices.
    pub(crate) rounds: usize,
    /// How long a slice takes.
    pub(crate) slice: Duration,
    /// Connections at once.
    pub(crate) connections: usize,
    /// Keys to revoke.
    pub(crate) keys: usize,
    /// Prompts to have in memory.
    pub(crate) prompts: usize,
}

/// What slices of the same request gave together.
#[derive(Default)]
pub(crate) struct Sample {
    /// How long each request took.
    pub(crate) latencies: Vec<Duration>,
    /// How long the slices took.
    pub(crate) elapsed: Duration,
    /// The server's processor time.
    pub(crate) cpu: Duration,
    /// Requests that failed or were answered otherwise than the first.
    pub(crate) errors: u64,
}

impl Sample {
    /// Good answers a second.
    pub(crate) fn rate(&self) -> f64 {
        rate(self.latencies.len(), self.elapsed)
    }

    fn add(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.elapsed += other.elapsed;
        self.cpu += other.cpu;
        self.errors += other.errors;
    }
}

/// So many in that time, a second.
pub(crate) fn rate(count: usize, elapsed: Duration) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / elapsed.as_secs_f64()
}

/// A route and its control, measured in turn.
#[derive(Default)]
pub(crate) struct Comparison {
    /// All slices of the route.
    pub(crate) route: Sample,
    /// All slices of the control.
    pub(crate) control: Sample,
    /// The ratio of their rates in each round.
    pub(crate) ratios: Vec<f64>,
}

/// A call and the answer that is expected of it.
struct Target {
    address: String,
    call: Call,
    expected: Answer,
    serial: Cell<u64>,
}

/// Measures the route and its control in turn.
pub(crate) async fn compare(server: &Server, route: &Route, plan: &Plan) -> Result<Comparison> {
    let measured = Rc::new(Target::probe(server, &route.call).await.context("the first request")?);
    let control =
        Rc::new(Target::probe(server, &route.control).await.context("the first request to the control")?);
    let mut comparison = Comparison::default();
    for _ in 0..plan.rounds {
        let (mut ours, mut theirs) = (Sample::default(), Sample::default());
        for is_control in [true, false, false, true] {
            sh::check_interrupt()?;
            let (target, sample) = if is_control { (&control, &mut theirs) } else { (&measured, &mut ours) };
            let crowd = match &route.flood {
                Some((call, size)) if !is_control => Some(Crowd::gather(server, &[call], *size).await?),
                _ => None,
            };
            sample.add(slice(server, target, plan).await?);
            if let Some(crowd) = crowd {
                drop(crowd);
                tokio::time::sleep(AFTERMATH).await;
            }
        }
        comparison.ratios.push(ours.rate() / theirs.rate());
        comparison.route.add(ours);
        comparison.control.add(theirs);
    }
    Ok(comparison)
}

/// Many who each send the same all the while, until they are dropped. Told to come back later, they do so
/// after a second.
pub(crate) struct Crowd {
    members: Vec<JoinHandle<()>>,
    answers: Arc<Answers>,
}

/// What a crowd was answered so far.
#[derive(Default)]
struct Answers {
    good: AtomicUsize,
    other: AtomicUsize,
}

impl Crowd {
    /// So many, among whom the calls are dealt out in turn.
    pub(crate) async fn gather(server: &Server, calls: &[&Call], size: usize) -> Result<Self> {
        // Never repeated: the server caches what it rendered before.
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        let mut crowd = Self { members: Vec::new(), answers: Arc::default() };
        for call in calls.iter().cycle().take(size) {
            let (mut connection, call) = (Connection::open(&server.address()).await?, Call::clone(call));
            let answers = Arc::clone(&crowd.answers);
            crowd.members.push(tokio::spawn(async move {
                let next = || numbered(&call, SERIAL.fetch_add(1, Ordering::Relaxed));
                while let Ok(answer) = follow(&mut connection, &next()).await {
                    let count = if answer.status.is_success() { &answers.good } else { &answers.other };
                    count.fetch_add(1, Ordering::Relaxed);
                    if answer.status.as_u16() == 503 {
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    }
                }
            }));
        }
        // Until all have begun.
        tokio::time::sleep(Duration::from_millis(300)).await;
        Ok(crowd)
    }

    /// How many good answers there were so far; that there was any other, or that somebody has left, is an error.
    pub(crate) fn answered(&self) -> Result<usize> {
        let (other, left) = (self.answers.other.load(Ordering::Relaxed), self.members.iter());
        let left = left.filter(|member| member.is_finished()).count();
        ensure!(
            other == 0 && left == 0,
            "of the load, {other} requests were refused and {left} connections lost"
        );
        Ok(self.answers.good.load(Ordering::Relaxed))
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.members.iter().for_each(JoinHandle::abort);
    }
}

/// Sends a call, and goes where its answer leads with the cookies it gives, as a browser does.
pub(crate) async fn follow(connection: &mut Connection, call: &Call) -> Result<Answer> {
    let answer = connection.send(call).await?;
    let Some(to) = answer.headers.get(LOCATION) else { return Ok(answer) };
    let mut led =
        Call { method: Method::GET, path: to.to_str()?.to_owned(), body: String::new(), ..call.clone() };
    for (name, value) in answer.cookies() {
        // Of two with the same name the first counts.
        led.cookies = format!("{name}={value}; {}", led.cookies);
    }
    connection.send(&led).await
}

/// One slice: all connections at once, opened before the clock starts.
async fn slice(server: &Server, target: &Rc<Target>, plan: &Plan) -> Result<Sample> {
    let mut connections = Vec::new();
    for _ in 0..plan.connections {
        connections.push(Line::open(target).await?);
    }
    let (cpu, start) = (server.cpu()?, Instant::now());
    let local = LocalSet::new();
    let workers: Vec<_> = connections
        .into_iter()
        .map(|connection| local.spawn_local(work(connection, Rc::clone(target), start + plan.slice)))
        .collect();
    local.await;
    let mut total =
        Sample { elapsed: start.elapsed(), cpu: server.cpu()?.saturating_sub(cpu), ..Sample::default() };
    for worker in workers {
        let (latencies, errors) = worker.await?;
        total.latencies.extend(latencies);
        total.errors += errors;
    }
    Ok(total)
}

/// Sends one request after the other until the end; gives the times of the good ones and the number of the others.
async fn work(mut line: Line, target: Rc<Target>, end: Instant) -> (Vec<Duration>, u64) {
    let (mut latencies, mut errors, mut in_a_row) = (Vec::new(), 0, 0);
    while Instant::now() < end && in_a_row < PATIENCE {
        let start = Instant::now();
        let answer = line.send(&target).await;
        if answer.as_ref().is_ok_and(|answer| target.accepts(*answer)) {
            latencies.push(start.elapsed());
            in_a_row = 0;
            continue;
        }
        errors += 1;
        in_a_row += 1;
        if answer.is_err()
            && let Ok(fresh) = Line::open(&target).await
        {
            line = fresh;
        }
    }
    (latencies, errors)
}

/// A connection of whichever kind can carry the call.
enum Line {
    Wire(Wire),
    Connection(Connection),
}

impl Line {
    async fn open(target: &Target) -> Result<Self> {
        if can_carry(&target.call, &target.expected) {
            return Wire::open(&target.address, &target.call).await.map(Self::Wire);
        }
        Connection::open(&target.address).await.map(Self::Connection)
    }

    /// The status of the answer, and the length of its body.
    async fn send(&mut self, target: &Target) -> Result<(u16, usize)> {
        match self {
            Self::Wire(wire) => wire.send().await,
            Self::Connection(connection) => {
                let answer = connection.send(&target.next()).await?;
                Ok((answer.status.as_u16(), answer.body.len()))
            }
        }
    }
}

impl Target {
    /// Sends the call once, to learn what the answer looks like.
    async fn probe(server: &Server, call: &Call) -> Result<Self> {
        let address = server.address();
        let mut connection = Connection::open(&address).await?;
        let serial = Cell::new(1);
        let expected = connection.send(&numbered(call, 0)).await?;
        let status = expected.status;
        ensure!(
            !status.is_client_error() && !status.is_server_error(),
            "{} {} answered {status}",
            call.method,
            call.path
        );
        Ok(Self { address, call: call.clone(), expected, serial })
    }

    fn next(&self) -> Call {
        numbered(&self.call, self.serial.replace(self.serial.get() + 1))
    }

    fn accepts(&self, (status, length): (u16, usize)) -> bool {
        status == self.expected.status.as_u16() && length.abs_diff(self.expected.body.len()) <= LENGTH_SLACK
    }
}

fn numbered(call: &Call, serial: u64) -> Call {
    Call { body: call.body.replace(SERIAL, &serial.to_string()), ..call.clone() }
}
