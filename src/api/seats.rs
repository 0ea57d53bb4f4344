//! How many streams are open at once.

use super::problem::Refusal;
use crate::id::ApiKeyId;
use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

/// The most streams of a key, in one process.
const MOST: usize = 100;

/// One open stream of a key.
#[derive(Debug)]
pub(super) struct Seat(ApiKeyId);

fn taken() -> MutexGuard<'static, HashMap<ApiKeyId, usize>> {
    static TAKEN: LazyLock<Mutex<HashMap<ApiKeyId, usize>>> = LazyLock::new(Mutex::default);
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Seat {
    /// A seat for one more stream.
    ///
    /// # Errors
    /// 429 when the key has as many as it may.
    pub(super) fn take(key: ApiKeyId) -> Result<Self, Refusal> {
        let mut taken = taken();
        let count = taken.entry(key).or_default();
        if *count >= MOST {
            return Err(Refusal::too_many_streams(MOST));
        }
        *count += 1;
        Ok(Self(key))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = taken();
        if let Some(count) = taken.get_mut(&self.0) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.0);
            }
        }
    }
}
