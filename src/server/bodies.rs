//! The bodies of requests, which take memory until they are answered: there is room for so many bytes of one, and of
//! all.
//!
//! Bytes count as they come, so whoever announces much and sends nothing takes nothing from others.

use super::{Caller, Server, caller::Client, forms, limits::network, serve};
use crate::{error::Error, id::UserId};
use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use hyper::body::{Frame, SizeHint};
use std::{
    collections::HashMap,
    net::Ipv6Addr,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

/// The most bytes of all.
const OF_ALL: usize = 128 * 1024 * 1024;
/// The most bytes of one person, or of one address where nobody is signed in: two large files at once.
const OF_ONE: usize = 24 * 1024 * 1024;
/// The answer to what there is no room for.
pub const NO_ROOM: Error = Error::Unavailable { retry_after: 5 };

/// Whose a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Whose {
    /// A person's, or that of a key they made.
    Person(UserId),
    /// Of somebody at an address: of IPv6 its network.
    Address(Ipv6Addr),
    /// Of somebody who does not say where they are.
    Nobody,
}

impl Whose {
    fn of(person: Option<UserId>, client: &Client) -> Self {
        let there = || client.ip.map_or(Self::Nobody, |ip| Self::Address(network(ip)));
        person.map_or_else(there, Self::Person)
    }
}

/// The bodies that are there. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Bodies(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    of: HashMap<Whose, usize>,
}

impl Bodies {
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many bytes are taken.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.taken().all
    }

    /// A place for the body of a request, which is free when all that hold it are dropped.
    #[must_use]
    pub fn hold(&self, whose: Whose) -> Held {
        let (bytes, is_refused) = (Mutex::default(), AtomicBool::new(false));
        Held(Arc::new(Place { bodies: self.clone(), whose, bytes, is_refused }))
    }
}

#[derive(Debug)]
struct Place {
    bodies: Bodies,
    whose: Whose,
    bytes: Mutex<usize>,
    is_refused: AtomicBool,
}

/// The place of a body. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Held(Arc<Place>);

impl Held {
    /// Takes room for some bytes more; whether there was room.
    fn take(&self, bytes: usize) -> bool {
        let mut taken = self.0.bodies.taken();
        let of_one = taken.of.get(&self.0.whose).copied().unwrap_or_default() + bytes;
        if of_one > OF_ONE || taken.all + bytes > OF_ALL {
            self.0.is_refused.store(true, Ordering::Relaxed);
            return false;
        }
        taken.all += bytes;
        taken.of.insert(self.0.whose, of_one);
        *self.0.bytes.lock().unwrap_or_else(PoisonError::into_inner) += bytes;
        true
    }

    /// Whether there was no room for all of it.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.0.is_refused.load(Ordering::Relaxed)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let bytes = *self.bytes.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut taken = self.bodies.taken();
        taken.all -= bytes;
        let left = taken.of.get(&self.whose).map_or(0, |of| of - bytes);
        if left > 0 {
            taken.of.insert(self.whose, left);
        } else {
            taken.of.remove(&self.whose);
        }
    }
}

/// A body whose bytes count as they come.
struct Counted {
    body: Body,
    held: Held,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &frame
            && let Some(bytes) = frame.data_ref()
            && !self.held.take(bytes.len())
        {
            return Poll::Ready(Some(Err(axum::Error::new(NO_ROOM))));
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Answers a request, with room for its body; none where there is none.
pub async fn within(
    server: &Server,
    (person, client): (Option<UserId>, &Client),
    mut request: Request,
    next: Next,
) -> Option<Response> {
    if request.body().is_end_stream() {
        return Some(next.run(request).await);
    }
    let held = server.bodies.hold(Whose::of(person, client));
    // What is carried out though nobody waits for it holds the place as well.
    request.extensions_mut().insert(held.clone());
    let counted = held.clone();
    let request = request.map(|body| Body::new(Counted { body, held: counted }));
    let response = next.run(request).await;
    (!held.is_refused()).then_some(response)
}

/// The middleware of pages and forms.
pub(super) async fn make_room(State(server): State<Server>, request: Request, next: Next) -> Response {
    let Some(caller) = request.extensions().get::<Caller>().cloned() else { return next.run(request).await };
    let is_form = forms::accepts_html(request.headers());
    let person = caller.visit().map(|visit| visit.user);
    let refused = || if is_form { serve::plain_error(&NO_ROOM) } else { forms::refusal(&NO_ROOM) };
    within(&server, (person, &caller.client), request, next).await.unwrap_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn there_is_room_for_so_much_of_one_and_of_all() {
        let bodies = Bodies::default();
        let of = |n: u128| Whose::Person(UserId(Uuid::from_u128(n)));
        let (first, second) = (bodies.hold(of(1)), bodies.hold(of(1)));
        assert!(first.take(OF_ONE / 2) && second.take(OF_ONE / 2));
        assert!(!second.take(1) && second.is_refused() && !first.is_refused());
        // Others go on, until there is no more for anybody.
        let others: Vec<_> = (2..100).map(|n| bodies.hold(of(n))).collect();
        let fit = others.iter().filter(|held| held.take(OF_ONE)).count();
        assert_eq!(fit, OF_ALL / OF_ONE - 1);
        assert!(bodies.bytes() <= OF_ALL);
        let also = second.clone();
        drop((first, second));
        assert!(bodies.hold(of(1)).take(OF_ONE / 2), "what was answered is free");
        drop((also, others));
        assert_eq!((bodies.bytes(), bodies.taken().of.len()), (0, 0));
    }
}
