//! Work that is done by one after the other in each organization, or by so many at once of each person, within a
//! process.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

/// Whose turn it is, by organization or by person. Nothing is kept of one for whom nobody works or waits.
#[derive(Debug, Clone)]
pub struct KeyedSemaphore {
    /// How many work at once for each.
    most: usize,
    all: Arc<Mutex<HashMap<Uuid, Those>>>,
}

/// Those who work or wait for one.
#[derive(Debug)]
struct Those {
    count: usize,
    places: Arc<Semaphore>,
}

/// While it is there, it is not the turn of somebody else.
#[derive(Debug)]
#[must_use]
pub struct Turn {
    // It is given up before the place is. Nobody closes what it is of, so it is always there.
    _held: Option<OwnedSemaphorePermit>,
    _place: Place,
}

/// While it is there, somebody works or waits.
#[derive(Debug)]
struct Place {
    turns: KeyedSemaphore,
    of: Uuid,
    places: Arc<Semaphore>,
}

impl Default for KeyedSemaphore {
    /// One after the other.
    fn default() -> Self {
        Self::of(1)
    }
}

impl KeyedSemaphore {
    /// So many at once for each.
    #[must_use]
    pub fn of(most: usize) -> Self {
        Self { most, all: Arc::default() }
    }

    /// A turn for one, after those who came before.
    pub async fn wait(&self, of: Uuid) -> Turn {
        let place = self.place(of);
        let held = place.places.clone().acquire_owned().await.ok();
        Turn { _held: held, _place: place }
    }

    /// A turn for one, if nobody has to be waited for.
    #[must_use]
    pub fn take(&self, of: Uuid) -> Option<Turn> {
        let place = self.place(of);
        let held = place.places.clone().try_acquire_owned().ok()?;
        Some(Turn { _held: Some(held), _place: place })
    }

    /// Whether nobody works or waits.
    #[cfg(test)]
    pub(crate) fn is_idle(&self) -> bool {
        self.lock().is_empty()
    }

    fn place(&self, of: Uuid) -> Place {
        let mut all = self.lock();
        let new = || Those { count: 0, places: Arc::new(Semaphore::new(self.most)) };
        let those = all.entry(of).or_insert_with(new);
        those.count += 1;
        Place { turns: self.clone(), of, places: those.places.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Those>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.turns.lock();
        if let Some(those) = all.get_mut(&self.of) {
            those.count -= 1;
            if those.count == 0 {
                all.remove(&self.of);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    const LITTLE: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn there_is_one_turn_at_a_time_in_an_organization() {
        let (turns, [acme, other]) = (KeyedSemaphore::default(), [1, 2].map(Uuid::from_u128));
        let first = turns.wait(acme).await;
        assert!(turns.take(acme).is_none() && turns.take(other).is_some());
        let waits = turns.clone();
        let second = tokio::spawn(async move { drop(waits.wait(acme).await) });
        assert!(timeout(LITTLE, turns.wait(acme)).await.is_err());
        assert!(!second.is_finished());
        drop(first);
        second.await.unwrap();
        assert!(turns.take(acme).is_some());
    }

    #[tokio::test]
    async fn nothing_is_left_of_those_who_go_away() {
        let (turns, acme) = (KeyedSemaphore::default(), Uuid::from_u128(1));
        let first = turns.wait(acme).await;
        for _ in 0..3 {
            assert!(timeout(LITTLE, turns.wait(acme)).await.is_err());
        }
        assert_eq!(turns.lock().get(&acme).map(|those| those.count), Some(1));
        drop(first);
        assert!(turns.is_idle());
    }

    #[tokio::test]
    async fn so_many_of_one_have_a_turn_at_once() {
        let (turns, [ana, ben]) = (KeyedSemaphore::of(2), [1, 2].map(Uuid::from_u128));
        let (first, _second) = (turns.wait(ana).await, turns.wait(ana).await);
        assert!(turns.take(ana).is_none() && timeout(LITTLE, turns.wait(ana)).await.is_err());
        assert!(turns.take(ben).is_some());
        drop(first);
        assert!(turns.take(ana).is_some());
    }
}
