//! Which tasks have a change open. Others wait until it ends, so nothing that may take long is waited for within one.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};
use tokio::task::{self, Id};

static OPEN: LazyLock<Mutex<HashMap<Id, usize>>> = LazyLock::new(Mutex::default);

fn open() -> MutexGuard<'static, HashMap<Id, usize>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A change of the task that began it is open as long as this is there.
#[derive(Debug)]
pub(crate) struct Open(Option<Id>);

impl Open {
    pub(crate) fn begin() -> Self {
        let task = task::try_id();
        if let Some(task) = task {
            *open().entry(task).or_default() += 1;
        }
        Self(task)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let Some(task) = self.0 else { return };
        let mut open = open();
        if let Some(count) = open.get_mut(&task) {
            *count -= 1;
            if *count == 0 {
                open.remove(&task);
            }
        }
    }
}

/// Tells when something that may take long is begun within a change.
pub(super) fn note_long_work() {
    if task::try_id().is_some_and(|task| open().contains_key(&task)) {
        tracing::error!("a change keeps others waiting for long work");
        debug_assert!(false, "a change keeps others waiting for long work");
    }
}
