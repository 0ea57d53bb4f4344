//! Notes that requests leave without waiting for them: when a session or a key was last used, what was refused, what
//! was exported.
//!
//! They are kept in memory, and one task writes many of them in one transaction, so that reading a page never takes
//! SQLite's writer. A note that is left twice before that is written once. When the process is killed, the notes of
//! the last second at most are lost; a request that depends on its note waits until it is written.

use crate::{
    error::{Error, Result},
    kernel::{
        db::{Db, Tx},
        internal,
    },
};
use std::{
    collections::BTreeMap,
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::Notify;
use uuid::Uuid;

/// How long it is kept at most before it is written.
const SOON: Duration = Duration::from_secs(1);
/// How long others may join in when it is to be written at once.
const AT_ONCE: Duration = Duration::from_millis(10);
/// How much is written in one transaction of SQLite: little enough that nobody waits long for it. With PostgreSQL
/// each note has its own, which holds no lock that another one waits for.
const PART: usize = 32;
/// How much is kept at most; what comes then is not noted.
const MOST: usize = 20_000;

/// What a note is about: what it tells, and of what. They are written in this order.
pub type About = (&'static str, Uuid);

type Writing<'c> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'c>>;
type Write = Arc<dyn for<'c> Fn(&'c mut Tx) -> Writing<'c> + Send + Sync>;

/// Notes that are to be written down.
#[derive(Default)]
pub struct DeferredWrites {
    kept: Mutex<BTreeMap<About, Write>>,
    woken: Notify,
    /// Held while they are written: who has waited for it has nothing of before left to wait for.
    writing: tokio::sync::Mutex<()>,
}

impl fmt::Debug for DeferredWrites {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Notes").field(&self.kept().len()).finish()
    }
}

impl DeferredWrites {
    /// Leaves a note, in place of one about the same.
    pub fn put<F>(&self, about: About, write: F)
    where
        F: for<'c> Fn(&'c mut Tx) -> Writing<'c> + Send + Sync + 'static,
    {
        let mut kept = self.kept();
        if kept.len() < MOST || kept.contains_key(&about) {
            kept.insert(about, Arc::new(write));
        } else {
            drop(kept);
            tracing::warn!(what = about.0, "too many notes are pending: one was dropped");
        }
    }

    /// Has what is kept written down at once; nobody waits for it.
    pub fn hurry(&self) {
        self.woken.notify_one();
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<About, Write>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn part(&self, size: usize) -> Vec<(About, Write)> {
        let mut kept = self.kept();
        std::iter::from_fn(|| kept.pop_first()).take(size).collect()
    }

    /// Keeps again what could not be written, unless something newer is kept about the same.
    fn put_back(&self, part: Vec<(About, Write)>) {
        let mut kept = self.kept();
        for (about, write) in part {
            kept.entry(about).or_insert(write);
        }
    }

    /// Writes notes down as they come; never returns.
    pub async fn run(self: Arc<Self>, db: Db) {
        loop {
            let hurried = tokio::time::timeout(SOON, self.woken.notified()).await;
            if hurried.is_ok() {
                tokio::time::sleep(AT_ONCE).await;
            }
            if let Err(error) = self.flush(&db).await {
                tracing::warn!(%error, "pending notes are not saved yet");
            }
        }
    }

    /// Writes down what is kept now, and waits for it, apart from the request that asks.
    ///
    /// # Errors
    /// When the database fails; it is kept on then.
    pub async fn flush(self: &Arc<Self>, db: &Db) -> Result<()> {
        let (notes, db) = (self.clone(), db.clone());
        let written = tokio::spawn(async move { notes.write_all(&db).await }).await;
        written.map_err(|error| internal(&error))?
    }

    async fn write_all(&self, db: &Db) -> Result<()> {
        let _writing = self.writing.lock().await;
        let size = if matches!(db, Db::Sqlite { .. }) { PART } else { 1 };
        // No more than there is now, whatever comes meanwhile.
        let (mut left, mut outcome) = (self.kept().len(), Ok(()));
        while left > 0 {
            let part = self.part(size);
            if part.is_empty() {
                break;
            }
            left = left.saturating_sub(part.len());
            match write(db, &part).await {
                Ok(()) => {}
                Err(error @ Error::Unavailable { .. }) => {
                    self.put_back(part);
                    return Err(error);
                }
                // One of them cannot be written, and keeps the others from it.
                Err(_) => match self.write_each(db, part).await {
                    Err(error @ Error::Unavailable { .. }) => return Err(error),
                    written => outcome = outcome.and(written),
                },
            }
        }
        outcome
    }

    async fn write_each(&self, db: &Db, part: Vec<(About, Write)>) -> Result<()> {
        let mut outcome = Ok(());
        for one in part {
            if let Err(error) = write(db, std::slice::from_ref(&one)).await {
                tracing::warn!(%error, what = one.0.0, "a note was not saved");
                if matches!(error, Error::Unavailable { .. }) {
                    self.put_back(vec![one]);
                }
                outcome = Err(error);
            }
        }
        outcome
    }
}

async fn write(db: &Db, part: &[(About, Write)]) -> Result<()> {
    let mut tx = db.begin().await?;
    for (_, write) in part {
        write(&mut tx).await?;
    }
    Ok(tx.commit().await?)
}
