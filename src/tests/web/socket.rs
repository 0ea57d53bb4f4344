//! The socket itself: clients that are slow, heads that are large.

use super::{TestApp, run};
use crate::{
    delivery::cache::CachedFetch,
    tests::support::Kind,
    web::{
        connections::Room,
        listener::{Patience, accept},
    },
};
use axum::{
    Router,
    body::Bytes,
    routing::{get, post},
};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::oneshot,
};

/// A server on a socket of its own, with little patience.
async fn listening(front: CachedFetch) -> (SocketAddr, oneshot::Sender<()>) {
    let patience = Patience {
        head: Duration::from_millis(300),
        answer: Duration::from_millis(300),
        ..Patience::default()
    };
    listening_with(front, patience, Room { all: 1000, of_address: 1000 }).await
}

async fn listening_with(
    front: CachedFetch,
    patience: Patience,
    room: Room,
) -> (SocketAddr, oneshot::Sender<()>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(accept(listener, front, patience, room, async { drop(stopped.await) }));
    (address, stop)
}

/// What comes until the server closes, or nothing does for twenty seconds.
async fn until_closed(socket: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(20), socket.read_to_end(&mut all)).await;
    assert!(closed.is_ok(), "the server does not hang up: {}", String::from_utf8_lossy(&all));
    String::from_utf8_lossy(&all).into_owned()
}

#[test]
fn a_head_that_never_ends_is_cut_off() {
    run(Kind::Sqlite, async |app: TestApp| {
        let (address, _stop) = listening(app.front()).await;
        for begun in ["", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
            let mut socket = TcpStream::connect(address).await.unwrap();
            socket.write_all(begun.as_bytes()).await.unwrap();
            assert!(!until_closed(&mut socket).await.contains("200 OK"), "{begun}");
        }
        // A drop now and then does not help.
        let mut socket = TcpStream::connect(address).await.unwrap();
        let mut sent = 0;
        while sent < 200 && socket.write_all(b"x").await.is_ok() {
            sent += 1;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(sent < 200, "it goes on for ever");
    });
}

#[test]
fn heads_have_a_size() {
    run(Kind::Sqlite, async |app: TestApp| {
        let (address, _stop) = listening(app.front()).await;
        let many = (0..150).map(|n| format!("X-H{n}: y\r\n")).collect::<Vec<_>>().concat();
        let long = format!("X-Long: {}\r\n", "y".repeat(300 * 1024));
        for headers in [many, long] {
            let mut socket = TcpStream::connect(address).await.unwrap();
            let head = format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
            let _ = socket.write_all(head.as_bytes()).await;
            let answer = until_closed(&mut socket).await;
            assert!(!answer.contains("200 OK"), "{} bytes of headers: {answer}", headers.len());
        }
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        assert!(until_closed(&mut socket).await.contains("200 OK"), "and then an idle connection is closed");
    });
}

#[test]
fn who_does_not_take_the_answer_is_cut_off() {
    run(Kind::Sqlite, async |app: TestApp| {
        let large = Router::new().route("/", get(async || vec![b'x'; 64 * 1024 * 1024]));
        let (address, _stop) = listening(CachedFetch::new(app.delivery().clone(), large)).await;
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        tokio::time::sleep(Duration::from_secs(2)).await;
        let mut all = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(20), socket.read_to_end(&mut all)).await.unwrap();
        assert!(read.is_err() || all.len() < 64 * 1024 * 1024, "{} bytes came", all.len());
    });
}

#[test]
fn open_requests_are_finished_when_it_stops() {
    run(Kind::Sqlite, async |app: TestApp| {
        let slow = Router::new().route(
            "/",
            get(async || {
                tokio::time::sleep(Duration::from_millis(200)).await;
                "done"
            }),
        );
        let (address, stop) = listening(CachedFetch::new(app.delivery().clone(), slow)).await;
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        stop.send(()).unwrap();
        assert!(until_closed(&mut socket).await.ends_with("done"));
        assert!(TcpStream::connect(address).await.is_err(), "nobody else is let in");
    });
}

#[test]
fn what_is_not_whole_by_then_is_cut_off_when_it_stops() {
    run(Kind::Sqlite, async |app: TestApp| {
        let reads = Router::new().route(
            "/",
            post(async |_: Bytes| {
                tokio::time::sleep(Duration::from_secs(2)).await;
                "done"
            }),
        );
        let patience = Patience { last: Duration::from_millis(300), ..Patience::default() };
        let room = Room { all: 1000, of_address: 1000 };
        let (address, stop) =
            listening_with(CachedFetch::new(app.delivery().clone(), reads), patience, room).await;
        let whole = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody";
        let mut sockets = Vec::new();
        for sent in [&whole[..whole.len() - 2], &whole[..20], whole] {
            let mut socket = TcpStream::connect(address).await.unwrap();
            socket.write_all(sent.as_bytes()).await.unwrap();
            sockets.push(socket);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        stop.send(()).unwrap();
        let mut whole = sockets.pop().unwrap();
        for socket in &mut sockets {
            assert!(!until_closed(socket).await.contains("200 OK"));
        }
        assert!(until_closed(&mut whole).await.ends_with("done"));
    });
}

/// A connection from one of the addresses of this machine, on which a request was answered.
async fn connected(to: SocketAddr, from: [u8; 4]) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((from, 0).into()).unwrap();
    let mut socket = socket.connect(to).await.unwrap();
    assert!(is_answered(&mut socket).await, "{from:?} is not answered");
    socket
}

async fn is_answered(socket: &mut TcpStream) -> bool {
    let asked = socket.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let (mut answer, mut bytes) = (Vec::new(), [0; 1024]);
    while asked.is_ok() && !answer.ends_with(b"ok\n") {
        match socket.read(&mut bytes).await {
            Ok(0) | Err(_) => break,
            Ok(n) => answer.extend_from_slice(&bytes[..n]),
        }
    }
    String::from_utf8_lossy(&answer).contains("200 OK")
}

#[test]
fn connections_are_capped_and_the_idlest_goes_first() {
    run(Kind::Sqlite, async |app: TestApp| {
        let room = Room { all: 5, of_address: 2 };
        let (to, _stop) = listening_with(app.front(), Patience::default(), room).await;
        let (here, there) = ([127, 0, 0, 1], [127, 0, 0, 2]);
        let mut first = connected(to, here).await;
        let mut second = connected(to, here).await;
        let mut other = connected(to, there).await;
        // It is used again, later than the second by more than what is measured.
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(is_answered(&mut first).await);
        let third = connected(to, here).await;
        assert!(until_closed(&mut second).await.is_empty(), "the one that was idle for the longest has gone");
        assert!(is_answered(&mut first).await && is_answered(&mut other).await, "and no other one");
        // Of all, when there is no room for an address that has few.
        let mut of_others = vec![connected(to, there).await, connected(to, [127, 0, 0, 3]).await];
        tokio::time::sleep(Duration::from_millis(20)).await;
        for socket in of_others.iter_mut().chain([&mut other]) {
            assert!(is_answered(socket).await);
        }
        assert!(is_answered(&mut first).await);
        of_others.push(connected(to, [127, 0, 0, 4]).await);
        let answered = async |mut socket: TcpStream| is_answered(&mut socket).await;
        assert!(!answered(third).await && answered(first).await && answered(other).await);
    });
}
