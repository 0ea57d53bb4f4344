//! Long answers go out in pieces, with a breath between: what is done with them on the way, such as compressing them,
//! leaves the thread to others now and then.

use axum::{
    body::{Body, Bytes, HttpBody},
    response::Response,
};
use hyper::body::{Frame, SizeHint};
use std::{
    pin::Pin,
    task::{Context, Poll},
};

/// The most bytes of a piece.
const PIECE: usize = 32 * 1024;

/// An answer whose body goes out in pieces.
pub(super) async fn in_pieces(response: Response) -> Response {
    holding(response, ())
}

/// The same, holding something until the last piece is on its way.
pub(super) fn holding(response: Response, held: impl Send + Unpin + 'static) -> Response {
    response.map(|body| Body::new(Pieces { body, left: Bytes::new(), has_rested: false, _held: held }))
}

struct Pieces<T> {
    body: Body,
    /// What has come and not gone out.
    left: Bytes,
    has_rested: bool,
    _held: T,
}

impl<T: Unpin> HttpBody for Pieces<T> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.left.is_empty() {
            let frame = match Pin::new(&mut self.body).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => frame,
                other => return other,
            };
            match frame.into_data() {
                Ok(data) if data.len() > PIECE => self.left = data,
                Ok(data) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                Err(frame) => return Poll::Ready(Some(Ok(frame))),
            }
        } else if !std::mem::replace(&mut self.has_rested, true) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.has_rested = false;
        let size = self.left.len().min(PIECE);
        Poll::Ready(Some(Ok(Frame::data(self.left.split_to(size)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        size_of(&self.body, self.left.len())
    }
}

/// How long a body is of which so many bytes have come and not gone out.
pub(super) fn size_of(body: &Body, left: usize) -> SizeHint {
    let (rest, left) = (body.size_hint(), left as u64);
    let mut hint = SizeHint::new();
    if let Some(upper) = rest.upper() {
        hint.set_upper(upper + left);
    }
    hint.set_lower(rest.lower() + left);
    hint
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    #[tokio::test]
    async fn a_long_answer_goes_out_in_pieces() {
        let whole: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        let mut body = in_pieces(Response::new(Body::from(whole.clone()))).await.into_body();
        assert_eq!(body.size_hint().exact(), Some(400_000));
        let (mut all, mut rests) = (Vec::new(), 0);
        while !body.is_end_stream() {
            let frame = std::future::poll_fn(|context| {
                let frame = Pin::new(&mut body).poll_frame(context);
                rests += usize::from(frame.is_pending());
                frame
            });
            let piece = frame.await.unwrap().unwrap().into_data().unwrap();
            assert!(piece.len() <= PIECE);
            all.extend_from_slice(&piece);
            assert_eq!(body.size_hint().exact(), Some(400_000 - all.len() as u64));
        }
        assert_eq!((all, rests), (whole, 400_000 / PIECE));
        let short = in_pieces(Response::new(Body::from("short"))).await.into_body().collect().await;
        assert_eq!(short.unwrap().to_bytes(), "short");
    }
}
