//! Large answers, which take memory until they are sent: there is room for so many bytes of one, and of all. What a
//! client takes slowly is there for long.

use super::{Bodies, LITTLE, Whose};
use crate::web::chunked_body;
use axum::{body::HttpBody, response::Response};
use std::task::Waker;

/// An answer that has room until it is sent; none where there is no room for it. What is small, and what is written
/// while it is sent, takes none. `hang_up` ends the connection, where the answer has to make room for another.
pub(crate) fn with_room(
    answers: &Bodies,
    whose: Whose,
    hang_up: Option<Waker>,
    response: Response,
) -> Option<Response> {
    let size = response.body().size_hint().exact().unwrap_or_default();
    let bytes = usize::try_from(size).unwrap_or(usize::MAX);
    if bytes <= LITTLE {
        return Some(response);
    }
    let held = answers.hold(whose);
    if !held.take(bytes) {
        return None;
    }
    held.is_read_by(hang_up);
    Some(chunked_body::holding(response, held))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{id::UserId, web::body_memory::OF_ONE};
    use axum::body::Body;
    use http_body_util::BodyExt;
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        task::Wake,
    };
    use uuid::Uuid;

    fn of(n: u128) -> Whose {
        Whose::Person(UserId(Uuid::from_u128(n)))
    }

    fn answer(bytes: usize) -> Response {
        Response::new(Body::from(vec![0; bytes]))
    }

    #[tokio::test]
    async fn large_answers_take_room_until_they_are_sent() {
        let answers = Bodies::default();
        let send = async |whose, bytes| with_room(&answers, whose, None, answer(bytes));
        let (first, second) =
            (send(of(1), OF_ONE / 2).await.unwrap(), send(of(1), OF_ONE / 2).await.unwrap());
        assert!(send(of(1), OF_ONE / 2).await.is_none());
        assert!(send(of(1), LITTLE).await.is_some() && send(of(2), OF_ONE / 2).await.is_some());
        assert_eq!(answers.bytes(), OF_ONE / 2 * 2);
        drop(first);
        let third = send(of(1), OF_ONE / 2).await.unwrap();
        // One is there until its last piece is taken.
        let mut body = second.into_body();
        assert_eq!(body.size_hint().exact(), Some(OF_ONE as u64 / 2));
        body.frame().await.unwrap().unwrap();
        assert_eq!(answers.bytes(), OF_ONE / 2 * 2);
        assert_eq!(body.collect().await.unwrap().to_bytes().len(), OF_ONE / 2 - 32 * 1024);
        drop(third);
        assert_eq!(answers.bytes(), 0);
    }

    /// Counts the connections that are ended.
    #[derive(Default)]
    struct Ended(AtomicUsize);

    impl Wake for Ended {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[tokio::test]
    async fn where_there_is_no_room_the_connection_of_the_one_who_holds_most_is_ended() {
        let (answers, ended) = (Bodies::default(), Arc::new(Ended::default()));
        let send = async |n, bytes| {
            let hang_up = Some(Waker::from(ended.clone()));
            with_room(&answers, of(n), hang_up, answer(bytes))
        };
        let mut slow = Vec::new();
        for n in 0..5 {
            slow.push(send(n, OF_ONE).await.unwrap());
        }
        assert_eq!(ended.0.load(Ordering::Relaxed), 0);
        assert!(send(9, OF_ONE).await.is_none(), "who wants as much as they have gets no room");
        let other = send(9, OF_ONE / 2).await;
        assert!(other.is_some() && ended.0.load(Ordering::Relaxed) == 1);
        drop((slow, other));
        assert_eq!(answers.bytes(), 0);
    }
}
