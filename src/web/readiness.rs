//! Whether this process can serve: `/readyz`, for what stands in front of it.
//!
//! It says so when the database answers, and takes a write: of SQLite on a full disk only the first is true. It says
//! no as soon as the process is told to stop, so that nobody is sent here any more.

use crate::{kernel::db, tenancy::Server};
use std::time::{Duration, Instant};
use tokio::{sync::Mutex, time::timeout};

/// How long it is true what was found out: however often it is asked, the database is not.
const FRESH: Duration = Duration::from_secs(1);
/// How long the database may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// What was found out last, and when. Held while it is found out.
#[derive(Debug, Default)]
pub(super) struct Ready(Mutex<Option<(Instant, bool)>>);

impl Ready {
    /// Whether the database reads and writes.
    pub(super) async fn works(&self, server: &Server) -> bool {
        let mut last = self.0.lock().await;
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
}

async fn reads_and_writes(server: &Server) -> db::Result<()> {
    server.outside_tenancy().query("SELECT 1").one::<(i32,)>().await?;
    let mut tx = server.outside_tenancy().begin().await?;
    // It goes to the disk only when it commits.
    tx.query("UPDATE master_keys SET created_at = created_at WHERE id = 1").execute().await?;
    tx.commit().await
}
