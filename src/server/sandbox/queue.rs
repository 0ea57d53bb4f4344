//! Whose turn it is: places are given in turn to everybody who waits, whatever number of jobs each has.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::oneshot;
use uuid::Uuid;

/// The most jobs that wait, of all together.
const MAX_WAITING_IN_ALL: usize = 1024;

/// Places for work, each with a resource that is handed from job to job.
pub(super) struct Queue<T>(Arc<Mutex<State<T>>>);

struct State<T> {
    free: usize,
    /// The most places of one: all but one, if there is more than one.
    share: usize,
    /// The most jobs of one that wait.
    most: usize,
    resources: Vec<T>,
    running: HashMap<Uuid, usize>,
    waiting: HashMap<Uuid, VecDeque<oneshot::Sender<Place<T>>>>,
    /// Who waits, the next first.
    turns: VecDeque<Uuid>,
    in_all: usize,
}

/// A place to work at; dropping it gives it to the next.
pub(super) struct Place<T> {
    /// What is handed on; none where it has to be made, or is used up.
    pub(super) resource: Option<T>,
    whose: Uuid,
    state: Arc<Mutex<State<T>>>,
}

impl<T> Queue<T> {
    pub(super) fn new(places: usize, most: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            free: places,
            share: places.saturating_sub(1).max(1),
            most,
            resources: Vec::new(),
            running: HashMap::new(),
            waiting: HashMap::new(),
            turns: VecDeque::new(),
            in_all: 0,
        })))
    }

    /// Each resource that nobody uses now.
    #[cfg(test)]
    pub(super) fn each(&self, f: impl FnMut(&T)) {
        lock(&self.0).resources.iter().for_each(f);
    }

    /// A place, once it is its turn; none when too many wait already.
    pub(super) async fn place(&self, whose: Uuid) -> Option<Place<T>> {
        let (give, given) = oneshot::channel();
        {
            let mut state = lock(&self.0);
            let waiting = state.waiting.get(&whose).map_or(0, VecDeque::len);
            if waiting >= state.most || state.in_all >= MAX_WAITING_IN_ALL {
                return None;
            }
            if waiting == 0 {
                state.turns.push_back(whose);
            }
            state.waiting.entry(whose).or_default().push_back(give);
            state.in_all += 1;
        }
        give_places(&self.0);
        given.await.ok()
    }
}

impl<T> Drop for Place<T> {
    fn drop(&mut self) {
        {
            let mut state = lock(&self.state);
            state.free += 1;
            state.resources.extend(self.resource.take());
            if let Some(running) = state.running.get_mut(&self.whose) {
                *running -= 1;
                if *running == 0 {
                    state.running.remove(&self.whose);
                }
            }
        }
        give_places(&self.state);
    }
}

/// Gives what is free to whoever comes next. Whoever does not wait any more gives it back at once, outside
/// of the lock.
fn give_places<T>(state: &Arc<Mutex<State<T>>>) {
    loop {
        let next = lock(state).next();
        let Some((whose, give, resource)) = next else { return };
        drop(give.send(Place { resource, whose, state: state.clone() }));
    }
}

type Next<T> = (Uuid, oneshot::Sender<Place<T>>, Option<T>);

impl<T> State<T> {
    fn next(&mut self) -> Option<Next<T>> {
        if self.free == 0 {
            return None;
        }
        let has_room = |whose: &Uuid| self.running.get(whose).is_none_or(|running| *running < self.share);
        let at = self.turns.iter().position(has_room)?;
        let whose = self.turns.remove(at)?;
        let waiting = self.waiting.get_mut(&whose)?;
        let give = waiting.pop_front()?;
        if waiting.is_empty() {
            self.waiting.remove(&whose);
        } else {
            self.turns.push_back(whose);
        }
        self.in_all -= 1;
        self.free -= 1;
        *self.running.entry(whose).or_default() += 1;
        Some((whose, give, self.resources.pop()))
    }
}

fn lock<T>(state: &Mutex<State<T>>) -> MutexGuard<'_, State<T>> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::task::{Context, Poll, Waker};

    type Waiting<'q> = std::pin::Pin<Box<dyn Future<Output = Option<Place<u32>>> + Send + 'q>>;

    /// Starts to wait, and tells whether there is a place at once.
    fn begin(queue: &Queue<u32>, whose: Uuid) -> (Waiting<'_>, Option<Place<u32>>) {
        let mut place: Waiting<'_> = Box::pin(queue.place(whose));
        let polled = place.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        match polled {
            Poll::Ready(place_now) => (place, place_now),
            Poll::Pending => (place, None),
        }
    }

    const ANA: Uuid = Uuid::from_u128(1);
    const BO: Uuid = Uuid::from_u128(2);

    #[tokio::test]
    async fn places_are_given_in_turn_and_one_never_has_all() {
        let queue = Queue::new(2, 9);
        let first = queue.place(ANA).await.unwrap();
        let (second, none) = begin(&queue, ANA);
        assert!(none.is_none(), "one place stays for others");
        let (third, none) = begin(&queue, ANA);
        assert!(none.is_none());
        let of_bo = queue.place(BO).await.unwrap();
        let (next_of_bo, none) = begin(&queue, BO);
        assert!(none.is_none());
        drop(first);
        let second = second.await.unwrap();
        drop(of_bo);
        drop(next_of_bo.await.unwrap());
        drop(second);
        drop(third.await.unwrap());
        assert_eq!(lock(&queue.0).free, 2);
        assert!(lock(&queue.0).running.is_empty() && lock(&queue.0).waiting.is_empty());
    }

    #[tokio::test]
    async fn what_is_handed_on_is_used_again_unless_it_is_used_up() {
        let queue = Queue::new(1, 9);
        let mut place = queue.place(ANA).await.unwrap();
        assert_eq!(place.resource, None);
        place.resource = Some(7);
        drop(place);
        let mut place = queue.place(BO).await.unwrap();
        assert_eq!(place.resource.take(), Some(7));
        drop(place);
        assert_eq!(queue.place(ANA).await.unwrap().resource, None);
    }

    #[tokio::test]
    async fn a_crowd_of_one_is_refused_and_others_are_not() {
        let queue = Queue::new(1, 9);
        let busy = queue.place(ANA).await.unwrap();
        let crowd: Vec<_> = (0..9).map(|_| begin(&queue, ANA).0).collect();
        assert!(queue.place(ANA).await.is_none());
        let (of_bo, _) = begin(&queue, BO);
        drop(busy);
        let mut crowd = crowd.into_iter();
        drop(crowd.next().unwrap().await.unwrap());
        drop(of_bo.await.unwrap());
        // Those who went away do not keep a place.
        drop(crowd);
        drop(queue.place(BO).await.unwrap());
        assert_eq!(lock(&queue.0).in_all, 0);
    }
}
