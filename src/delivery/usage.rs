//! How often prompts are fetched: counted where it happens, written down once a second.
//!
//! Each thread counts for itself behind a lock that nobody else takes but the one who writes it down.

use crate::{
    error::Result,
    id::{ApiKeyId, OrgId, PromptId},
    tenancy::Server,
};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use thread_local::ThreadLocal;

/// How often what was counted is written down.
pub(super) const FOLDED: Duration = Duration::from_secs(1);
/// How many counts are written in one transaction: little enough that nobody waits long for it.
const PART: usize = 100;
/// Milliseconds of a day.
const DAY: i64 = 24 * 60 * 60 * 1000;

/// Whose key fetched what.
type Of = (OrgId, ApiKeyId, PromptId);
type Counts = HashMap<Of, i64>;

/// What was counted since it was written down last.
#[derive(Debug, Default)]
pub(super) struct Usage {
    counts: ThreadLocal<Mutex<Counts>>,
    /// Held while it is written down: who has waited for it has nothing of before left to wait for.
    writing: tokio::sync::Mutex<()>,
}

fn lock(counts: &Mutex<Counts>) -> MutexGuard<'_, Counts> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Usage {
    /// Counts a fetch.
    pub(super) fn count(&self, of: Of) {
        *lock(self.counts.get_or_default()).entry(of).or_default() += 1;
    }

    fn take(&self) -> Counts {
        let mut all = Counts::new();
        for counts in &self.counts {
            for (of, count) in std::mem::take(&mut *lock(counts)) {
                *all.entry(of).or_default() += count;
            }
        }
        all
    }

    /// Counts again what could not be written down.
    fn put_back(&self, counts: Vec<(Of, i64)>) {
        let mut mine = lock(self.counts.get_or_default());
        for (of, count) in counts {
            *mine.entry(of).or_default() += count;
        }
    }
}

/// Writes down what was counted.
///
/// # Errors
/// When the database fails; it is counted on then.
pub(super) async fn fold(usage: &Usage, server: &Server) -> Result<()> {
    let _writing = usage.writing.lock().await;
    // In one order, so that several processes do not wait for each other in a ring.
    let mut counts: Vec<_> = usage.take().into_iter().collect();
    counts.sort_unstable();
    let mut written = 0;
    for part in counts.chunks(PART) {
        if let Err(error) = write(server, part).await {
            usage.put_back(counts.split_off(written));
            return Err(error);
        }
        written += part.len();
    }
    Ok(())
}

async fn write(server: &Server, counts: &[(Of, i64)]) -> Result<()> {
    let day = server.clock.now().0.div_euclid(DAY);
    let mut change = server.change_outside_tenancy().await?;
    for ((org, key, prompt), count) in counts {
        let add = change.query(
            "INSERT INTO key_usage (org_id, day, key_id, prompt_id, fetches) SELECT $1, $2, $3, $4, $5
             WHERE EXISTS (SELECT 1 FROM api_keys WHERE org_id = $1 AND id = $3)
             ON CONFLICT (org_id, day, key_id, prompt_id) DO UPDATE SET fetches = key_usage.fetches + excluded.fetches",
        );
        add.bind(*org).bind(day).bind(*key).bind(*prompt).bind(*count).execute().await?;
    }
    change.commit().await
}
