//! Work that is done by one after the other in each organization, within a process.

use crate::id::OrgId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::OwnedMutexGuard;

/// Whose turn it is, by organization. Nothing is kept of an organization where nobody works or waits.
#[derive(Debug, Clone, Default)]
pub struct Turns(Arc<Mutex<HashMap<OrgId, Those>>>);

/// Those who work or wait in an organization.
#[derive(Debug, Default)]
struct Those {
    count: usize,
    one: Arc<tokio::sync::Mutex<()>>,
}

/// While it is there, it is nobody else's turn.
#[derive(Debug)]
#[must_use]
pub struct Turn {
    // It is given up before the place is.
    _held: OwnedMutexGuard<()>,
    _place: Place,
}

/// While it is there, somebody works or waits.
#[derive(Debug)]
struct Place {
    turns: Turns,
    org: OrgId,
    one: Arc<tokio::sync::Mutex<()>>,
}

impl Turns {
    /// A turn in an organization, after those who came before.
    pub async fn wait(&self, org: OrgId) -> Turn {
        let place = self.place(org);
        let held = place.one.clone().lock_owned().await;
        Turn { _held: held, _place: place }
    }

    /// A turn in an organization where nobody else works or waits.
    #[must_use]
    pub fn take(&self, org: OrgId) -> Option<Turn> {
        let place = self.place(org);
        let held = place.one.clone().try_lock_owned().ok()?;
        Some(Turn { _held: held, _place: place })
    }

    /// Whether nobody works or waits.
    #[cfg(test)]
    pub(super) fn is_idle(&self) -> bool {
        self.lock().is_empty()
    }

    fn place(&self, org: OrgId) -> Place {
        let mut all = self.lock();
        let those = all.entry(org).or_default();
        those.count += 1;
        Place { turns: self.clone(), org, one: those.one.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OrgId, Those>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.turns.lock();
        if let Some(those) = all.get_mut(&self.org) {
            those.count -= 1;
            if those.count == 0 {
                all.remove(&self.org);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;
    use uuid::Uuid;

    const LITTLE: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn there_is_one_turn_at_a_time_in_an_organization() {
        let (turns, [acme, other]) = (Turns::default(), [1, 2].map(|n| OrgId(Uuid::from_u128(n))));
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
        let (turns, acme) = (Turns::default(), OrgId(Uuid::from_u128(1)));
        let first = turns.wait(acme).await;
        for _ in 0..3 {
            assert!(timeout(LITTLE, turns.wait(acme)).await.is_err());
        }
        assert_eq!(turns.lock().get(&acme).map(|those| those.count), Some(1));
        drop(first);
        assert!(turns.is_idle());
    }
}
