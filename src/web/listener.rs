//! The socket: connections are accepted, served, and cut off when their client is too slow.

use super::{
    connections::{Connections, Room, Watched},
    request_progress::Coming,
};
use crate::{kernel::shutdown::Shutdown, tenancy::Server};
use axum::{
    extract::{ConnectInfo, Request},
    response::Response,
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use std::{convert::Infallible, io, net::SocketAddr, time::Duration};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_io_timeout::TimeoutStream;
use tower::{Service, ServiceExt};

/// About the most bytes of a request's head: it is looked at after each read, which is at most as large.
const MAX_HEAD: usize = 64 * 1024;
/// The most header fields of a request.
const MAX_HEADERS: usize = 100;
/// How long open requests may go on once the process is told to stop.
const LAST_WORDS: Duration = Duration::from_secs(30);
/// How long it goes on accepting by then, so that those who ask `/readyz` hear of it.
const LINGER: Duration = Duration::from_secs(2);

/// How long a client may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Until the head of a request is there, idle time before it included.
    pub head: Duration,
    /// Until it takes the next bytes of an answer.
    pub answer: Duration,
    /// Until all of a request is there, once the process is told to stop.
    pub last: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { head: Duration::from_secs(30), answer: Duration::from_secs(30), last: Duration::from_secs(5) }
    }
}

/// What answers requests.
pub trait Answers:
    Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

impl<S> Answers for S where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

/// Listens and answers until the process is told to stop.
///
/// Then it says on `/readyz` that it is not to be asked any more, and ends its streams, which go on elsewhere. It
/// goes on accepting for a moment, until that is known; requests that are open are answered. Told again, it ends.
///
/// # Errors
/// When the address cannot be listened on, or signals cannot be listened to.
pub async fn serve(server: &Server, answers: impl Answers) -> io::Result<()> {
    let listener = TcpListener::bind(server.config.listen).await?;
    let room = Room::given(server.config.client_ip_header.is_some());
    tracing::info!(listen = %listener.local_addr()?, url = %server.config.base_url, "serving");
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = async {
        let lingers = tokio::select! {
            _ = terminate.recv() => true,
            _ = interrupt.recv() => false,
        };
        tracing::info!("stopping");
        server.shutdown.begin();
        // A person who stops it by hand does not wait for what stands in front.
        if lingers {
            tokio::time::sleep(LINGER).await;
        }
    };
    let again = async {
        server.shutdown.begun().await;
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        tokio::select! {
            _ = terminate.recv() => Ok::<(), io::Error>(()),
            _ = interrupt.recv() => Ok(()),
        }
    };
    tokio::select! {
        () = accept(listener, answers, Patience::default(), room, stop) => {}
        again = again => again?,
    }
    Ok(())
}

/// Answers everyone who connects until `stop`, and lets open requests finish.
pub async fn accept(
    listener: TcpListener,
    answers: impl Answers,
    patience: Patience,
    room: Room,
    stop: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    let mut connections = Connections::new(room);
    let stopping = Shutdown::default();
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((socket, client)) => {
                    // Without this, small answers wait 40 ms for an acknowledgement.
                    drop(socket.set_nodelay(true));
                    let place = connections.place(client.ip());
                    let (over, coming) = (place.over(), place.coming());
                    let late = late(stopping.clone(), coming.clone(), patience.last);
                    let connection = connection((Watched::new(socket, place), coming), client, answers.clone(), patience);
                    let connection = graceful.watch(connection);
                    tokio::spawn(async move {
                        tokio::select! {
                            ended = connection => if let Err(error) = ended {
                                tracing::debug!(%error, "a connection ended");
                            },
                            () = over => tracing::debug!(%client, "a connection was closed to make room"),
                            () = late => tracing::debug!(%client, "a request came too late"),
                        }
                    });
                }
                Err(error) => {
                    // Out of file descriptors, most likely: some will be given back.
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
    drop(listener);
    stopping.begin();
    if tokio::time::timeout(LAST_WORDS, graceful.shutdown()).await.is_err() {
        tracing::info!("stopped with connections open");
    }
}

/// Waits until the process stops and a connection has had time enough to send all of a request: for ever where it has.
async fn late(stopping: Shutdown, coming: Coming, last: Duration) {
    stopping.begun().await;
    tokio::time::sleep(last).await;
    if coming.is_whole() {
        std::future::pending::<()>().await;
    }
}

type Connection<S> = http1::Connection<TokioIo<std::pin::Pin<Box<TimeoutStream<Watched>>>>, S>;

fn connection(
    (socket, coming): (Watched, Coming),
    client: SocketAddr,
    answers: impl Answers,
    patience: Patience,
) -> Connection<
    impl hyper::service::Service<
        axum::http::Request<Incoming>,
        Response = Response,
        Error = Infallible,
        Future: Send,
    >,
> {
    let mut socket = TimeoutStream::new(socket);
    socket.set_write_timeout(Some(patience.answer));
    let service = service_fn(move |request: axum::http::Request<Incoming>| {
        let mut request: Request = request.map(|body| axum::body::Body::new(coming.body(body)));
        request.extensions_mut().insert(ConnectInfo(client));
        request.extensions_mut().insert(coming.clone());
        answers.clone().oneshot(request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.head)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(Box::pin(socket)), service)
}
