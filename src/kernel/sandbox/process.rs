//! A worker process, as its parent has it.

use super::{
    job::Place,
    worker::{COMMAND, DEADLINE, DONE, DONE_SLOWLY, TOO_SLOW},
};
use std::{
    io::{self, Read, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

/// The most bytes of an answer.
const MAX_ANSWER: u32 = 32 * 1024 * 1024;

/// This program, even when its file was replaced since it started.
const PROGRAM: &str = "/proc/self/exe";

/// In the tests the program is the test program, and the worker one of its tests.
const ARGUMENTS: &[&str] = if cfg!(test) {
    &["tests::render_worker", "--exact", "--ignored", "--nocapture", "--test-threads=1"]
} else {
    &[COMMAND]
};

/// A worker process. Dropping it ends the process.
#[derive(Debug)]
pub(super) struct Worker {
    input: ChildStdin,
    output: ChildStdout,
    leash: Leash,
}

/// What ends a process, from wherever it is known that it should. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Leash(Arc<Mutex<Option<Child>>>);

/// What a worker says of a job.
pub(super) enum Answered {
    Done {
        answer: Vec<u8>,
        /// Whether it has the lowest priority from now on, which cannot be taken back.
        is_demoted: bool,
    },
    TooSlow(Option<Place>),
}

impl Worker {
    /// Starts a worker that gives a job so much processor time. It gets nothing of what this process knows:
    /// no secret in its environment, no open file.
    pub(super) fn start(deadline: Duration) -> io::Result<Self> {
        let mut command = Command::new(PROGRAM);
        command.args(ARGUMENTS).env_clear().env(DEADLINE, deadline.as_millis().to_string()).current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let leash = Leash(Arc::new(Mutex::new(Some(child))));
        let (input, output) = pipes.ok_or_else(|| io::Error::other("a worker has no pipes"))?;
        Ok(Self { input, output, leash })
    }

    /// What ends the process while it works.
    pub(super) fn leash(&self) -> Leash {
        self.leash.clone()
    }

    /// Gives it a job and waits for the answer. Blocks the thread.
    pub(super) fn answer(&mut self, frame: &[u8]) -> io::Result<Answered> {
        let length = u32::try_from(frame.len()).map_err(io::Error::other)?;
        self.input.write_all(&length.to_le_bytes())?;
        self.input.write_all(frame)?;
        let kind = self.kind()?;
        if kind == TOO_SLOW {
            let (part, line) = (self.number()?, self.number()?);
            return Ok(Answered::TooSlow((line > 0).then_some(Place { part, line })));
        }
        let length = self.number()?;
        if length > MAX_ANSWER {
            return Err(io::Error::other("the answer of a worker is too long"));
        }
        let mut answer = vec![0; length as usize];
        self.output.read_exact(&mut answer)?;
        Ok(Answered::Done { answer, is_demoted: kind == DONE_SLOWLY })
    }

    fn number(&mut self) -> io::Result<u32> {
        let mut bytes = [0; 4];
        self.output.read_exact(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    /// The first byte of an answer. Anything else before it is passed over, such as what a test program says
    /// when it starts.
    fn kind(&mut self) -> io::Result<u8> {
        loop {
            let mut byte = [0];
            self.output.read_exact(&mut byte)?;
            if [DONE, DONE_SLOWLY, TOO_SLOW].contains(&byte[0]) {
                return Ok(byte[0]);
            }
        }
    }
}

impl Leash {
    /// Ends the process. It may take a moment until it is gone, which nobody waits for.
    pub(super) fn pull(&self) {
        let child = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut child) = child {
            let _ = child.kill();
            thread::spawn(move || child.wait());
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.leash.pull();
    }
}
