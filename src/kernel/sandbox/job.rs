//! What a worker process does.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Work that a worker process does: a pure function of what it is given.
pub trait Job: Serialize + DeserializeOwned + Send + 'static {
    /// Its name, by which the worker finds it.
    const NAME: &'static str;
    /// What comes of it.
    type Answer: Serialize + DeserializeOwned + Send + 'static;

    /// About how many bytes it is on.
    fn bytes(&self) -> usize;

    /// Does it. Runs in the worker only.
    fn run(self) -> Self::Answer;
}

/// Where a job is in what it works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Which text, from 0.
    pub part: u32,
    /// The line of it, from 1.
    pub line: u32,
}
