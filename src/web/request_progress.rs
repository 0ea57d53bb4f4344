//! The request that comes on a connection, and whether all of it has.

use hyper::body::{Body as HttpBody, Frame, SizeHint};
use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};
use tokio::sync::Notify;

/// A connection: when it was used last, and what comes on it.
#[derive(Debug)]
pub(super) struct Spot {
    /// When something came or went last, in milliseconds.
    pub(super) used: AtomicU64,
    /// Whether what came last ended a request.
    pub(super) is_whole: AtomicBool,
    pub(super) over: Notify,
}

impl Wake for Spot {
    /// Ends the connection.
    fn wake(self: Arc<Self>) {
        self.over.notify_one();
    }
}

/// The request that comes on a connection. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Coming(pub(super) Arc<Spot>);

impl Coming {
    /// Whether all of it has come.
    pub(super) fn is_whole(&self) -> bool {
        self.0.is_whole.load(Ordering::Relaxed)
    }

    /// What ends the connection, whatever is under way on it.
    pub(super) fn hang_up(&self) -> Waker {
        Waker::from(self.0.clone())
    }

    /// The body of it, which tells when it has ended.
    pub(super) fn body<B: HttpBody>(&self, body: B) -> Watching<B> {
        let watching = Watching { body, coming: self.clone() };
        watching.note();
        watching
    }
}

/// The body of a request that comes.
#[derive(Debug)]
pub(super) struct Watching<B: HttpBody> {
    body: B,
    coming: Coming,
}

impl<B: HttpBody> Watching<B> {
    fn note(&self) {
        if self.body.is_end_stream() {
            self.coming.0.is_whole.store(true, Ordering::Relaxed);
        }
    }
}

impl<B: HttpBody + Unpin> HttpBody for Watching<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if matches!(frame, Poll::Ready(None)) {
            self.coming.0.is_whole.store(true, Ordering::Relaxed);
        }
        self.note();
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B: HttpBody> Drop for Watching<B> {
    /// Nobody wants more of it: it is answered as it is.
    fn drop(&mut self) {
        self.coming.0.is_whole.store(true, Ordering::Relaxed);
    }
}
