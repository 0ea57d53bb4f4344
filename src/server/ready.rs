//! Whether this process can serve: `/readyz`, for what stands in front of it.
//!
//! It says so when the database answers, and takes a write: of SQLite on a full disk only the first is true. It says
//! no as soon as the process is told to stop, so that nobody is sent here any more.

use super::{Server, db};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use std::time::{Duration, Instant};
use tokio::{sync::Mutex, time::timeout};

/// How long it is true what was found out: however often it is asked, the database is not.
const FRESH: Duration = Duration::from_secs(1);
/// How long the database may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// What was found out last, and when. Held while it is found out.
#[derive(Debug, Default)]
pub(super) struct Ready(Mutex<Option<(Instant, bool)>>);

/// Answers `/readyz`.
pub(super) async fn readyz(State(server): State<Server>) -> Response {
    let no = |why| (StatusCode::SERVICE_UNAVAILABLE, why).into_response();
    if server.stop.has_begun() {
        return no("the server is stopping\n");
    }
    // Apart from the request, which only looks, and may go away.
    let found = tokio::spawn(async move { works(&server).await }).await;
    if matches!(found, Ok(true)) { "ready\n".into_response() } else { no("the database does not answer\n") }
}

async fn works(server: &Server) -> bool {
    let mut last = server.ready.0.lock().await;
    let asked = server.clock.instant();
    if let Some((at, works)) = *last
        && asked.duration_since(at) < FRESH
    {
        return works;
    }
    let tried = timeout(PATIENCE, reads_and_writes(server)).await;
    let works = match tried {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(%error, "the database does not work");
            false
        }
        Err(_) => {
            tracing::warn!("the database does not answer");
            false
        }
    };
    *last = Some((server.clock.instant(), works));
    works
}

async fn reads_and_writes(server: &Server) -> db::Result<()> {
    server.db.query("SELECT 1").one::<(i32,)>().await?;
    let mut tx = server.db.begin().await?;
    // It goes to the disk only when it commits.
    tx.query("UPDATE master_keys SET created_at = created_at WHERE id = 1").execute().await?;
    tx.commit().await
}
