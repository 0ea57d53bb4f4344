//! Sessions in the database.

use super::record::{NEW, OVERLAP, Place, SEEN, VISIT, hash};
use crate::{
    kernel::db::Db,
    tenancy::{
        Server,
        sessions::{Visit, is_current, never},
    },
    time::Timestamp,
};
use sqlx::types::Json;
use std::collections::HashMap;
use tower_sessions::{
    SessionStore,
    cookie::time::{Duration, OffsetDateTime},
    session::{Id, Record},
    session_store::{Error as StoreError, Result as StoreResult},
};

fn backend(error: impl std::fmt::Display) -> StoreError {
    StoreError::Backend(error.to_string())
}

/// Begins a session, if the password still is the one that was shown. It waits for what changes that.
macro_rules! begin {
    ($lock:literal) => {
        concat!(
            "INSERT INTO sessions (token_hash, id, user_id, data, created_at, seen_at, ip, user_agent)
             SELECT $1, $2, $3, $4, $5, $6, $7, coalesce($8, '') FROM users
             WHERE id = $3 AND password_hash = $9 AND deleted_at IS NULL",
            $lock
        )
    };
}

/// Sessions in the database.
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) server: Server,
}

#[derive(sqlx::FromRow)]
struct Row {
    data: Json<HashMap<String, serde_json::Value>>,
    created_at: Timestamp,
    seen_at: Timestamp,
}

#[async_trait::async_trait]
impl SessionStore for Store {
    /// A record under a fresh id: of a session that begins, or of one that goes on under another
    /// id. One that ended while its request was being answered does not come back by this.
    async fn create(&self, record: &mut Record) -> StoreResult<()> {
        // Ids have 128 random bits: a new one is nobody's.
        let is_new = record.data.contains_key(NEW);
        let sql = match &self.server.outside_tenancy() {
            Db::Sqlite { .. } if is_new => begin!(""),
            Db::Postgres { .. } if is_new => begin!(" FOR NO KEY UPDATE"),
            _ => {
                "UPDATE sessions SET token_hash = $1, data = $4, seen_at = $6, ip = coalesce($7, ip), user_agent = coalesce($8, user_agent)
                 WHERE id = $2 AND user_id = $3 AND created_at = $5"
            }
        };
        self.write(sql, record, is_new).await
    }

    /// Nothing: what changes is written under a fresh id, before what it is for. The layer asks for this once more
    /// when everything is done, and an answer must not be lost for it.
    async fn save(&self, _: &Record) -> StoreResult<()> {
        Ok(())
    }

    async fn load(&self, id: &Id) -> StoreResult<Option<Record>> {
        let row: Option<Row> = self
            .server
            .outside_tenancy()
            .query("SELECT data, created_at, seen_at FROM sessions WHERE token_hash = $1")
            .bind(hash(*id))
            .optional()
            .await
            .map_err(backend)?;
        let row = match row {
            Some(row) => Some(row),
            None => self.load_left(id).await?,
        };
        let current = row.filter(|row| is_current(&self.server, row.created_at, row.seen_at));
        Ok(current.map(|row| {
            let mut data = row.data.0;
            data.insert(SEEN.to_owned(), row.seen_at.0.into());
            // When it ends is decided above; the library only needs a date ahead.
            let expiry_date = OffsetDateTime::now_utc() + Duration::days(365);
            Record { id: *id, data, expiry_date }
        }))
    }

    /// Nothing: sessions are ended by [`end`](crate::tenancy::sessions::end) in the change that ends them, and a record is deleted
    /// under its old id also when it goes on under a fresh one.
    async fn delete(&self, _: &Id) -> StoreResult<()> {
        Ok(())
    }
}

impl Store {
    /// The session that had this id until some seconds ago. It goes by what its person may do, but a
    /// password entered since does not count for it.
    async fn load_left(&self, id: &Id) -> StoreResult<Option<Row>> {
        let since = self.server.clock.now() - OVERLAP;
        let left =
            "SELECT data, created_at, seen_at FROM sessions WHERE previous_hash = $1 AND rotated_at >= $2";
        let left = self.server.outside_tenancy().query(left).bind(hash(*id)).bind(since);
        let Some(mut row): Option<Row> = left.optional().await.map_err(backend)? else { return Ok(None) };
        let visit = row.data.0.remove(VISIT).ok_or_else(|| backend("a session without a person"))?;
        let visit = Visit { proved_at: never(), ..serde_json::from_value(visit).map_err(backend)? };
        row.data.0.insert(VISIT.to_owned(), serde_json::to_value(visit).map_err(backend)?);
        Ok(Some(row))
    }

    /// Runs a statement that writes a record; one of a session that begins asks for the hash of the password, too.
    async fn write(&self, sql: &'static str, record: &Record, is_new: bool) -> StoreResult<()> {
        let visit = record.data.get(VISIT).cloned().ok_or_else(|| backend("a session without a person"))?;
        let visit: Visit = serde_json::from_value(visit).map_err(backend)?;
        let place =
            record.data.get(NEW).cloned().and_then(|place| serde_json::from_value::<Place>(place).ok());
        let shown = place.as_ref().map(|place| place.password_hash.clone()).unwrap_or_default();
        let (ip, user_agent) = place.map_or((None, None), |place| (place.ip, Some(place.user_agent)));
        let data: HashMap<_, _> = record.data.iter().filter(|(key, _)| *key != NEW && *key != SEEN).collect();
        let mut tx = self.server.outside_tenancy().begin().await.map_err(backend)?;
        let query = tx.query(sql).bind(hash(record.id)).bind(visit.session).bind(visit.user).bind(Json(data));
        let query = query.bind(visit.since).bind(self.server.clock.now()).bind(ip).bind(user_agent);
        let query = if is_new { query.bind(shown) } else { query };
        query.execute().await.map_err(backend)?;
        tx.commit().await.map_err(backend)
    }
}
