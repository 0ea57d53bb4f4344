//! The socket: connections are accepted, served, and cut off when their client is too slow.

use super::{
    Server,
    hot::{Front, usage},
};
use axum::extract::{ConnectInfo, Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use std::{io, net::SocketAddr, time::Duration};
use tokio::net::{TcpListener, TcpStream};
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt;

/// About the most bytes of a request's head: it is looked at after each read, which is at most as large.
const MAX_HEAD: usize = 64 * 1024;
/// The most header fields of a request.
const MAX_HEADERS: usize = 100;
/// How long open requests and streams may go on once the process is told to stop.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// How long a client may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Until the head of a request is there, idle time before it included.
    pub head: Duration,
    /// Until it takes the next bytes of an answer.
    pub answer: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { head: Duration::from_secs(30), answer: Duration::from_secs(30) }
    }
}

/// Listens and answers until the process is told to stop.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve(server: &Server, front: Front) -> io::Result<()> {
    let listener = TcpListener::bind(server.config.listen).await?;
    tracing::info!(listen = %listener.local_addr()?, url = %server.config.base_url, "serving");
    accept(listener, front, Patience::default(), stopped()).await;
    usage::fold_and_tell(server).await;
    Ok(())
}

/// Answers whoever connects until `stop`, and lets open requests finish for a moment.
pub async fn accept(listener: TcpListener, front: Front, patience: Patience, stop: impl Future<Output = ()>) {
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((socket, client)) => {
                    let connection = graceful.watch(connection(socket, client, front.clone(), patience));
                    tokio::spawn(async move {
                        if let Err(error) = connection.await {
                            tracing::debug!(%error, "a connection ended");
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
    if tokio::time::timeout(LAST_WORDS, graceful.shutdown()).await.is_err() {
        tracing::info!("stopped with connections open");
    }
}

type Connection<S> = http1::Connection<TokioIo<std::pin::Pin<Box<TimeoutStream<TcpStream>>>>, S>;

fn connection(
    socket: TcpStream,
    client: SocketAddr,
    front: Front,
    patience: Patience,
) -> Connection<
    impl hyper::service::Service<
        axum::http::Request<Incoming>,
        Response = axum::response::Response,
        Error = std::convert::Infallible,
        Future: Send,
    >,
> {
    // Without this, small answers wait 40 ms for an acknowledgement.
    drop(socket.set_nodelay(true));
    let mut socket = TimeoutStream::new(socket);
    socket.set_write_timeout(Some(patience.answer));
    let service = service_fn(move |request: axum::http::Request<Incoming>| {
        let mut request: Request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(ConnectInfo(client));
        front.clone().oneshot(request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.head)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(Box::pin(socket)), service)
}

async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
