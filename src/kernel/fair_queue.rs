//! Whose turn it is: places are given in turn to everybody who waits, whatever number of jobs each has. Where too many
//! jobs wait, the person who has most loses one to those who have fewer.

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

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// How much there is room for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// The places.
    pub(super) places: usize,
    /// The most places of one.
    pub(super) share: usize,
    /// The most jobs of one that wait.
    pub(super) waiting: usize,
    /// The most jobs that wait, of all together.
    pub(super) in_all: usize,
}

struct State<T> {
    free: usize,
    room: Room,
    resources: Vec<T>,
    running: HashMap<Uuid, usize>,
    waiting: HashMap<Uuid, VecDeque<Job<T>>>,
    /// Who waits, the next first.
    turns: VecDeque<Uuid>,
    in_all: usize,
    next: u64,
}

/// A job that waits.
struct Job<T> {
    number: u64,
    give: oneshot::Sender<Place<T>>,
}

/// A place to work at; dropping it gives it to the next.
pub(super) struct Place<T> {
    /// What is handed on; none where it has to be made, or is used up.
    pub(super) resource: Option<T>,
    whose: Uuid,
    /// Where it is given back; none once it is.
    state: Option<Arc<Mutex<State<T>>>>,
}

/// While it is there a job may wait.
struct Wait<'s, T> {
    state: &'s Mutex<State<T>>,
    whose: Uuid,
    number: u64,
}

impl<T> Drop for Wait<'_, T> {
    fn drop(&mut self) {
        // What is dropped is dropped when nothing is locked.
        let _left = lock(self.state).leave(self.whose, self.number);
    }
}

impl<T> Queue<T> {
    /// One never has all places, if there is more than one.
    pub(super) fn new(places: usize, waiting: usize) -> Self {
        let share = places.saturating_sub(1).max(1);
        Self::within(Room { places, share, waiting, in_all: MAX_WAITING_IN_ALL })
    }

    pub(super) fn within(room: Room) -> Self {
        Self(Arc::new(Mutex::new(State {
            free: room.places,
            room,
            resources: Vec::new(),
            running: HashMap::new(),
            waiting: HashMap::new(),
            turns: VecDeque::new(),
            in_all: 0,
            next: 0,
        })))
    }

    /// Gives up the resources that nobody uses now.
    pub(super) fn clear(&self) {
        // They are dropped when nothing is locked.
        let _unused = std::mem::take(&mut lock(&self.0).resources);
    }

    /// Each resource that nobody uses now.
    #[cfg(test)]
    pub(super) fn each(&self, f: impl FnMut(&T)) {
        lock(&self.0).resources.iter().for_each(f);
    }

    /// A place, once it is its turn; none when too many wait already.
    pub(super) async fn place(&self, whose: Uuid) -> Option<Place<T>> {
        let (give, given) = oneshot::channel();
        let (number, lost) = lock(&self.0).wait(whose, give)?;
        let _wait = Wait { state: &self.0, whose, number };
        drop(lost);
        give_places(&self.0);
        given.await.ok()
    }
}

impl<T> Place<T> {
    /// Gives it back, unless it was; the next is to have it.
    fn give_back(&mut self) -> Option<Arc<Mutex<State<T>>>> {
        let given = self.state.take()?;
        let mut state = lock(&given);
        state.free += 1;
        state.resources.extend(self.resource.take());
        if let Some(running) = state.running.get_mut(&self.whose) {
            *running -= 1;
            if *running == 0 {
                state.running.remove(&self.whose);
            }
        }
        drop(state);
        Some(given)
    }
}

impl<T> Drop for Place<T> {
    fn drop(&mut self) {
        if let Some(state) = self.give_back() {
            give_places(&state);
        }
    }
}

/// Gives what is free to the next in turn. One who does not wait any more gives it back at once, outside
/// of the lock.
fn give_places<T>(state: &Arc<Mutex<State<T>>>) {
    loop {
        let next = lock(state).next();
        let Some((whose, give, resource)) = next else { return };
        if let Err(mut place) = give.send(Place { resource, whose, state: Some(state.clone()) }) {
            place.give_back();
        }
    }
}

type Next<T> = (Uuid, oneshot::Sender<Place<T>>, Option<T>);

impl<T> State<T> {
    /// Has a job wait, and tells its number and the job that loses its room for that; none when there is no room.
    fn wait(&mut self, whose: Uuid, give: oneshot::Sender<Place<T>>) -> Option<(u64, Option<Job<T>>)> {
        let waiting = self.waiting.get(&whose).map_or(0, VecDeque::len);
        if waiting >= self.room.waiting {
            return None;
        }
        let lost = if self.in_all < self.room.in_all { None } else { Some(self.lose(waiting + 1)?) };
        if waiting == 0 {
            self.turns.push_back(whose);
        }
        let number = self.next;
        self.next += 1;
        self.waiting.entry(whose).or_default().push_back(Job { number, give });
        self.in_all += 1;
        Some((number, lost))
    }

    /// The newest job of the person who has most, if that is more than so many: it waits no more.
    fn lose(&mut self, more_than: usize) -> Option<Job<T>> {
        let most = self.waiting.iter().max_by_key(|(_, jobs)| jobs.len());
        let (whose, jobs) = most.filter(|(_, jobs)| jobs.len() > more_than)?;
        let (whose, number) = (*whose, jobs.back()?.number);
        self.leave(whose, number)
    }

    /// Has a job wait no more, if it does.
    fn leave(&mut self, whose: Uuid, number: u64) -> Option<Job<T>> {
        let jobs = self.waiting.get_mut(&whose)?;
        let at = jobs.iter().position(|job| job.number == number)?;
        let job = jobs.remove(at)?;
        if jobs.is_empty() {
            self.waiting.remove(&whose);
            self.turns.retain(|other| *other != whose);
        }
        self.in_all -= 1;
        Some(job)
    }

    fn next(&mut self) -> Option<Next<T>> {
        if self.free == 0 {
            return None;
        }
        let has_room =
            |whose: &Uuid| self.running.get(whose).is_none_or(|running| *running < self.room.share);
        let at = self.turns.iter().position(has_room)?;
        let whose = self.turns.remove(at)?;
        let waiting = self.waiting.get_mut(&whose)?;
        let Job { give, .. } = waiting.pop_front()?;
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

    /// A queue in which as many wait as may, so many of each; with the place that they wait for.
    async fn crowded(queue: &Queue<u32>, each: usize) -> (Place<u32>, Vec<Waiting<'_>>) {
        let busy = queue.place(ANA).await.unwrap();
        let who = |n: usize| Uuid::from_u128(100 + (n / each) as u128);
        let crowd = (0..MAX_WAITING_IN_ALL).map(|n| begin(queue, who(n)).0).collect();
        assert_eq!(lock(&queue.0).in_all, MAX_WAITING_IN_ALL);
        (busy, crowd)
    }

    #[tokio::test]
    async fn a_crowd_of_many_makes_room_for_those_who_have_less() {
        let queue = Queue::new(1, 64);
        let (busy, mut crowd) = crowded(&queue, 64).await;
        let (of_bo, none) = begin(&queue, BO);
        assert!(none.is_none());
        let mut lost = 0;
        for waiting in &mut crowd {
            if let Poll::Ready(place) = waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                assert!(place.is_none());
                lost += 1;
            }
        }
        assert_eq!((lost, lock(&queue.0).in_all), (1, MAX_WAITING_IN_ALL));
        // Those who give up make room at once.
        drop(crowd);
        {
            let state = lock(&queue.0);
            assert_eq!((state.in_all, state.turns.len()), (1, 1));
        }
        drop(busy);
        drop(of_bo.await.unwrap());
        let state = lock(&queue.0);
        assert!(state.waiting.is_empty() && state.free == 1);
    }

    #[tokio::test]
    async fn where_nobody_has_more_than_another_there_is_no_room() {
        let queue = Queue::new(1, 64);
        let (_busy, _crowd) = crowded(&queue, 1).await;
        assert!(queue.place(BO).await.is_none());
    }
}
