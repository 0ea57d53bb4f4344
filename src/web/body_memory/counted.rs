//! A body whose bytes count as they come, and come in pieces: each chunk by itself would keep what it was read with.

use super::{Held, NO_ROOM};
use crate::web::chunked_body::size_of;
use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use std::{
    pin::Pin,
    task::{Context, Poll},
};

/// How many bytes are handed on at once, at least.
const PIECE: usize = 16 * 1024;

/// A body whose bytes count as they come.
pub(crate) struct Counted {
    body: Body,
    held: Held,
    /// What came and was not handed on.
    piece: Vec<u8>,
    is_over: bool,
}

impl Counted {
    pub(crate) fn new(body: Body, held: Held) -> Self {
        Self { body, held, piece: Vec::new(), is_over: false }
    }

    fn hand_on(&mut self) -> Option<Result<Frame<Bytes>, axum::Error>> {
        let piece = std::mem::take(&mut self.piece);
        (!piece.is_empty()).then(|| Ok(Frame::data(piece.into_boxed_slice().into())))
    }

    fn refuse(&mut self) -> Result<Frame<Bytes>, axum::Error> {
        (self.piece, self.is_over) = (Vec::new(), true);
        Err(axum::Error::new(NO_ROOM))
    }
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        if this.is_over {
            return Poll::Ready(None);
        }
        let goes_on = this.held.is_read_by(Some(context.waker().clone()));
        if !this.held.refuse_unless(goes_on) {
            return Poll::Ready(Some(this.refuse()));
        }
        while this.piece.len() < PIECE {
            match Pin::new(&mut this.body).poll_frame(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => {
                    this.is_over = true;
                    this.held.is_read_by(None);
                    return Poll::Ready(this.hand_on());
                }
                // Of what is no data nothing is read.
                Poll::Ready(Some(Ok(frame))) => {
                    let bytes = frame.into_data().unwrap_or_default();
                    if !this.held.take(bytes.len()) {
                        return Poll::Ready(Some(this.refuse()));
                    }
                    this.piece.extend_from_slice(&bytes);
                }
            }
        }
        Poll::Ready(this.hand_on())
    }

    fn is_end_stream(&self) -> bool {
        self.piece.is_empty() && (self.is_over || self.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        size_of(&self.body, self.piece.len())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.held.is_read_by(None);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::web::body_memory::{Bodies, Whose};
    use http_body_util::BodyExt;
    use std::convert::Infallible;
    use tokio_stream::StreamExt;

    /// A body of some chunks, which then ends or stalls.
    pub(crate) fn sent(held: &Held, chunks: Vec<Bytes>, ends: bool) -> Counted {
        let chunks = tokio_stream::iter(chunks.into_iter().map(Ok::<_, Infallible>));
        let body = if ends {
            Body::from_stream(chunks)
        } else {
            Body::from_stream(chunks.chain(tokio_stream::pending()))
        };
        Counted::new(body, held.clone())
    }

    #[tokio::test]
    async fn small_chunks_come_as_few_pieces() {
        let bodies = Bodies::default();
        let held = bodies.hold(Whose::Nobody);
        let mut body = sent(&held, vec![Bytes::from_static(b"x"); 3 * PIECE + 1], true);
        let mut pieces = Vec::new();
        while let Some(frame) = body.frame().await {
            pieces.push(frame.unwrap().into_data().unwrap().len());
        }
        assert_eq!(pieces, [PIECE, PIECE, PIECE, 1]);
        assert!(body.is_end_stream() && bodies.bytes() == 3 * PIECE + 1);
    }
}
